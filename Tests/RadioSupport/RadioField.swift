import Base
import Emulation
import LoRa
import Testing

/// Radios on one air, in virtual time.
public final class RadioField {
    /// The air.
    public let air: Air
    private let radios: [Radio]

    /// - Parameter radios: One for each chip of the air, in its order.
    public init(_ air: Air, _ radios: [Radio]) {
        self.air = air
        self.radios = radios
    }

    /// Lets the world go on, interrupts served at once.
    public func run(for duration: Duration) {
        let end = air.now + duration
        while let event = air.nextEvent, event <= end {
            air.advance(to: event)
            serve()
        }
        air.advance(to: end)
        serve()
        for radio in radios { radio.setClock(end) }
    }

    private func serve() {
        while let node = air.nextInterrupt() {
            radios[node.index].setClock(air.now)
            do { try radios[node.index].drain() } catch { Issue.record(error) }
        }
    }
}
