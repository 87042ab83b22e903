import Base
import Emulation
import LoRa
import RadioSupport
import SX126x
import Testing

@testable import SX127x

/// Two or more radios on one air, 20 m apart, started and in virtual time.
final class Radios {
    let air: Air
    let channel: Channel
    let all: [Radio]
    private let field: RadioField

    /// - Parameter chips: What each has; drivers are made to match.
    init(
        _ chips: [ChipModel], _ modulation: Modulation = Modulation(.sf7, .khz125),
        frequency: Int = 869_525_000, oscillator: Oscillator = .crystal,
        options: SX127xOptions = SX127xOptions(), power: Int = 14,
        format: PacketFormat = PacketFormat()
    ) throws {
        let air = Air(
            positions: chips.indices.map { Position(x: Double($0) * 20, y: 0) }, chips: chips,
            oscillator: oscillator, seed: 1)
        self.air = air
        channel = Channel(
            frequency: frequency, modulation: modulation, power: power, format: format)
        all = chips.enumerated().map { index, model in
            model == .sx1276
                ? SX127xRadio(air, index, options: options) : SX126xRadio(air, index)
        }
        field = RadioField(air, all)
        for radio in all { try radio.start(channel) }
        run(for: .milliseconds(100))
    }

    /// A radio whose driver is this module's.
    subscript(index: Int) -> SX127xRadio { all[index] as! SX127xRadio }

    /// One radio listens, another sends, and both are given time enough.
    func pass(_ frame: [UInt8], from sender: Int, to receiver: Int) throws {
        try all[receiver].receive()
        run(for: .milliseconds(20))
        try all[sender].send(frame, on: channel)
        run(for: channel.timeOnAir(payloadSize: frame.count) + .milliseconds(20))
    }

    /// Lets the world go on, interrupts served at once.
    func run(for duration: Duration) { field.run(for: duration) }
}
