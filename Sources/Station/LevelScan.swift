import Base
import HAL
import LoRa

/// Measures how loud it is on some frequencies, between frames: takes a radio that listens away from
/// its channel, and back.
public struct LevelScan<Board: RadioBoard & ~Copyable> {
    private let radio: ChipModem<Board>
    private let channel: Channel
    private let pause: (Duration) -> Void

    /// How long a receiver needs until its level can be believed.
    private static var settling: Duration { .milliseconds(1) }

    /// - Parameters:
    ///   - radio: A radio that was started on `channel`.
    ///   - pause: Lets time pass, a millisecond or so.
    public init(
        _ radio: ChipModem<Board>, _ channel: Channel, pause: @escaping (Duration) -> Void
    ) {
        self.radio = radio
        self.channel = channel
        self.pause = pause
    }

    /// The level on each frequency, in dBm; the radio listens on its channel again afterwards. What
    /// the chip cannot be tuned to is `nil`.
    public func sweep(_ frequencies: [Int]) throws(ModemFault) -> [Int?] {
        var levels: [Int?] = []
        for hertz in frequencies { levels.append(try level(at: hertz, readings: 1)?.median) }
        try goBack()
        return levels
    }

    /// What many readings of a level come to.
    public struct Level: Equatable, Sendable {
        /// In dBm: half of the readings are at or below the median.
        public var median: Int, highest: Int
        /// Whether all readings were equal, as those of a receiver that hears nothing.
        public var isFrozen: Bool
    }

    /// The level at a frequency, by readings that are a millisecond apart; `nil` where the chip cannot
    /// be tuned to it. The radio stays there.
    public func level(at hertz: Int, readings: Int) throws(ModemFault) -> Level? {
        do throws(ModemFault) {
            try radio.tune(to: hertz)
        } catch {
            if case .unsupported = error { return nil }
            throw error
        }
        try radio.receive(.continuous)
        pause(Self.settling)
        var levels: [Int] = []
        for _ in 0..<readings {
            pause(.milliseconds(1))
            let level = try radio.levelDBm()
            var place = levels.count
            while place > 0, levels[place - 1] > level { place -= 1 }
            levels.insert(level, at: place)
        }
        return Level(
            median: levels[(readings - 1) / 2], highest: levels[readings - 1],
            isFrozen: readings > 1 && levels[0] == levels[readings - 1])
    }

    /// To the channel, where the radio listens.
    public func goBack() throws(ModemFault) {
        try radio.tune(to: channel.frequency)
        try radio.receive(.continuous)
    }

    /// About `count` frequencies across a region, in proportion to its sub-bands' widths, at least one
    /// for each.
    public static func frequencies(of region: Region, count: Int) -> [Int] {
        var width = 0
        for band in region.subBands { width += band.edges.upperBound - band.edges.lowerBound }
        var frequencies: [Int] = []
        for band in region.subBands {
            let own = band.edges.upperBound - band.edges.lowerBound
            let steps = max(1, own * count / max(1, width))
            for step in 0..<steps {
                frequencies.append(band.edges.lowerBound + own * (2 * step + 1) / (2 * steps))
            }
        }
        return frequencies
    }
}
