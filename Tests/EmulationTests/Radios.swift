import Base
import Emulation
import HAL
import LoRa
import SX126x
import Testing

/// One radio under test, and all that it has told.
final class Radio {
    var driver: SX126x<EmulatedBoard>
    var events: [ModemEvent] = []
    var frames: [[UInt8]] = []

    init(_ air: Air, _ index: Int, options: SX126xOptions) {
        driver = SX126x(board: EmulatedBoard(air, AirNode(index)), options: options)
    }

    /// Fetches what the chip has to tell.
    func drain() throws {
        while true {
            var bytes = Slab<UInt8>(repeating: 0, count: 255)
            var count = 0
            let event = try bytes.overwrite(0..<255, count: &count) {
                (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                try driver.nextEvent(into: &out)
            }
            guard let event else { return }
            events.append(event)
            if case .received = event { frames.append((0..<count).map { bytes[$0] }) }
        }
    }

    func send(_ frame: [UInt8], on modulation: Modulation) throws {
        try driver.transmit(
            frame.span,
            spending: permit(modulation.timeOnAir(payloadSize: frame.count)))
    }

    /// How the last frame was heard.
    var signal: Signal? {
        for case .received(let signal) in events.reversed() { return signal }
        return nil
    }
}

/// Radios on one air, started and in virtual time.
final class Radios {
    let air: Air
    let channel: Channel
    let all: [Radio]

    init(
        at distances: [Double], _ modulation: Modulation = Modulation(.sf7, .khz125),
        oscillator: Oscillator = .crystal, options: SX126xOptions = SX126xOptions(),
        power: Int = 14
    ) throws {
        let air = Air(
            positions: distances.map { Position(x: $0, y: 0) }, oscillator: oscillator, seed: 1)
        self.air = air
        channel = Channel(frequency: 869_525_000, modulation: modulation, power: power)
        all = distances.indices.map { Radio(air, $0, options: options) }
        for radio in all { try radio.driver.start(channel) }
        run(for: .milliseconds(100))
    }

    subscript(index: Int) -> Radio { all[index] }

    func listen(_ indices: Int...) throws {
        for index in indices { try all[index].driver.listen() }
        run(for: .milliseconds(1))
    }

    func send(_ frame: [UInt8], from index: Int) throws {
        try all[index].send(frame, on: channel.modulation)
    }

    /// Lets the world go on, interrupts served at once.
    func run(for duration: Duration) {
        let end = air.now + duration
        while let event = air.nextEvent, event <= end {
            air.advance(to: event)
            serve()
        }
        air.advance(to: end)
        serve()
        for radio in all { radio.driver.board.now = end }
    }

    private func serve() {
        while let node = air.nextInterrupt() {
            all[node.index].driver.board.now = air.now
            do { try all[node.index].drain() } catch { Issue.record(error) }
        }
    }
}

/// The right to send, from a fresh ledger with EU868's largest budget.
func permit(_ timeOnAir: Duration) throws -> AirtimePermit {
    let subBand = try Region.eu868.subBand(
        for: Channel(frequency: 869_525_000, modulation: Modulation(.sf7, .khz125), power: 14))
    var ledger = AirtimeLedger(subBand, restoring: nil, at: .start)
    while true {
        switch ledger.request(timeOnAir, at: .start) {
        case .granted(let permit): return permit
        case .reserveFirst(let reservation): ledger.reserved(reservation, at: .start)
        case .wait: throw RegionError.unknownRegion("")
        case .never: throw RegionError.unknownRegion("")
        }
    }
}
