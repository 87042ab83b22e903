import Base
import Emulation
import LoRa
import RadioSupport
import Testing

@testable import SX126x

/// Radios on one air, started and in virtual time.
final class Radios {
    let air: Air
    let channel: Channel
    let all: [SX126xRadio]
    private let field: RadioField

    init(
        at distances: [Double], _ modulation: Modulation = Modulation(.sf7, .khz125),
        oscillator: Oscillator = .crystal, options: SX126xOptions = SX126xOptions(),
        power: Int = 14, format: PacketFormat = PacketFormat()
    ) throws {
        let air = Air(
            positions: distances.map { Position(x: $0, y: 0) }, oscillator: oscillator, seed: 1)
        self.air = air
        channel = Channel(
            frequency: 869_525_000, modulation: modulation, power: power, format: format)
        all = distances.indices.map { SX126xRadio(air, $0, options: options) }
        field = RadioField(air, all)
        for radio in all { try radio.driver.start(channel) }
        run(for: .milliseconds(100))
    }

    subscript(index: Int) -> SX126xRadio { all[index] }

    func send(_ frame: [UInt8], from index: Int) throws { try all[index].send(frame, on: channel) }

    /// Lets the world go on, interrupts served at once.
    func run(for duration: Duration) { field.run(for: duration) }
}
