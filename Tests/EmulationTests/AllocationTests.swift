import Base
import LoRa
import RadioSupport
import SX126x
import TestSupport
import Testing

@testable import Emulation

@Suite struct AllocationTests {
    // Method: frames back and forth, sensing before each, as a station does; the second hundred
    // counted, since the first calls of any Swift code allocate for the runtime.
    @Test("a frame's whole way takes nothing from the heap: driver, chip and air")
    func framePath() throws {
        let modulation = Modulation(.sf7, .khz125)
        let radios = try SX126xRadios(at: [0, 40, 80], modulation, records: false)
        let frame = [UInt8](repeating: 7, count: 40)
        let timeOnAir = modulation.timeOnAir(payloadSize: frame.count)
        let host = Host()

        func settle() throws(ModemFault) {
            while let event = radios.air.nextEvent {
                radios.air.advance(to: event)
                while let node = radios.air.nextInterrupt() {
                    radios[node.index].setClock(radios.air.now)
                    try host.drain(radios[node.index])
                }
            }
            for index in 0..<3 { radios[index].setClock(radios.air.now) }
        }
        func round(_ permits: inout [Permit]) throws {
            for sender in 0..<3 {
                for index in 0..<3 where index != sender { try radios[index].driver.listen() }
                try radios[sender].driver.senseChannel()
                try settle()
                try radios[sender].driver.transmit(
                    frame.span, spending: permits.removeLast().take())
                try settle()
                try radios[sender].driver.sleep()
                radios.air.advance(to: radios.air.now + .milliseconds(10))
            }
        }
        var permits = (0..<600).map { _ in Permit(timeOnAir) }
        for _ in 0..<100 { try round(&permits) }
        let before = host.heard
        let allocated = try allocations { for _ in 0..<100 { try round(&permits) } }
        #expect(host.heard - before == 600)
        if let allocated { #expect(allocated == 0) }
    }
}

/// Fetches events into a buffer of its own.
private final class Host {
    private var buffer = Slab<UInt8>(repeating: 0, count: 255)
    private var count = 0
    private(set) var heard = 0

    func drain(_ radio: SX126xRadio) throws(ModemFault) {
        while true {
            let event = try buffer.overwrite(0..<255, count: &count) {
                (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                try radio.driver.nextEvent(into: &out)
            }
            guard let event else { return }
            if case .received = event { heard += 1 }
        }
    }
}

/// A permit that an array may hold.
private final class Permit {
    private var permit: AirtimePermit?

    init(_ timeOnAir: Duration) { permit = RadioSupport.permit(timeOnAir) }

    func take() -> AirtimePermit { permit.take()! }
}
