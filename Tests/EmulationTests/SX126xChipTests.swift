import Base
import Emulation
import HAL
import LoRa
import Testing

/// The chip by its bytes: what drivers of this project do not ask for, others do.
@Suite struct SX126xChipTests {
    private let frame: [UInt8] = [1, 2, 3, 4, 5]

    private func pair(_ setting: Setting = Setting()) -> Bench { .pair126(setting) }

    @Test("what is refused, and how")
    func refusals() {
        let cases: [(String, [UInt8], UInt8)] = [
            ("no such command", [0xAB, 0], 4),
            ("too few bytes", [0x86, 1, 2], 4),
            ("no such fallback", [0x93, 0x50], 4),
            ("no such bandwidth", [0x8B, 7, 7, 1, 0], 4),
            ("no such spreading factor", [0x8B, 13, 4, 1, 0], 4),
            ("too much power", [0x8E, 23, 4], 4),
            ("no such exit", [0x88, 1, 22, 10, 3, 0, 0, 0], 4),
            ("sleep while receiving", [0x84, 4], 5),
            ("calibration while receiving", [0x89, 0x7F], 5),
            ("duty cycle while receiving", [0x94, 0, 1, 0, 0, 1, 0], 5),
            ("packet type while receiving", [0x8A, 1], 5),
            ("a right one", [0x8E, 14, 4], 1),
        ]
        for (name, bytes, command) in cases {
            let bench = pair()
            bench.listen126(1)
            bench.send(1, bytes)
            #expect(bench.status126(1).command == command, "\(name)")
        }
    }

    @Test("each DIO tells of its own interrupts")
    func dios() {
        let bench = pair()
        // RxDone on all, preamble on DIO2, header on DIO3.
        bench.send(1, [0x08, 0xFF, 0xFF, 0x00, 0x02, 0x00, 0x04, 0x00, 0x10])
        bench.listen126(1)
        bench.transmit126(0, frame)
        bench.run(.milliseconds(8))
        #expect(bench.levels(1) == .second)
        bench.run(.milliseconds(15))
        #expect(bench.levels(1) == [.second, .third])
        bench.run(.milliseconds(100))
        #expect(bench.levels(1) == [.interrupt, .second, .third])
        bench.send(1, [0x02, 0x00, 0x04])
        #expect(bench.levels(1) == [.interrupt, .third])
        // A flag that the mask leaves out never is.
        bench.clear126(1)
        bench.send(1, [0x08, 0x00, 0x00, 0xFF, 0xFF, 0, 0, 0, 0])
        bench.transmit126(0, frame)
        bench.run(.milliseconds(100))
        #expect(bench.flags126(1) == 0)
    }

    @Test("a header that never comes right is not waited for")
    func damagedHeader() {
        let bench = Bench([.sx1262, .sx1262, .sx1262], at: [0, 10, 20])
        for node in 0..<3 { bench.setUp126(node) }
        bench.send(1, [0x08, 0xFF, 0xFF, 0x00, 0x22, 0x00, 0x00, 0x00, 0x10])
        bench.listen126(1)
        bench.transmit126(0, frame)
        bench.run(.milliseconds(10))
        bench.transmit126(2, frame)
        bench.run(.milliseconds(200))
        #expect(bench.levels(1) == .interrupt)
        #expect(bench.flags126(1) & 0x32 == 0x20)
    }

    @Test("DIO2 as antenna switch is high while sending, DIO3 as supply while the oscillator runs")
    func otherWork() {
        let bench = Bench([.sx1262], oscillator: .tcxo)
        bench.send(0, [0x97, 2, 0, 0x01, 0x40])
        bench.send(0, [0x9D, 1])
        bench.setUp126(0)
        #expect(bench.levels(0) == [])
        bench.transmit126(0, frame)
        #expect(bench.levels(0) == [.second, .third])
        bench.run(.milliseconds(100))
        #expect(bench.levels(0) == .interrupt)
    }

    @Test("the buffer has a base each for what comes and goes, and no end")
    func buffer() {
        let bench = pair()
        bench.send(0, [0x8F, 0xFE, 0])
        bench.send(1, [0x8F, 0, 0xFD])
        bench.listen126(1)
        bench.setPacket126(0, Setting(), size: 5)
        bench.send(0, [0x0E, 0xFE] + frame)
        #expect(bench.send(0, [0x1E, 0xFE, 0, 0, 0, 0, 0, 0])[3...] == frame[...])
        bench.send(0, [0x83, 0, 0, 0])
        bench.run(.milliseconds(100))
        #expect(bench.send(1, [0x13, 0, 0, 0])[2...] == [5, 0xFD])
        #expect(bench.frame126(1) == frame)
        bench.transmit126(0, frame)
        bench.run(.milliseconds(100))
        #expect(bench.send(1, [0x13, 0, 0, 0])[3] == 2, "behind the last")
    }

    @Test("a header that announces more than the packet's length is a header error")
    func tooLong() {
        let bench = pair()
        bench.setPacket126(1, Setting(), size: 4)
        bench.listen126(1)
        bench.transmit126(0, frame)
        bench.run(.milliseconds(100))
        #expect(bench.flags126(1) & 0x22 == 0x20)
    }

    @Test("damage is noticed with a checksum, and not without")
    func checksum() {
        for hasChecksum in [true, false] {
            let setting = Setting { $0.format.hasChecksum = hasChecksum }
            let bench = Bench([.sx1262, .sx1262, .sx1262], at: [0, 10, 20])
            for node in 0..<3 { bench.setUp126(node, setting) }
            bench.listen126(1)
            bench.transmit126(0, [UInt8](repeating: 7, count: 50), setting)
            bench.run(.milliseconds(40))
            bench.transmit126(2, frame, setting)
            bench.run(.milliseconds(200))
            #expect(bench.flags126(1) & 0x42 == (hasChecksum ? 0x42 : 0x02))
            #expect(bench.frame126(1) != [UInt8](repeating: 7, count: 50))
            #expect(bench.read126(1, 0x076B) & 0x10 == (hasChecksum ? 0x10 : 0))
        }
    }

    @Test("statistics count, and are reset")
    func statistics() {
        let bench = pair()
        bench.listen126(1)
        for _ in 0..<3 {
            bench.transmit126(0, frame)
            bench.run(.milliseconds(100))
        }
        let read: [UInt8] = [0x10, 0, 0, 0, 0, 0, 0, 0]
        #expect(bench.send(1, read)[2...] == [0, 3, 0, 0, 0, 0])
        bench.send(1, [0x00, 0, 0, 0, 0, 0, 0])
        #expect(bench.send(1, read)[2...] == [0, 0, 0, 0, 0, 0])
    }

    // MARK: Levels and chance

    @Test("a carrier is heard by RSSI and spoils frames, a preamble is sensed")
    func tests() {
        let bench = Bench([.sx1262, .sx1262, .sx1262], at: [0, 10, 20])
        for node in 0..<3 { bench.setUp126(node) }
        bench.listen126(1)
        func rssi() -> Int { -Int(bench.send(1, [0x15, 0, 0])[2]) / 2 }
        #expect((-123 ... -112).contains(rssi()), "noise, wavering")
        bench.send(2, [0xD1])
        bench.run(.milliseconds(1))
        #expect((-106 ... -96).contains(rssi()))
        bench.transmit126(0, frame)
        bench.run(.milliseconds(100))
        #expect(bench.flags126(1) & 2 == 0 || bench.flags126(1) & 0x40 != 0)
        bench.send(2, [0x80, 0])
        #expect((-123 ... -112).contains(rssi()), "noise, wavering")
        bench.clear126(1)
        bench.send(2, [0xD2])
        bench.run(.milliseconds(1))
        bench.send(1, [0x80, 0])
        bench.send(1, [0xC5])
        bench.run(.milliseconds(5))
        #expect(bench.flags126(1) == 0x180)
    }

    @Test("random numbers come while receiving, the same for the same seed")
    func random() {
        func draw() -> [UInt8] {
            let bench = pair()
            bench.listen126(1)
            return (0..<4).flatMap { _ in
                Array(bench.send(1, [0x1D, 0x08, 0x19, 0, 0, 0, 0, 0])[4...])
            }
        }
        let numbers = draw()
        #expect(numbers == draw())
        #expect(Set(numbers).count > 8)
        let bench = pair()
        #expect(bench.read126(0, 0x0819) == 0)
    }

    @Test("the frequency error as public drivers read it")
    func frequencyError() {
        for offset in [-7_000, 0, 7_000] {
            let bench = pair()
            bench.setUp126(0, Setting { $0.frequency += offset })
            bench.listen126(1)
            bench.transmit126(0, frame)
            bench.run(.milliseconds(100))
            let raw = (0..<3).reduce(0) {
                $0 << 8 | Int(bench.read126(1, 0x076B + UInt16($1)))
            }
            let value = raw & 0x80000 != 0 ? (raw & 0xFFFFF) - 0x100000 : raw & 0xFFFFF
            #expect(abs(1.55 * Double(value) * 125 / 1_600 - Double(offset)) < 10)
        }
    }

    // The boosted gain hears up to 136.9 m, the other 2 dB less: 109.7 m.
    @Test("the boosted gain hears 2 dB more, and is lost in a warm sleep unless retained")
    func gain() {
        func isHeard(_ prepare: (Bench) -> Void) -> Bool {
            let bench = Bench([.sx1262, .sx1262], at: [0, 125])
            bench.setUp126(0)
            bench.setUp126(1)
            prepare(bench)
            bench.listen126(1)
            bench.transmit126(0, frame)
            bench.run(.milliseconds(100))
            return bench.flags126(1) & 2 != 0
        }
        func sleep(_ bench: Bench) {
            bench.send(1, [0x84, 4])
            bench.run(.milliseconds(1))
            bench.transfer(1, [0xC0, 0])
            bench.run(.milliseconds(1))
        }
        #expect(!isHeard { _ in })
        #expect(isHeard { $0.write126(1, 0x08AC, 0x96) })
        #expect(
            !isHeard {
                $0.write126(1, 0x08AC, 0x96)
                sleep($0)
            })
        #expect(
            isHeard {
                $0.write126(1, 0x08AC, 0x96)
                $0.send(1, [0x0D, 0x02, 0x9F, 1, 0x08, 0xAC])
                sleep($0)
            })
    }

    // MARK: Sleep and errors

    @Test("sleep: deaf for 500 µs, BUSY high, NSS wakes; cold forgets all, warm the buffer only")
    func sleep() {
        for isWarm in [true, false] {
            let bench = pair()
            bench.send(0, [0x0E, 0, 7, 7])
            bench.send(0, [0x84, isWarm ? 4 : 0])
            #expect(bench.isBusy(0))
            bench.run(.microseconds(300))
            bench.transfer(0, [0xC0, 0])
            bench.run(.seconds(1))
            #expect(bench.isBusy(0), "it was deaf")
            bench.transfer(0, [0xC0, 0])
            bench.run(isWarm ? .microseconds(350) : .microseconds(3_510))
            #expect(!bench.isBusy(0))
            #expect(bench.send(0, [0x1E, 0, 0, 0])[3] == 0)
            #expect(bench.send(0, [0x11, 0, 0])[2] == (isWarm ? 1 : 0))
        }
    }

    @Test("device errors: synthesizer, image, oscillator; and they are cleared")
    func deviceErrors() {
        func errors(_ bench: Bench) -> UInt8 { bench.send(0, [0x17, 0, 0, 0])[3] }
        let bench = pair()
        #expect(errors(bench) == 0)
        bench.send(0, [0x86, 0, 0, 0, 0])
        bench.send(0, [0xC1])
        #expect(bench.status126(0) == (2, 5))
        #expect(errors(bench) == 1 << 6)
        bench.send(0, [0x07, 0, 0])
        bench.send(0, [0x98, 0xDB, 0xD7])
        #expect(errors(bench) == 1 << 4)
        bench.send(0, [0x07, 0, 0])
        bench.send(0, [0x97, 2, 0, 0, 64])
        bench.send(0, [0x80, 1])
        #expect(bench.status126(0) == (2, 5))
        #expect(errors(bench) == 1 << 5)
    }

    @Test("members of the family: power, frequencies, spreading factors")
    func variants() {
        func accepts(_ model: ChipModel, _ bytes: [UInt8]) -> Bool {
            let bench = Bench([model])
            bench.setUp126(0)
            bench.send(0, bytes)
            return bench.status126(0).command == 1
        }
        #expect(accepts(.sx1262, [0x8B, 12, 4, 1, 1]))
        for (factor, bandwidth, isRight) in [
            (9, 4, true), (10, 4, false), (10, 5, true), (11, 5, false), (11, 6, true),
            (12, 6, false),
        ] as [(UInt8, UInt8, Bool)] {
            #expect(accepts(.llcc68, [0x8B, factor, bandwidth, 1, 0]) == isRight)
        }
        #expect(accepts(.sx1262, [0x8E, 22, 4]) && !accepts(.sx1261, [0x8E, 22, 4]))
        #expect(accepts(.sx1261, [0x8E, 0xEF, 4]) && !accepts(.sx1262, [0x8E, 0xEF, 4]))
        #expect(accepts(.sx1262, [0xC1]) && !accepts(.sx1268, [0xC1]), "868 MHz")
    }

    @Test("power is that of the amplifier's setting, and of the right amplifier")
    func power() {
        for (model, configuration, parameter, dBm) in [
            (.sx1262, [4, 7, 0, 1], 22, 22), (.sx1262, [3, 5, 0, 1], 22, 20),
            (.sx1262, [2, 3, 0, 1], 22, 17), (.sx1262, [2, 2, 0, 1], 22, 14),
            (.sx1262, [2, 2, 0, 1], 14, 6), (.sx1262, [4, 0, 1, 1], 14, -30),
            (.sx1261, [1, 0, 1, 1], 13, 10), (.sx1261, [4, 0, 1, 1], 14, 14),
            (.sx1261, [6, 0, 1, 1], 14, 15), (.sx1261, [4, 7, 0, 1], 14, -30),
        ] as [(ChipModel, [UInt8], UInt8, Int)] {
            let bench = Bench([model, .sx1262], at: [0, 0])
            bench.setUp126(0)
            bench.setUp126(1)
            bench.write126(0, 0x08D8, 0xDE)
            bench.send(0, [0x95] + configuration)
            bench.send(0, [0x8E, parameter, 4])
            bench.send(0, [0xD1])
            bench.listen126(1)
            bench.run(.milliseconds(1))
            let rssi = -Int(bench.send(1, [0x15, 0, 0])[2]) / 2
            // Loss is 0 at no distance; nothing above 0 dBm can be told.
            #expect(rssi == min(dBm, 0), "\(model) \(configuration)")
        }
    }

    @Test("GFSK has commands, and nothing on the air")
    func gfsk() {
        let bench = pair()
        bench.send(0, [0x8A, 0])
        bench.listen126(1)
        bench.send(0, [0x8B, 0, 0x14, 0, 9, 0x0B, 0, 0, 0])
        bench.send(0, [0x83, 0, 0, 0])
        bench.run(.milliseconds(5))
        #expect(bench.flags126(0) == 1)
        #expect(bench.air.counters(of: AirNode(0)).sentFrames == 0)
        #expect(bench.flags126(1) == 0)
    }
}
