import Base
import Emulation
import LoRa
import Testing

/// Each erratum twice: a driver that skips the workaround loses frames that one with it does not.
@Suite struct ErrataTests {
    private let frame: [UInt8] = [1, 2, 3, 4, 5]

    /// How many of ten frames arrive over a distance that leaves a few dB, and the last signal.
    private func arrivals(
        _ models: [ChipModel] = [.sx1262, .sx1262], over distance: Double = 90,
        _ setting: Setting = Setting(), _ prepare: (Bench) -> Void
    ) -> Int {
        let bench = Bench(models, at: [0, distance])
        bench.setUp(0, setting)
        bench.setUp(1, setting)
        prepare(bench)
        bench.listen(1)
        bench.run(.milliseconds(1))
        return (0..<10).filter { _ in
            bench.transmit(0, frame, setting)
            bench.run(.seconds(1))
            return bench.wholeFrame(1) == frame
        }.count
    }

    @Test("15.1: 0x0889 bit 2 follows the bandwidth, or frames are weaker")
    func modulationQuality() {
        for bandwidth in [Bandwidth.khz125, .khz250, .khz500] {
            let setting = Setting { $0.modulation.bandwidth = bandwidth }
            // 3 dB less range each time that the bandwidth doubles.
            let distance = [125_000: 90.0, 250_000: 65, 500_000: 47][bandwidth.hertz]!
            let right: UInt8 = bandwidth == .khz500 ? 0x01 : 0x05
            #expect(arrivals(over: distance, setting) { $0.write126(0, 0x0889, right) } == 10)
            #expect(arrivals(over: distance, setting) { $0.write126(0, 0x0889, right ^ 4) } == 0)
        }
    }

    @Test("15.2: without the clamp's bits the amplifier stays below 16 dBm")
    func clamp() {
        func prepare(_ bench: Bench, _ value: UInt8) {
            bench.send(0, [0x95, 4, 7, 0, 1])
            bench.send(0, [0x8E, 22, 4])
            bench.write126(0, 0x08D8, value)
        }
        #expect(arrivals(over: 240) { prepare($0, 0xDE) } == 10)
        #expect(arrivals(over: 240) { prepare($0, 0xC8) } == 0)
        #expect(arrivals(over: 100) { prepare($0, 0xC8) } == 10)
    }

    // Method: a frame in a single reception with a timer of 200 ms, then one without a timer.
    @Test("15.3: without a header the timer runs on, and ends the next reception")
    func implicitTimeout() {
        for (isRemedied, isImplicit) in [(false, true), (true, true), (false, false)] {
            let setting = Setting {
                if isImplicit { $0.format.header = .implicit(size: 5) }
            }
            let bench = Bench([.sx1262, .sx1262])
            bench.setUp126(0, setting)
            bench.setUp126(1, setting)
            bench.listen126(1, timeout: 200 * 64)
            bench.transmit126(0, frame, setting)
            bench.run(.milliseconds(100))
            #expect(bench.wholeFrame(1) == frame)
            if isRemedied {
                bench.write126(1, 0x0902, 0x00)
                bench.write126(1, 0x0944, bench.read126(1, 0x0944) | 0x02)
            }
            bench.listen126(1)
            bench.run(.milliseconds(80))
            bench.transmit126(0, frame, setting)
            bench.run(.milliseconds(200))
            let isHeard = isRemedied || !isImplicit
            #expect((bench.status126(1).mode == 5) == isHeard)
            #expect((bench.flags126(1) & 0x0200 == 0) == isHeard)
            #expect((bench.wholeFrame(1) == frame) == isHeard)
        }
    }

    @Test("15.4: 0x0736 bit 2 is the opposite of the IQ setting, or all is weak")
    func polarity() {
        for inverts in [false, true] {
            let setting = Setting {
                $0.format.invertsIQ = inverts
                $0.setsPolarity = false
            }
            let right: UInt8 = inverts ? 0x09 : 0x0D
            for (sender, receiver, count) in [
                (right, right, 10), (right ^ 4, right, 0), (right, right ^ 4, 0),
            ] {
                let arrived = arrivals([.sx1262, .sx1262], over: 90, setting) {
                    $0.write126(0, 0x0736, sender)
                    $0.write126(1, 0x0736, receiver)
                }
                #expect(arrived == count)
            }
        }
    }

    @Test("SF5 and SF6 want twelve symbols of preamble", arguments: [SpreadingFactor.sf5, .sf6])
    func shortPreamble(factor: SpreadingFactor) {
        for (preamble, count) in [(12, 10), (11, 0), (8, 0)] {
            let setting = Setting {
                $0.modulation = Modulation(factor, .khz125, preamble: preamble)
            }
            #expect(arrivals(over: 60, setting) { _ in } == count)
        }
    }

    // Method: the gain sticks; each step of the remedy alone, out of order, then in order.
    @Test("gain control that sticks hears 20 dB less until sleep and calibration, in that order")
    func stuckGain() {
        let bench = Bench([.sx1262, .sx1262], at: [0, 60])
        bench.setUp126(0)
        bench.setUp126(1)
        func isHeard() -> Bool {
            bench.listen126(1)
            bench.run(.milliseconds(1))
            bench.transmit126(0, frame)
            bench.run(.milliseconds(100))
            bench.send(1, [0x80, 0])
            return bench.wholeFrame(1) == frame
        }
        func sleep() {
            bench.send(1, [0x84, 4])
            bench.run(.milliseconds(1))
            bench.transfer(1, [0xC0, 0])
            bench.settle(1)
        }
        #expect(isHeard() && isHeard())
        bench.air.inject(.gainSticks(above: -150, afterReceptions: 0), into: AirNode(1))
        #expect(isHeard(), "it is this one that sticks it")
        #expect(!isHeard())
        bench.send(1, [0x89, 0x7F])
        bench.send(1, [0x98, 0xD7, 0xDB])
        #expect(!isHeard())
        sleep()
        #expect(!isHeard())
        bench.send(1, [0x89, 0x7F])
        #expect(!isHeard())
        bench.send(1, [0x98, 0xD7, 0xDB])
        #expect(isHeard())
        #expect(!isHeard(), "stuck again")
        bench.air.clearFaults(of: AirNode(1))
        #expect(!isHeard(), "it stays so until the remedy")
        sleep()
        bench.send(1, [0x89, 0x7F])
        bench.send(1, [0x98, 0xD7, 0xDB])
        #expect(isHeard() && isHeard())
    }

    @Test("gain control may stick after some receptions, the same for the same seed")
    func stuckGainCounts() {
        func heard(_ seed: UInt64) -> Int {
            let bench = Bench([.sx1262, .sx1262], at: [0, 60], seed: seed)
            bench.setUp126(0)
            bench.setUp126(1)
            bench.air.inject(.gainSticks(above: 0, afterReceptions: 10), into: AirNode(1))
            bench.listen126(1)
            for _ in 0..<30 {
                bench.transmit126(0, frame)
                bench.run(.milliseconds(100))
            }
            return bench.air.counters(of: AirNode(1)).received
        }
        let counts = (0..<20).map { heard($0) }
        #expect(counts == (0..<20).map { heard($0) })
        #expect(counts.allSatisfy { (1...20).contains($0) } && Set(counts).count > 5)
    }

    // MARK: SX1276

    @Test("2.1: at 500 kHz 0x36 and 0x3A are the band's")
    func highBandwidth() {
        for (hertz, second) in [(868_100_000, 0x64), (433_300_000, 0x7F)] as [(Int, UInt8)] {
            let setting = Setting {
                $0.modulation.bandwidth = .khz500
                $0.frequency = hertz
            }
            for (first, value, count) in [
                (0x02, second, 10), (0x03, second, 0), (0x02, 0x52, 0),
            ] as [(UInt8, UInt8, Int)] {
                let arrived = arrivals([.sx1276, .sx1276], over: 50, setting) {
                    $0.write(1, 0x36, first)
                    $0.write(1, 0x3A, value)
                }
                #expect(arrived == count)
            }
        }
        #expect(arrivals([.sx1276, .sx1276], over: 100) { $0.write(1, 0x36, 0x02) } == 0)
    }

    @Test("2.3: with the automatic frequency a strong frame beside the channel is heard")
    func spurious() {
        let bench = Bench([.sx1276, .sx1276], at: [0, 1])
        bench.setUp1276(0, Setting { $0.frequency += 200_000 })
        bench.setUp1276(1)
        for (value, isHeard) in [(0x43, false), (0xC3, true)] as [(UInt8, Bool)] {
            bench.write(1, 0x01, 0x81)
            bench.write(1, 0x31, value)
            bench.listen1276(1)
            bench.run(.milliseconds(1))
            bench.transmit1276(0, frame)
            bench.run(.seconds(1))
            #expect((bench.wholeFrame(1) == frame) == isHeard)
        }
    }

    @Test("2.3: the intermediate frequency is the bandwidth's", arguments: Bandwidth.allCases)
    func intermediate(bandwidth: Bandwidth) {
        let setting = Setting { $0.modulation.bandwidth = bandwidth }
        // 3 dB less noise each time that the bandwidth halves.
        let distance = 90 * (125_000 / Double(bandwidth.hertz)).squareRoot()
        #expect(arrivals([.sx1276, .sx1276], over: distance, setting) { _ in } == 10)
        let wrong = arrivals([.sx1276, .sx1276], over: distance, setting) {
            if bandwidth == .khz500 { $0.write(1, 0x31, 0x43) } else { $0.write(1, 0x2F, 0x20) }
        }
        #expect(wrong == 0)
    }

    @Test("detection registers and the second IQ register follow the modulation")
    func followers() {
        for (address, value) in [(0x31, 0x45), (0x37, 0x0C), (0x3B, 0x19)] as [(UInt8, UInt8)] {
            #expect(arrivals([.sx1276, .sx1276]) { $0.write(1, address, value) } == 0)
        }
        let sf6 = Setting {
            $0.modulation = Modulation(.sf6, .khz125)
            $0.format.header = .implicit(size: 5)
        }
        #expect(arrivals([.sx1276, .sx1276], over: 60, sf6) { _ in } == 10)
        #expect(arrivals([.sx1276, .sx1276], over: 60, sf6) { $0.write(1, 0x31, 0x43) } == 0)
        let explicit = Setting { $0.modulation = Modulation(.sf6, .khz125) }
        #expect(arrivals([.sx1276, .sx1276], over: 60, explicit) { _ in } == 0)
    }
}
