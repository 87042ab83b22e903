import Base
import Emulation
import HAL
import LoRa
import Testing

@Suite struct SX1276Tests {
    private func bench(_ setting: Setting = Setting()) -> Bench {
        let bench = Bench([.sx1276, .sx1276])
        bench.setUp(0, setting)
        bench.setUp(1, setting)
        return bench
    }

    @Test("registers after power-on are the datasheet's")
    func defaults() {
        let bench = Bench([.sx1276])
        bench.write(0, 0x01, 0x00)
        bench.write(0, 0x01, 0x80)
        let expected: [(UInt8, UInt8)] = [
            (0x01, 0x80), (0x06, 0x6C), (0x07, 0x80), (0x08, 0x00), (0x09, 0x4F), (0x0B, 0x2B),
            (0x0E, 0x80), (0x0F, 0x00), (0x12, 0x00), (0x1D, 0x72), (0x1E, 0x70), (0x1F, 0x64),
            (0x21, 0x08), (0x22, 0x01), (0x23, 0xFF), (0x33, 0x27), (0x37, 0x0A), (0x39, 0x12),
            (0x3B, 0x1D), (0x42, 0x12), (0x4B, 0x09), (0x4D, 0x84),
        ]
        for (address, value) in expected { #expect(bench.read(0, address) == value, "\(address)") }
    }

    @Test("LoRa can be chosen in sleep only, and the reset is FSK standby")
    func longRangeBit() {
        let bench = Bench([.sx1276])
        #expect(bench.read(0, 0x01) == 0x09)
        bench.write(0, 0x01, 0x81)
        #expect(bench.read(0, 0x01) == 0x01, "ignored in standby")
        bench.write(0, 0x01, 0x80)
        #expect(bench.read(0, 0x01) == 0x00, "asleep, and still FSK")
        bench.write(0, 0x01, 0x80)
        #expect(bench.read(0, 0x01) == 0x80)
        bench.write(0, 0x01, 0x81)
        #expect(bench.read(0, 0x01) == 0x81)
        bench.write(0, 0x01, 0x01)
        #expect(bench.read(0, 0x01) == 0x81, "LoRa stays outside sleep")
        bench.reset(0)
        #expect(bench.read(0, 0x01) == 0x09)
    }

    @Test("a reset takes 5 ms in which nothing is heard; there is no BUSY")
    func reset() {
        let bench = Bench([.sx1276])
        let node = AirNode(0)
        bench.air.drive(.reset, high: false, of: node, at: bench.air.now)
        bench.run(.microseconds(100))
        bench.air.drive(.reset, high: true, of: node, at: bench.air.now)
        #expect(!bench.isBusy(0))
        #expect(bench.read(0, 0x42) == 0)
        bench.run(.milliseconds(5))
        #expect(bench.read(0, 0x42) == 0x12)
        #expect(bench.air.unheardTransactions(of: node) == 1)
    }

    @Test("bursts count addresses up, the FIFO's pointer counts instead of its address")
    func bursts() {
        let bench = bench()
        bench.transfer(0, [0x86, 0xD9, 0x06, 0x66])
        #expect(bench.transfer(0, [0x06, 0, 0, 0]) == [0, 0xD9, 0x06, 0x66])
        bench.write(0, 0x0D, 0xFE)
        bench.transfer(0, [0x80, 1, 2, 3])
        #expect(bench.read(0, 0x0D) == 0x01, "around the end")
        bench.write(0, 0x0D, 0xFE)
        #expect(bench.transfer(0, [0x00, 0, 0, 0]) == [0, 1, 2, 3])
        bench.write(0, 0x42, 0x55)
        #expect(bench.read(0, 0x42) == 0x12, "read-only")
    }

    @Test("sleep loses the FIFO and keeps the registers")
    func sleep() {
        let bench = bench()
        bench.write(0, 0x0D, 0)
        bench.transfer(0, [0x80, 9, 9])
        bench.write(0, 0x01, 0x80)
        bench.write(0, 0x0D, 0)
        bench.transfer(0, [0x80, 7])
        #expect(bench.read(0, 0x0D) == 0, "no FIFO while asleep")
        bench.write(0, 0x01, 0x81)
        #expect(bench.transfer(0, [0x00, 0, 0]) == [0, 0, 0])
        #expect(bench.read(0, 0x39) == 0x12)
        #expect(bench.read(0, 0x1D) == 0x72)
    }

    @Test("a frame: flags, DIO0, size, place, RSSI and SNR; then standby")
    func frame() {
        let bench = bench()
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        bench.transmit1276(0, [5, 6, 7])
        #expect(bench.read(0, 0x01) == 0x83)
        bench.run(.seconds(1))
        #expect(bench.read(0, 0x01) == 0x81)
        #expect(bench.read(0, 0x12) == 0x08)
        #expect(bench.levels(0) == .interrupt)
        #expect(bench.announced == [1, 0] || bench.announced == [0, 1])
        #expect(bench.read(1, 0x12) == 0x50)
        #expect(bench.levels(1) == .interrupt)
        #expect(bench.read(1, 0x13) == 3)
        #expect(bench.frame1276(1) == [5, 6, 7])
        #expect(bench.read(1, 0x01) == 0x85)
        #expect(bench.read(1, 0x17) == 1, "one packet counted")
        #expect(bench.read(1, 0x1C) & 0x40 != 0, "with a checksum")
        // 14 dBm less 114.9 dB at 10 m; noise is −117.03 dBm.
        #expect(abs(Int(bench.read(1, 0x1A)) - 157 + 101) <= 1)
        #expect(abs(Int(Int8(bitPattern: bench.read(1, 0x19))) - 16 * 4) <= 4)
        bench.write(1, 0x12, 0x40)
        #expect(bench.read(1, 0x12) == 0x10, "write 1 to clear")
        #expect(bench.levels(1) == [])
    }

    @Test("frames lie one behind the other, around the end of the FIFO")
    func fifoWraps() {
        let bench = bench()
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        for round in 0..<8 as Range<UInt8> {
            let frame = (0..<100).map { round &+ $0 }
            bench.transmit1276(0, frame)
            bench.run(.seconds(1))
            #expect(bench.read(1, 0x10) == UInt8(truncatingIfNeeded: Int(round) * 100))
            #expect(bench.frame1276(1) == frame)
        }
    }

    @Test("masked interrupts raise no flag")
    func mask() {
        let bench = bench()
        bench.write(0, 0x11, 0xF7)
        bench.write(1, 0x11, 0x40)
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        bench.transmit1276(0, [1])
        bench.run(.seconds(1))
        #expect(bench.read(0, 0x12) == 0x08)
        #expect(bench.read(1, 0x12) == 0x10)
    }

    // Method: one reception in vain, one sensing and one frame, whatever the mapping says.
    @Test("DIO0 to DIO4 follow the mapping")
    func mapping() {
        let bench = bench()
        let cases: [(flags: UInt8, first: UInt8, second: UInt8, WireLevels)] = [
            (0x80, 0x00, 0, .second), (0x80, 0x10, 0, []),
        ]
        for (flag, first, second, levels) in cases {
            bench.write(1, 0x01, 0x81)
            bench.write(1, 0x40, first, second)
            bench.write(1, 0x12, 0xFF)
            bench.write(1, 0x01, 0x86)
            bench.run(.seconds(1))
            #expect(bench.read(1, 0x12) == flag)
            #expect(bench.levels(1) == levels)
        }
        // Sensing, while the other sends.
        for (first, second, levels) in [
            (0x80, 0x00, [.interrupt, .fourth, .fifth]), (0x20, 0x40, [.second, .fourth]),
            (0x03, 0x40, []),
        ] as [(UInt8, UInt8, WireLevels)] {
            bench.transmit1276(0, [UInt8](repeating: 0, count: 100))
            bench.run(.milliseconds(2))
            bench.write(1, 0x40, first, second)
            bench.write(1, 0x12, 0xFF)
            bench.write(1, 0x01, 0x87)
            bench.run(.milliseconds(10))
            #expect(bench.read(1, 0x12) == 0x05)
            #expect(bench.levels(1) == levels)
            #expect(bench.read(1, 0x01) == 0x81)
            bench.run(.seconds(1))
        }
    }

    @Test("sensing: nobody there, and how long it takes")
    func senseClear() {
        let bench = bench()
        bench.write(1, 0x40, 0x80)
        bench.write(1, 0x01, 0x87)
        bench.run(.milliseconds(1))
        #expect(bench.levels(1) == [])
        bench.run(.milliseconds(2))
        #expect(bench.levels(1) == [.interrupt, .fourth])
        #expect(bench.read(1, 0x12) == 0x04)
    }

    @Test("single reception ends after its symbols, or with its frame")
    func single() {
        let bench = bench()
        bench.listen1276(1, single: true)
        bench.run(.milliseconds(90))
        #expect(bench.read(1, 0x01) == 0x86)
        bench.run(.milliseconds(20))  // 100 symbols of 1.024 ms.
        #expect(bench.read(1, 0x01) == 0x81)
        #expect(bench.read(1, 0x12) == 0x80)
        #expect(bench.levels(1) == .second)
        bench.write(1, 0x12, 0xFF)
        bench.listen1276(1, single: true)
        bench.run(.milliseconds(98))
        bench.transmit1276(0, [4])
        bench.run(.milliseconds(100))
        #expect(bench.read(1, 0x12) == 0x80, "the preamble was too young")
        bench.write(1, 0x12, 0xFF)
        bench.listen1276(1, single: true)
        bench.run(.milliseconds(80))
        bench.transmit1276(0, [4])
        bench.run(.milliseconds(100))
        #expect(bench.read(1, 0x12) == 0x50)
        #expect(bench.read(1, 0x01) == 0x81)
    }

    @Test("RegModemStat and DIO3 tell of a frame that is coming in")
    func modemStatus() {
        let bench = bench()
        #expect(bench.read(1, 0x18) & 0x1F == 0x10)
        bench.listen1276(1)
        bench.write(1, 0x40, 0x01)
        bench.run(.milliseconds(1))
        #expect(bench.read(1, 0x18) & 0x1F == 0x14)
        bench.transmit1276(0, [UInt8](repeating: 3, count: 50))
        bench.run(.milliseconds(10))
        #expect(bench.read(1, 0x18) & 0x1F == 0x07)
        #expect(bench.levels(1) == [])
        bench.run(.milliseconds(20))
        #expect(bench.levels(1) == .fourth)
        #expect(bench.announced.isEmpty, "DIO3 is not the interrupt")
        #expect(bench.read(1, 0x18) & 0x1F == 0x0F)
        bench.run(.seconds(1))
        #expect(bench.read(1, 0x18) == 0x34)
    }

    @Test("RSSI: the noise alone, and a frame in it")
    func rssi() {
        let bench = bench()
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        #expect(Int(bench.read(1, 0x1B)) - 157 == -117)
        bench.transmit1276(0, [UInt8](repeating: 3, count: 50))
        bench.run(.milliseconds(10))
        #expect(abs(Int(bench.read(1, 0x1B)) - 157 + 101) <= 1)
    }

    @Test("at low frequencies RSSI counts from −164 dBm")
    func lowBand() {
        let setting = Setting { $0.frequency = 433_175_000 }
        let bench = bench(setting)
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        #expect(Int(bench.read(1, 0x1B)) - 164 == -117)
    }

    @Test("power: both outputs, the 20 dBm mode, and a current limit too low for it")
    func power() {
        let cases: [(pa: UInt8, dac: UInt8, limit: UInt8, dBm: Int)] = [
            (0x8F, 0x84, 0x2B, 17), (0x80, 0x84, 0x2B, 2), (0x8F, 0x87, 0x31, 20),
            (0x8F, 0x87, 0x2B, 17), (0x7F, 0x84, 0x2B, 15), (0x70, 0x84, 0x2B, 0),
        ]
        for (pa, dac, limit, dBm) in cases {
            let bench = bench()
            bench.write(0, 0x09, pa)
            bench.write(0, 0x4D, dac)
            bench.write(0, 0x0B, limit)
            bench.listen1276(1)
            bench.run(.milliseconds(1))
            bench.transmit1276(0, [1, 2])
            bench.run(.seconds(1))
            // Loss is 114.9 dB at 10 m, noise −117 dBm.
            #expect(abs(Int(bench.read(1, 0x19)) - 4 * (dBm + 2)) <= 2, "\(pa) \(dac)")
        }
    }

    @Test("the frequency error is told in the datasheet's unit")
    func frequencyError() {
        let bench = bench()
        let other = Setting { $0.frequency = 868_105_000 }
        bench.setUp1276(0, other)
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        bench.transmit1276(0, [1])
        bench.run(.seconds(1))
        let raw = (0..<3).reduce(0) { $0 << 8 | Int(bench.read(1, UInt8(0x28 + $1))) }
        let value = raw & 0x80000 != 0 ? raw - 0x100000 : raw
        let hertz = Double(value) * Double(1 << 24) / 32e6 * 125 / 500
        #expect(abs(hertz - 5_000) < 100)
    }

    @Test("a TCXO must be chosen, and a crystal must not")
    func oscillator() {
        for (oscillator, value, runs) in [
            (.crystal, 0x09, true), (.crystal, 0x19, false), (.tcxo, 0x19, true),
            (.tcxo, 0x09, false),
        ] as [(Oscillator, UInt8, Bool)] {
            let bench = Bench([.sx1276], oscillator: oscillator)
            bench.setUp1276(0)
            bench.write(0, 0x4B, value)
            bench.listen1276(0)
            #expect((bench.read(0, 0x01) == 0x85) == runs)
        }
    }

    @Test("image calibration runs in the FSK page for 10 ms")
    func calibration() {
        let bench = Bench([.sx1276])
        bench.write(0, 0x3B, 0x40)
        #expect(bench.read(0, 0x3B) & 0x20 != 0)
        bench.run(.milliseconds(11))
        #expect(bench.read(0, 0x3B) & 0x20 == 0)
    }

    @Test("writing the mode it is in changes nothing")
    func sameMode() {
        let bench = bench()
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        bench.transmit1276(0, [1, 2, 3])
        bench.run(.milliseconds(20))
        bench.write(0, 0x01, 0x83)
        bench.write(1, 0x01, 0x85)
        bench.run(.milliseconds(30))
        #expect(bench.read(0, 0x12) == 0x08)
        #expect(bench.wholeFrame(1) == [1, 2, 3])
    }

    @Test("a header longer than the maximum is not received")
    func maximum() {
        let bench = bench()
        bench.write(1, 0x23, 10)
        bench.listen1276(1)
        bench.run(.milliseconds(1))
        bench.transmit1276(0, [UInt8](repeating: 3, count: 11))
        bench.run(.seconds(1))
        #expect(bench.read(1, 0x12) == 0)
        bench.transmit1276(0, [UInt8](repeating: 3, count: 10))
        bench.run(.seconds(1))
        #expect(bench.read(1, 0x12) == 0x50)
    }
}
