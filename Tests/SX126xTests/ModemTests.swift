import Base
import Emulation
import HAL
import LoRa
import RadioSupport
import Testing

@testable import SX126x

@Suite struct ModemTests {
    @Test(
        "a frame arrives as it was sent, at every spreading factor",
        arguments: SpreadingFactor.allCases)
    func roundTrip(spreadingFactor: SpreadingFactor) throws {
        let modulation = Modulation(spreadingFactor, .khz125)
        let radios = try SX126xRadios(at: [0, 40], modulation)
        for size in [1, 2, 16, 200, 255] {
            let frame = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ size) }
            try radios[1].driver.listen()
            radios.run(for: .milliseconds(1))
            try radios[0].send(frame, on: radios.channel)
            radios.run(for: modulation.timeOnAir(payloadSize: size) + .milliseconds(2))
            #expect(radios[1].frames.last == frame)
            #expect(radios[0].events.last == .sent)
        }
        // 14 dBm less LoRaSim's 127.41 dB at 40 m; noise −117.03 dBm.
        guard case .received(let signal) = radios[1].events.last else {
            Issue.record("no frame at the end")
            return
        }
        #expect((-112 ... -111).contains(signal.rssiDBm))
        #expect(signal.snrQuarterDB == 14)
        #expect((-114 ... -113).contains(signal.signalDBm), "the signal alone, without the noise")
        for node in 0..<2 { #expect(radios.air.unheardTransactions(of: AirNode(node)) == 0) }
    }

    @Test("the receiver goes on after a frame, without a word from the host")
    func continuous() throws {
        let radios = try SX126xRadios(at: [0, 40])
        try radios[1].driver.listen()
        radios.run(for: .milliseconds(1))
        for number in 0..<20 as Range<UInt8> {
            try radios[0].send([number, 1, 2, 3, 4], on: radios.channel)
            radios.run(for: .milliseconds(50))
        }
        #expect(radios[1].frames == (0..<20).map { [$0, 1, 2, 3, 4] })
    }

    @Test("SPI transactions stay within the bench's goals")
    func transactionCounts() throws {
        let radios = try SX126xRadios(at: [0, 40])
        #expect(try radios[1].transactions { try radios[1].driver.listen() } <= 2)
        radios.run(for: .milliseconds(1))
        let start = try radios[0].transactions {
            try radios[0].send([1, 2, 3], on: radios.channel)
        }
        #expect(start == 4)
        let frame = radios[1].transactions { radios.run(for: .milliseconds(100)) }
        #expect(frame == 5)
        #expect(radios[1].frames == [[1, 2, 3]])
        let fromReceiving = try radios[1].transactions {
            try radios[1].send([1], on: radios.channel)
        }
        #expect(fromReceiving == 5)
    }

    @Test(
        "activity detection tells a free channel from a busy one",
        arguments: SpreadingFactor.allCases)
    func sensing(spreadingFactor: SpreadingFactor) throws {
        let modulation = Modulation(spreadingFactor, .khz125)
        let radios = try SX126xRadios(at: [0, 40], modulation)
        try radios[1].driver.senseChannel()
        radios.run(for: modulation.symbol * 6)
        #expect(radios[1].events == [.channel(.clear)])

        try radios[0].send([UInt8](repeating: 1, count: 40), on: radios.channel)
        radios.run(for: modulation.symbol * 20)  // Past the preamble: it finds payload too.
        try radios[1].driver.senseChannel()
        radios.run(for: modulation.symbol * 6)
        #expect(radios[1].events == [.channel(.clear), .channel(.busy)])
    }

    @Test("a frame that is coming in is noticed once its header is over, and not before or after")
    func incoming() throws {
        let modulation = Modulation(.sf7, .khz125)
        let radios = try SX126xRadios(at: [0, 40], modulation)
        try radios[1].driver.listen()
        radios.run(for: .milliseconds(5))
        let atRest = try radios[1].driver.isReceivingFrame()
        #expect(!atRest)
        try radios[0].send([UInt8](repeating: 1, count: 40), on: radios.channel)
        radios.run(for: modulation.symbol * 6)
        let inPreamble = try radios[1].driver.isReceivingFrame()
        #expect(!inPreamble)
        radios.run(for: modulation.symbol * 24)
        let inPayload = try radios[1].driver.isReceivingFrame()
        #expect(inPayload)
        radios.run(for: .milliseconds(200))
        #expect(radios[1].frames.count == 1, "asking did not harm it")
        let afterwards = try radios[1].driver.isReceivingFrame()
        #expect(!afterwards)
    }

    @Test("a header whose frame never ends does not silence a node for ever")
    func endlessHeader() throws {
        let modulation = Modulation(.sf12, .khz125)
        let radios = try SX126xRadios(at: [0, 40], modulation)
        try radios[1].driver.listen()
        radios.run(for: .milliseconds(5))
        try radios[0].send([UInt8](repeating: 1, count: 255), on: radios.channel)
        radios.run(for: modulation.symbol * 40)
        var answers: [Bool] = []
        for _ in 0..<64 { answers.append(try radios[1].driver.isReceivingFrame()) }
        #expect(answers.prefix(63).allSatisfy { $0 })
        #expect(answers.last == false)
    }

    @Test("a warm sleep keeps the channel, and the next call wakes")
    func sleep() throws {
        let radios = try SX126xRadios(at: [0, 40])
        try radios[0].driver.listen()
        try radios[0].driver.sleep()
        radios.run(for: .seconds(10))
        #expect(radios.air.isHigh(.busy, of: AirNode(0), at: radios.air.now), "asleep")
        try radios[0].driver.listen()
        radios.run(for: .milliseconds(10))
        try radios[1].send([7, 8], on: radios.channel)
        radios.run(for: .milliseconds(100))
        #expect(radios[0].frames == [[7, 8]])
        #expect(radios.air.register(0x08AC, of: AirNode(0)) == 0x96, "gain kept")

        try radios[0].driver.sleep()
        radios.run(for: .seconds(1))
        try radios[1].driver.listen()
        radios.run(for: .milliseconds(1))
        try radios[0].send([9], on: radios.channel)
        radios.run(for: .milliseconds(100))
        #expect(radios[1].frames == [[9]])
        #expect(radios.air.unheardTransactions(of: AirNode(0)) == 0)
    }

    @Test("§15.1: bit 2 of 0x0889 follows the bandwidth", arguments: Bandwidth.allCases)
    func modulationErratum(bandwidth: Bandwidth) throws {
        let modulation = Modulation(.sf7, bandwidth)
        let radios = try SX126xRadios(at: [0], modulation)
        try radios[0].send([1], on: radios.channel)
        let value = radios.air.register(0x0889, of: AirNode(0))
        #expect((value & 0b100 != 0) == (bandwidth != .khz500))
    }

    @Test("§15.2: the clamp is set on a high-power amplifier only")
    func clampErratum() throws {
        let high = try SX126xRadios(at: [0])
        #expect(high.air.register(0x08D8, of: AirNode(0)) & 0x1E == 0x1E)
        let low = try SX126xRadios(at: [0], options: SX126xOptions(variant: .sx1261))
        #expect(low.air.register(0x08D8, of: AirNode(0)) == 0xC8)
    }

    @Test("§15.4: the polarity bit is set, IQ being as it is")
    func polarityErratum() throws {
        let radios = try SX126xRadios(at: [0])
        #expect(radios.air.register(0x0736, of: AirNode(0)) & 0b100 != 0)
    }

    @Test("TXEN and RXEN follow what the radio does")
    func antennaSwitch() throws {
        let radios = try SX126xRadios(
            at: [0], options: SX126xOptions(antennaSwitch: [.transmitEnable, .receiveEnable]))
        func wires() -> [Bool] {
            [RadioOutput.transmitEnable, .receiveEnable].map { wire in
                radios[0].recording.levels.last { $0.0 == wire }!.1
            }
        }
        #expect(wires() == [false, false])
        try radios[0].driver.listen()
        #expect(wires() == [false, true])
        try radios[0].send([1], on: radios.channel)
        #expect(wires() == [true, false])
        radios.run(for: .seconds(1))
        try radios[0].driver.sleep()
        #expect(wires() == [false, false])
        #expect(!radios[0].recording.transactions.contains([0x9D, 0x01]))
    }

    // Method: the chip's answers replaced by random bytes; a driver may fault, never trap or hang.
    @Test("random answers on the bus never trap", arguments: 0..<200 as Range<UInt64>)
    func randomAnswers(seed: UInt64) throws {
        var driver = SX126x(board: NoiseBoard(dice: Dice(seed: seed)))
        let channel = Channel(
            frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
        var bytes = Slab<UInt8>(repeating: 0, count: 255)
        var count = 0
        for _ in 0..<50 {
            do throws(ModemFault) {
                try driver.start(channel)
                try driver.listen()
                _ = try bytes.overwrite(0..<255, count: &count) {
                    (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                    try driver.nextEvent(into: &out)
                }
            } catch {}
        }
    }
}
