import Base
import Emulation
import HAL
import LoRa
import Testing

/// What an SX126x does by itself while the host waits: timers, duty cycle, and what follows sensing.
@Suite struct SX126xTimingTests {
    private let frame: [UInt8] = [1, 2, 3, 4, 5]

    private func pair(_ setting: Setting = Setting()) -> Bench { .pair126(setting) }

    // MARK: Timers

    @Test("a single reception ends at its timeout, with what fallback says")
    func timeout() {
        for (fallback, mode) in [(0x20, 2), (0x30, 3), (0x40, 4)] as [(UInt8, UInt8)] {
            let bench = pair()
            bench.send(1, [0x93, fallback])
            bench.listen126(1, timeout: 6_400)  // 100 ms.
            bench.run(.milliseconds(99))
            #expect(bench.status126(1).mode == 5)
            bench.run(.milliseconds(2))
            #expect(bench.status126(1).mode == mode)
            #expect(bench.flags126(1) == 0x0200)
            #expect(bench.announced == [1])
        }
    }

    // A frame of SF7 is found after 5 and has its header after 21 symbols of 1.024 ms.
    @Test("the timer stops at the header, or at the preamble where told so")
    func timerStops() {
        for (stopsOnPreamble, limit, isHeard) in [
            (0, 10, false), (1, 10, true), (1, 4, false), (0, 25, true),
        ] as [(UInt8, UInt32, Bool)] {
            let bench = pair()
            bench.send(1, [0x9F, stopsOnPreamble])
            bench.transmit126(0, frame)
            bench.listen126(1, timeout: limit * 64)
            bench.run(.milliseconds(100))
            #expect((bench.flags126(1) & 2 != 0) == isHeard, "\(stopsOnPreamble) \(limit)")
        }
    }

    @Test("a reception can give up after some symbols without a preamble")
    func symbols() {
        let bench = pair()
        bench.send(1, [0xA0, 20])
        #expect(bench.read126(1, 0x0706) == 10 << 3)
        bench.listen126(1, timeout: 0)
        bench.run(.milliseconds(20))
        #expect(bench.status126(1).mode == 5)
        bench.run(.milliseconds(1))
        #expect(bench.status126(1).mode == 2)
        #expect(bench.flags126(1) == 0x0200)
        bench.clear126(1)
        bench.listen126(1, timeout: 0)
        bench.run(.milliseconds(10))
        bench.transmit126(0, frame)
        bench.run(.milliseconds(100))
        #expect(bench.flags126(1) & 0x0202 == 2)
    }

    @Test("a transmission that lasts longer than it may is cut off")
    func transmitTimeout() {
        let bench = pair()
        bench.listen126(1)
        bench.setPacket126(0, Setting(), size: 200)
        bench.send(0, [0x83] + bench.steps(6_400))
        bench.run(.milliseconds(110))
        #expect(bench.flags126(0) == 0x0200)
        #expect(bench.flags126(1) & 0x40 == 0x40)
    }

    // MARK: Duty cycle

    @Test("duty cycle: windows, sleeps behind BUSY, and standby after a frame")
    func dutyCycle() {
        let bench = pair(Setting { $0.modulation.preamble = 50 })
        let setting = Setting { $0.modulation.preamble = 50 }
        bench.send(1, [0x94] + bench.steps(10 * 64) + bench.steps(40 * 64))
        bench.run(.milliseconds(5))
        #expect(!bench.isBusy(1))
        var busy = 0
        for _ in 0..<500 {
            bench.run(.milliseconds(1))
            if bench.isBusy(1) { busy += 1 }
        }
        #expect((380...420).contains(busy), "four fifths of the time: \(busy)")
        bench.transmit126(0, frame, setting)
        bench.run(.milliseconds(300))
        #expect(bench.status126(1).mode == 2)
        #expect(bench.frame126(1) == frame)
    }

    @Test("duty cycle: a preamble that no frame follows does not end it; NSS does")
    func dutyCycleWakes() {
        let bench = pair(Setting { $0.modulation.preamble = 100 })
        bench.send(1, [0x94] + bench.steps(10 * 64) + bench.steps(40 * 64))
        bench.send(0, [0xD2])  // A preamble without an end, which nobody can lock on.
        bench.run(.milliseconds(300))
        while bench.isBusy(1) { bench.run(.milliseconds(1)) }
        while !bench.isBusy(1) { bench.run(.milliseconds(1)) }
        bench.run(.milliseconds(5))
        bench.transfer(1, [0xC0, 0])
        bench.run(.milliseconds(1))
        #expect(bench.status126(1).mode == 2)
        bench.run(.seconds(1))
        #expect(!bench.isBusy(1))
        #expect(bench.flags126(1) == 0)
    }

    // MARK: Sensing

    @Test("what follows sensing: standby, reception, transmission")
    func cadExits() {
        for (exit, isBusy, mode) in [
            (0x00, false, 2), (0x00, true, 2), (0x01, false, 2), (0x01, true, 5),
            (0x10, false, 6), (0x10, true, 2),
        ] as [(UInt8, Bool, UInt8)] {
            let bench = pair()
            if isBusy {
                bench.transmit126(0, [UInt8](repeating: 9, count: 60))
                bench.run(.milliseconds(1))
            }
            bench.setPacket126(1, Setting(), size: 60)
            bench.send(1, [0x88, 1, 22, 10, exit] + bench.steps(6_400))
            bench.send(1, [0xC5])
            bench.run(.milliseconds(4))
            #expect(bench.status126(1).mode == mode, "exit \(exit)")
            #expect(bench.flags126(1) & 0x180 == (isBusy ? 0x180 : 0x80))
        }
    }

    @Test("sensing in the preamble, then receiving, gets the frame")
    func cadReceives() {
        let bench = pair(Setting { $0.modulation.preamble = 16 })
        bench.transmit126(0, frame, Setting { $0.modulation.preamble = 16 })
        bench.send(1, [0x88, 1, 22, 10, 1] + bench.steps(64_000))
        bench.send(1, [0xC5])
        bench.run(.milliseconds(200))
        #expect(bench.flags126(1) & 0x182 == 0x182)
        #expect(bench.frame126(1) == frame)
    }
}
