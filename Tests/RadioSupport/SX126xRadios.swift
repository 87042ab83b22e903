import Base
import Emulation
import LoRa
import SX126x

/// Radios with SX126x chips on one air, started and in virtual time.
public final class SX126xRadios {
    /// The air.
    public let air: Air
    /// What they are all set to.
    public let channel: Channel
    /// In the order of their places.
    public let all: [SX126xRadio]
    private let field: RadioField

    /// - Parameters:
    ///   - distances: Their places along a line, in metres.
    ///   - records: Whether what the drivers send is noted, which takes memory.
    public init(
        at distances: [Double], _ modulation: Modulation = Modulation(.sf7, .khz125),
        oscillator: Oscillator = .crystal, options: SX126xOptions = SX126xOptions(),
        power: Int = 14, format: PacketFormat = PacketFormat(), records: Bool = true
    ) throws {
        let air = Air(
            positions: distances.map { Position(x: $0, y: 0) }, oscillator: oscillator, seed: 1)
        self.air = air
        channel = Channel(
            frequency: 869_525_000, modulation: modulation, power: power, format: format)
        all = distances.indices.map { SX126xRadio(air, $0, options: options) }
        field = RadioField(air, all)
        for radio in all {
            radio.recording.isOn = records
            try radio.driver.start(channel)
        }
        run(for: .milliseconds(100))
    }

    /// One of them.
    public subscript(index: Int) -> SX126xRadio { all[index] }

    /// Sends.
    public func send(_ frame: [UInt8], from index: Int) throws {
        try all[index].send(frame, on: channel)
    }

    /// Has some of them listen.
    public func listen(_ indices: Int...) throws {
        for index in indices { try all[index].receive() }
        run(for: .milliseconds(1))
    }

    /// Lets the world go on, interrupts served at once.
    public func run(for duration: Duration) { field.run(for: duration) }
}
