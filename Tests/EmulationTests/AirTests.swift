import Base
import HAL
import LoRa
import RadioSupport
import SX126x
import Testing

@testable import Emulation

@Suite struct AirTests {
    private let modulation = Modulation(.sf7, .khz125)
    private let ten = [UInt8](repeating: 0x55, count: 10)

    @Test("loss is LoRaSim's, and logarithms are right to a millionth of a dB")
    func loss() {
        let propagation = Propagation()
        let origin = Position(x: 0, y: 0)
        #expect(abs(propagation.loss(from: origin, to: Position(x: 0, y: 40)) - 127.41) < 1e-6)
        #expect(abs(propagation.loss(from: origin, to: Position(x: 400, y: 0)) - 148.21) < 1e-6)
        #expect(propagation.loss(from: origin, to: origin) == 0)
        #expect(abs(propagation.noise(in: .khz125) + 117.0309) < 1e-3)
        #expect(abs(Decibel.of(2) - 3.010_299_956_6) < 1e-9)
        #expect(abs(Decibel.of(1e-3) + 30) < 1e-9)
        #expect(abs(Decibel.sum(-100, -100) + 96.989_700_04) < 1e-6)
        #expect(abs(Decibel.sum(-100, -110) + 99.586_073_1) < 1e-6)
    }

    // 14 dBm at SF7 must not lose more than 14 + 117.03 + 7.5 = 138.53 dB: 136.9 m.
    @Test("a frame arrives up to the floor of its spreading factor, and not beyond")
    func range() throws {
        let radios = try SX126xRadios(at: [0, 135, -139], modulation)
        try radios.listen(1, 2)
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(100))
        #expect(radios[1].frames == [ten])
        #expect(radios[2].events.isEmpty)
        #expect(radios[1].signal?.snrQuarterDB ?? 0 <= -29)
    }

    @Test("a blocked link passes nothing, preamble detection included")
    func blocked() throws {
        let radios = try SX126xRadios(at: [0, 40, 80], modulation)
        radios.air.setBlocked(true, between: AirNode(0), and: AirNode(1))
        try radios.listen(1, 2)
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(100))
        #expect(radios[1].events.isEmpty)
        #expect(radios[2].frames == [ten])

        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(5))
        try radios[1].driver.senseChannel()
        radios.run(for: .milliseconds(100))
        #expect(radios[1].events == [.channel(.clear)])

        radios.air.setBlocked(false, between: AirNode(0), and: AirNode(1))
        try radios.listen(1)
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(100))
        #expect(radios[1].frames == [ten])
    }

    @Test("moving out of reach and back")
    func moving() throws {
        let radios = try SX126xRadios(at: [0, 40], modulation)
        try radios.listen(1)
        radios.air.move(AirNode(1), to: Position(x: 10_000, y: 0))
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(100))
        #expect(radios[1].events.isEmpty)
        radios.air.move(AirNode(1), to: Position(x: 0, y: 30))
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(100))
        #expect(radios[1].frames == [ten])
    }

    @Test("who transmits hears nothing")
    func halfDuplex() throws {
        let radios = try SX126xRadios(at: [0, 40, 80], modulation)
        try radios.listen(2)
        try radios.send(ten, from: 0)
        try radios.send([UInt8](repeating: 1, count: 100), from: 1)
        radios.run(for: .seconds(1))
        #expect(radios[0].events == [.sent])
        #expect(radios[1].events == [.sent])
    }

    @Test("two frames of like strength destroy each other: damaged, not received")
    func collision() throws {
        let radios = try SX126xRadios(at: [-40, 0, 40], modulation)
        try radios.listen(1)
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(15))  // Past preamble and header of 0's frame.
        try radios.send(ten, from: 2)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames.isEmpty)
        #expect(radios[1].events == [.damaged])
        #expect(radios.air.counters(of: AirNode(1)).collided == 1)
    }

    @Test("a collision in the header is a header error: damaged too")
    func headerCollision() throws {
        let radios = try SX126xRadios(at: [-40, 0, 40], modulation)
        try radios.listen(1)
        try radios.send(ten, from: 0)
        radios.run(for: .milliseconds(8))
        try radios.send(ten, from: 2)
        radios.run(for: .seconds(1))
        #expect(radios[1].events == [.damaged])
    }

    @Test("the stronger by 6 dB survives, whichever came first within the preamble")
    func capture() throws {
        for strongFirst in [true, false] {
            let radios = try SX126xRadios(at: [-40, 0, 100], modulation)  // 127 and 136 dB.
            let strong: [UInt8] = [1, 2, 3]
            let weak: [UInt8] = [9, 8, 7]
            try radios.listen(1)
            try radios.send(strongFirst ? strong : weak, from: strongFirst ? 0 : 2)
            radios.run(for: .milliseconds(2))
            try radios.send(strongFirst ? weak : strong, from: strongFirst ? 2 : 0)
            radios.run(for: .seconds(1))
            #expect(radios[1].frames == [strong])
        }
    }

    @Test("the stronger that comes after the preamble destroys and is not heard")
    func lateCapture() throws {
        let radios = try SX126xRadios(at: [-40, 0, 100], modulation)
        try radios.listen(1)
        try radios.send(ten, from: 2)
        radios.run(for: .milliseconds(25))
        try radios.send(ten, from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].events == [.damaged])
    }

    @Test("a receiver that opens late locks while five symbols of preamble are left")
    func lateReceiver() throws {
        for (delay, isHeard) in [(2, true), (5, false)] {
            let radios = try SX126xRadios(at: [0, 40], modulation)
            try radios.send(ten, from: 0)
            radios.run(for: .milliseconds(delay))
            try radios.listen(1)
            radios.run(for: .seconds(1))
            #expect(radios[1].frames.isEmpty != isHeard)
        }
    }

    @Test("other spreading factors and frequencies neither disturb nor are heard")
    func orthogonal() throws {
        let radios = try SX126xRadios(at: [-40, 0, 40], modulation)
        let other = Channel(
            frequency: 869_525_000, modulation: Modulation(.sf9, .khz125), power: 14)
        try radios[2].driver.start(other)
        try radios.listen(1)
        try radios.send(ten, from: 0)
        try radios[2].send(ten, on: other)
        radios.run(for: .seconds(2))
        #expect(radios[1].frames == [ten])
        #expect(radios[1].events.count == 1)
    }

    @Test("a frame cut off by a reset is damaged for those who had its header")
    func cutOff() throws {
        let radios = try SX126xRadios(at: [0, 40], modulation)
        try radios.listen(1)
        try radios.send([UInt8](repeating: 3, count: 100), from: 0)
        radios.run(for: .milliseconds(60))
        try radios[0].driver.start(radios.channel)
        radios.run(for: .seconds(1))
        #expect(radios[1].events == [.damaged])
        try radios.send(ten, from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames == [ten], "it listens on")
    }

    @Test("records and counters tell what happened")
    func records() throws {
        let radios = try SX126xRadios(at: [0, 40], modulation)
        try radios.listen(1)
        try radios.send(ten, from: 0)
        radios.run(for: .seconds(1))
        var records: [AirRecord.Kind] = []
        while let record = radios.air.nextRecord() { records.append(record.kind) }
        let timeOnAir = modulation.timeOnAir(payloadSize: 10)
        let signal = try #require(radios[1].signal)
        #expect(
            records == [
                .started(by: AirNode(0), size: 10, timeOnAir: timeOnAir),
                .received(by: AirNode(1), from: AirNode(0), signal),
            ])
        let counters = radios.air.counters(of: AirNode(0))
        #expect(counters.sentFrames == 1 && counters.sentBytes == 10)
        #expect(counters.timeOnAir == timeOnAir)
        #expect(radios.air.counters(of: AirNode(1)).received == 1)
    }

    // Method: random sends, senses, sleeps and blocks; all that was told, twice from one seed.
    @Test("the same seed gives the same trace", arguments: 0..<10 as Range<UInt64>)
    func determinism(seed: UInt64) throws {
        func trace() throws -> [[ModemEvent]] {
            var dice = Dice(seed: seed)
            let radios = try SX126xRadios(
                at: (0..<5).map { _ in Double(dice.roll(0..<200)) }, modulation)
            for _ in 0..<100 {
                let index = dice.roll(0..<5)
                let node = radios[index]
                switch dice.roll(0..<5) {
                case 0: try node.driver.senseChannel()
                case 1: try node.driver.sleep()
                case 2:
                    try node.send(
                        [UInt8](repeating: 1, count: dice.roll(1..<60)), on: radios.channel)
                default: try node.driver.listen()
                }
                radios.run(for: dice.roll(upTo: .milliseconds(100)))
            }
            for index in 0..<5 {
                #expect(radios.air.unheardTransactions(of: AirNode(index)) == 0, "seed \(seed)")
            }
            return radios.all.map(\.events)
        }
        #expect(try trace() == trace(), "seed \(seed)")
    }

    // The bound of bench row sim.speed, for chips, air and drivers alone; release builds reach far more.
    @Test("five nodes that send once a minute live 2,000 times faster than time, debug build too")
    func speed() throws {
        let radios = try SX126xRadios(at: [0, 40, 80, 120, 160], modulation)
        try radios.listen(0, 1, 2, 3, 4)
        let clock = ContinuousClock()
        let took = try clock.measure {
            for minute in 0..<(60 * 6) {
                try radios.send(ten, from: minute % 5)
                radios.run(for: .seconds(1))
                try radios.listen(minute % 5)
                radios.run(for: .seconds(59))
            }
        }
        #expect(Duration.seconds(6 * 3_600) / took > 2_000)
    }
}
