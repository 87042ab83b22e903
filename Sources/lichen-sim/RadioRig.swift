import Base
import Emulation
import HAL
import LoRa
import Simulation
import Station

/// Two drivers on two emulated chips, in virtual time and without stations: for figures about
/// drivers.
final class RadioRig {
    let air: Air
    let channel: Channel
    private let radios: [Seat]
    private let frame: [UInt8]

    /// A driver in a place of its own, with what it has received.
    final class Seat {
        var driver: ChipModem<EmulatedBoard>
        private var buffer = Slab<UInt8>(repeating: 0, count: 255)
        private(set) var received = 0
        private(set) var sent = 0

        init(_ driver: ChipModem<EmulatedBoard>) { self.driver = driver }

        /// Fetches all that the chip has to tell; counts whole frames.
        func drain(expecting frame: [UInt8]) throws(ModemFault) {
            while true {
                var count = 0
                let event = try buffer.overwrite(0..<255, count: &count) {
                    (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                    try driver.nextEvent(into: &out)
                }
                guard let event else { return }
                if event == .sent { sent += 1 }
                if case .received = event, isSame(frame, count) { received += 1 }
            }
        }

        private func isSame(_ frame: [UInt8], _ count: Int) -> Bool {
            guard count == frame.count else { return false }
            for index in 0..<count where buffer[index] != frame[index] { return false }
            return true
        }
    }

    init(
        _ model: ChipModel, _ modulation: Modulation, distance: Double,
        propagation: Propagation = Propagation(), size: Int = 16, seed: UInt64 = 1
    ) throws {
        air = Air(
            positions: [Position(x: 0, y: 0), Position(x: distance, y: 0)],
            propagation: propagation, chips: [model, model], seed: seed)
        channel = Channel(frequency: 869_525_000, modulation: modulation, power: 14)
        frame = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 1) }
        let air = air
        radios = (0..<2).map { Seat(ChipModem(air, AirNode($0))) }
        for radio in radios { try radio.driver.start(channel) }
        run(for: .milliseconds(100))
    }

    subscript(index: Int) -> Seat { radios[index] }

    /// Lets the receiver listen.
    func listen() throws {
        try radios[1].driver.listen()
        run(for: .milliseconds(5))
    }

    /// Has the first begin to send.
    func send() throws {
        let frame = frame
        try radios[0].driver.transmit(
            frame.span, spending: permit(channel.timeOnAir(payloadSize: frame.count)))
    }

    /// Sends one frame from the first to the second, sensing before it where asked, to its end.
    func pass(sensing: Bool = false) throws {
        if sensing {
            try radios[0].driver.senseChannel()
            run(for: channel.modulation.symbol * 8)
        }
        try send()
        run(for: channel.timeOnAir(payloadSize: frame.count) + .milliseconds(10))
    }

    func run(for duration: Duration) {
        let end = air.now + duration
        while let event = air.nextEvent, event <= end {
            air.advance(to: event)
            serve()
        }
        air.advance(to: end)
        serve()
        for radio in radios { radio.driver.setClock(end) }
    }

    private func serve() {
        while let node = air.nextInterrupt() {
            radios[node.index].driver.setClock(air.now)
            do throws(ModemFault) {
                try radios[node.index].drain(expecting: frame)
            } catch {
                preconditionFailure(error.sentence)
            }
        }
    }

    private var ledger = AirtimeLedger(
        SubBand(edges: 0...Int.max, budget: .seconds(3_600), maximumEIRP: 1_000), restoring: nil,
        at: .start)

    /// From a ledger without limits.
    private func permit(_ timeOnAir: Duration) -> AirtimePermit {
        while true {
            switch ledger.request(timeOnAir, at: air.now) {
            case .granted(let permit): return permit
            case .reserveFirst(let reservation): ledger.reserved(reservation, at: air.now)
            case .wait: preconditionFailure("one frame at a time fits any hour")
            case .never: preconditionFailure("a frame of an hour")
            }
        }
    }
}
