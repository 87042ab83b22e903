/// A part of the spectrum with one rule for all who transmit in it.
public struct SubBand: Equatable, Sendable {
    /// Frequencies, in hertz, that a signal's whole bandwidth must lie in.
    public var edges: ClosedRange<Int>
    /// Bandwidths in hertz that the rule is for.
    public var bandwidths: ClosedRange<Int>
    /// Time on air in any window; as long as the window where there is no limit.
    public var budget: Duration
    /// The window that the budget is for.
    public var window: Duration
    /// The longest frame; `nil` where there is no limit.
    public var dwell: Duration?
    /// What must be heard, or not, before a frame; `nil` where nothing must.
    public var listenBeforeTalk: ListenBeforeTalk?
    /// Highest radiated power, in tenths of a dBm EIRP.
    public var maximumEIRP: Int
    /// Highest power at the antenna's plug, in tenths of a dBm; `nil` where there is no limit.
    public var maximumPower: Int?

    /// A band for all bandwidths, with a budget for each hour.
    public init(
        edges: ClosedRange<Int>, budget: Duration, window: Duration = .seconds(3_600),
        maximumEIRP: Int
    ) {
        self.edges = edges
        self.budget = budget
        self.window = window
        self.maximumEIRP = maximumEIRP
        bandwidths = 0...Int.max
    }

    /// Whether all of a channel lies in it.
    func holds(_ channel: Channel) -> Bool {
        let half = channel.modulation.bandwidth.hertz / 2
        return edges.contains(channel.frequency - half) && edges.contains(channel.frequency + half)
    }

    /// The longest that a frame may be: the dwell time, and never more than the whole budget.
    public var longestFrame: Duration { min(dwell ?? budget, budget) }

    /// The most bytes of a frame that neither the dwell time nor the whole budget is too short for;
    /// `nil` where there is none.
    public func largestPayload(on channel: Channel) -> Int? {
        var size = 255
        while size > 0, channel.timeOnAir(payloadSize: size) > longestFrame { size -= 1 }
        return size > 0 ? size : nil
    }
}

/// How quiet a channel must be, and for how long, before somebody may use it.
public struct ListenBeforeTalk: Equatable, Sendable {
    /// Above this level, in dBm, the channel is in use.
    public var thresholdDBm: Int
    /// How long it must have been at or below.
    public var duration: Duration
}

/// An antenna and its cable, as far as the law asks.
public struct Antenna: Equatable, Sendable {
    /// Gain over an isotropic radiator, in tenths of a dBi.
    public var gain: Int
    /// What cable and plugs take away, in tenths of a dB, not negative.
    public var cableLoss: Int

    /// An antenna; one that neither gives nor takes unless said.
    public init(gain: Int = 0, cableLoss: Int = 0) {
        self.gain = gain
        self.cableLoss = cableLoss
    }

    /// What is radiated, in tenths of a dBm EIRP, from so many dBm at the modem.
    public func radiated(power: Int) -> Int { power * 10 + gain - cableLoss }
}
