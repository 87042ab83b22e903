import Base
import Emulation
import LoRa
import RadioSupport
import Testing

@testable import SX126x

@Suite struct HealthTests {
    private func fault(_ act: () throws -> Void) -> ModemFault? {
        do {
            try act()
            return nil
        } catch {
            return error as? ModemFault
        }
    }

    @Test("a check-up of a sound receiver costs two transactions and changes nothing")
    func sound() throws {
        let radios = try SX126xRadios(at: [0, 40])
        try radios[1].receive()
        for _ in 0..<100 {
            radios.run(for: .seconds(5))
            let before = radios[1].driver.transactions
            #expect(try radios[1].driver.checkUp() == .sound)
            #expect(radios[1].driver.transactions - before == 2)
        }
        try radios.send([1], from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames == [[1]])
    }

    @Test("a chip that restarted by itself is noticed by the check-up, and by the next command")
    func brownOut() throws {
        let radios = try SX126xRadios(at: [0, 40])
        let node = AirNode(0)
        let acts: [(SX126xRadio) throws -> Void] = [
            { _ = try $0.driver.checkUp() }, { try $0.driver.senseChannel() },
            { try $0.send([1], on: radios.channel) },
        ]
        for act in acts {
            try radios[0].start(radios.channel)
            try radios[0].receive()
            radios.run(for: .milliseconds(50))
            radios.air.inject(.brownOut, into: node)
            radios.run(for: .milliseconds(50))
            #expect(fault { try act(radios[0]) } == .restarted)
        }
    }

    @Test("a receiver whose level never moves is deaf, within a dozen check-ups")
    func frozen() throws {
        let radios = try SX126xRadios(at: [0])
        try radios[0].receive()
        radios.run(for: .milliseconds(50))
        radios.air.inject(.deaf(rssi: -80), into: AirNode(0))
        var checks = 0
        while fault({ _ = try radios[0].driver.checkUp() }) == nil {
            checks += 1
            radios.run(for: .seconds(5))
            try #require(checks < 20)
        }
        #expect(fault { try radios[0].receive() } == .deaf)
    }

    @Test("an interrupt that never shows on the wire is found by asking, and its frame is whole")
    func lostInterrupt() throws {
        let radios = try SX126xRadios(at: [0, 40])
        try radios[1].receive()
        radios.run(for: .milliseconds(5))
        radios.air.inject(.risesLost(1), into: AirNode(1))
        try radios.send([1, 2, 3], from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames.isEmpty)
        #expect(try radios[1].driver.checkUp() == .lostInterrupt)
        try radios[1].drain()
        #expect(radios[1].frames == [[1, 2, 3]])
    }

    @Test("an interrupt line that is stuck high is a named fault, not a hang")
    func stuckInterrupt() throws {
        var driver = SX126x(board: StuckInterruptBoard())
        let channel = Channel(
            frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
        try driver.start(channel)
        try driver.listen()
        var bytes = Slab<UInt8>(repeating: 0, count: 255)
        var count = 0
        let fault = fault {
            _ = try bytes.overwrite(0..<255, count: &count) {
                (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                try driver.nextEvent(into: &out)
            }
        }
        #expect(fault == .interruptStuck)
    }

    @Test("a gain control that sticks hears again after a calibration, gain and switch as before")
    func recalibration() throws {
        let radios = try SX126xRadios(at: [0, 100])
        let node = AirNode(1)
        radios.air.inject(.gainSticks(above: -200, afterReceptions: 0), into: node)
        try radios[1].receive()
        radios.run(for: .milliseconds(5))
        try radios.send([1], from: 0)
        radios.run(for: .seconds(1))
        radios.air.clearFaults(of: node)
        radios.air.inject(.gainSticks(above: 0, afterReceptions: 0), into: node)
        try radios[1].driver.recalibrate()
        radios.run(for: .milliseconds(50))
        try radios.send([2], from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames.last == [2])
        #expect(radios.air.register(0x08AC, of: node) == 0x96)
        #expect(radios.air.register(0x08B5, of: node) & 1 == 1)
        #expect(radios[1].recording.transactions.suffix(12).contains([0x9D, 0x01]))
    }
}
