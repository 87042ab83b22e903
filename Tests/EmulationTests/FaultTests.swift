import Base
import Emulation
import HAL
import LoRa
import SX126x
import Testing

@Suite struct FaultTests {
    private let frame: [UInt8] = [1, 2, 3]
    private let node = AirNode(1)

    private func pair(_ model: ChipModel = .sx1262) -> Bench {
        let bench = Bench([model, model])
        bench.setUp(0)
        bench.setUp(1)
        return bench
    }

    private func exchange(_ bench: Bench) -> Bool {
        bench.listen(1)
        bench.run(.milliseconds(1))
        bench.transmit(0, frame)
        bench.run(.milliseconds(100))
        return bench.wholeFrame(1) == frame
    }

    @Test("BUSY stuck: the wire, for ever; and cleared")
    func busyStuck() {
        let bench = pair()
        bench.air.inject(.busyStuck, into: node)
        bench.run(.seconds(10))
        #expect(bench.isBusy(1))
        #expect(bench.air.busyUntil(node) == .distantFuture)
        bench.air.clearFaults(of: node)
        #expect(!bench.isBusy(1))
    }

    @Test("BUSY stale: low at first, then what it is")
    func busyStale() {
        let bench = pair()
        bench.air.inject(.busyStale(.nanoseconds(600)), into: node)
        bench.transfer(1, [0x89, 0x7F])
        #expect(!bench.isBusy(1))
        bench.transfer(1, [0x8F, 1, 2])
        #expect(bench.air.unheardTransactions(of: node) == 1, "who believes it talks to nobody")
        bench.run(.nanoseconds(600))
        #expect(bench.isBusy(1))
    }

    @Test(
        "a rise that is lost shows nowhere until the flags are cleared",
        arguments: [
            ChipModel.sx1262, .sx1276,
        ])
    func lostRise(model: ChipModel) {
        let bench = pair(model)
        bench.air.inject(.risesLost(1), into: node)
        bench.listen(1)
        bench.run(.milliseconds(1))
        for isSeen in [false, true] {
            bench.announced = []
            bench.transmit(0, frame)
            bench.run(.milliseconds(100))
            #expect(bench.levels(1).contains(.interrupt) == isSeen)
            #expect(bench.announced.contains(1) == isSeen)
            #expect(bench.wholeFrame(1) == frame, "the flags are there")
            #expect(!bench.levels(1).contains(.interrupt))
        }
    }

    @Test("a rise that is not announced is there for whoever looks")
    func unannouncedRise() {
        let bench = pair()
        bench.air.inject(.risesUnannounced(1), into: node)
        bench.listen(1)
        bench.run(.milliseconds(1))
        for isAnnounced in [false, true] {
            bench.announced = []
            bench.transmit(0, frame)
            bench.run(.milliseconds(100))
            #expect(bench.levels(1).contains(.interrupt))
            #expect(bench.announced.contains(1) == isAnnounced)
            #expect(bench.wholeFrame(1) == frame)
        }
    }

    @Test("bits flip with their probability, the same for the same seed")
    func bitFlips() {
        func read(_ seed: UInt64) -> [[UInt8]] {
            let bench = Bench([.sx1276], seed: seed)
            bench.write(0, 0x01, 0x00)
            bench.write(0, 0x01, 0x80)
            bench.air.inject(.bitsFlip(probability: 0.05), into: AirNode(0))
            return (0..<1_000).map { _ in bench.transfer(0, [0x42, 0]) }
        }
        let answers = read(3)
        #expect(answers == read(3))
        #expect(answers != read(4))
        let wrong = answers.filter { $0[1] != 0x12 }.count
        #expect((50...150).contains(wrong), "address or answer: \(wrong)")
    }

    @Test("a dead bus is all zeros or all ones, and the chip hears nothing")
    func deadBus() {
        for (high, byte) in [(false, 0x00), (true, 0xFF)] as [(Bool, UInt8)] {
            let bench = pair()
            bench.air.inject(.busDead(high: high), into: node)
            #expect(bench.transfer(1, [0xC0, 0]) == [byte, byte])
            bench.transfer(1, [0x80, 1])
            bench.air.clearFaults(of: node)
            #expect(bench.status126(1).mode == 2)
        }
    }

    @Test("a brown-out is a reset that nobody is told of", arguments: [ChipModel.sx1262, .sx1276])
    func brownOut(model: ChipModel) {
        let bench = pair(model)
        bench.listen(1)
        bench.run(.milliseconds(1))
        bench.transmit(0, frame)
        bench.run(.milliseconds(100))
        bench.air.inject(.brownOut, into: node)
        bench.run(.milliseconds(10))
        #expect(!bench.levels(1).contains(.interrupt))
        bench.transmit(0, frame)
        bench.run(.milliseconds(100))
        #expect(bench.air.counters(of: node).received == 1)
        if model == .sx1276 {
            #expect(bench.read(1, 0x01) == 0x09)
        } else {
            #expect(bench.status126(1).mode == 2)
            #expect(bench.send(1, [0x11, 0, 0])[2] == 0, "no longer LoRa")
        }
        bench.setUp(1)
        #expect(exchange(bench))
    }

    @Test("a dead oscillator: an error, and no reception")
    func oscillator() {
        let bench = pair()
        bench.air.inject(.oscillatorDead, into: node)
        #expect(!exchange(bench))
        #expect(bench.send(1, [0x17, 0, 0, 0])[3] == 1 << 5)
        let old = pair(.sx1276)
        old.air.inject(.oscillatorDead, into: node)
        old.listen(1)
        #expect(old.read(1, 0x01) == 0x81)
    }

    @Test("a deaf receiver: no frame, no activity, RSSI of the noise or frozen")
    func deaf() {
        for (frozen, dBm) in [(nil, 117), (-80, 80)] as [(Double?, UInt8)] {
            let bench = pair()
            bench.air.inject(.deaf(rssi: frozen), into: node)
            bench.listen(1)
            bench.run(.milliseconds(1))
            bench.transmit(0, [UInt8](repeating: 1, count: 100))
            bench.run(.milliseconds(5))
            #expect(bench.send(1, [0x15, 0, 0])[2] / 2 == dBm)
            bench.send(1, [0x80, 0])
            bench.send(1, [0xC5])
            bench.run(.milliseconds(10))
            #expect(bench.flags126(1) == 0x80)
            bench.run(.seconds(1))
            bench.clear126(1)
            #expect(!exchange(bench))
            bench.air.clearFaults(of: node)
            #expect(exchange(bench))
        }
    }

    @Test("a transmission that never ends", arguments: [ChipModel.sx1262, .sx1276])
    func endless(model: ChipModel) {
        let bench = pair(model)
        bench.air.inject(.transmitEndless, into: AirNode(0))
        bench.listen(1)
        bench.run(.milliseconds(1))
        bench.transmit(0, frame)
        bench.run(.seconds(100))
        #expect(bench.wholeFrame(1) == frame)
        if model == .sx1276 {
            #expect(bench.read(0, 0x01) == 0x83)
            #expect(bench.read(0, 0x12) == 0)
        } else {
            #expect(bench.status126(0).mode == 6)
            #expect(bench.flags126(0) == 0)
        }
        bench.reset(0)
        bench.air.clearFaults(of: AirNode(0))
        bench.setUp(0)
        #expect(exchange(bench))
    }
}
