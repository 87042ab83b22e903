import Base
import LoRa
import Testing

@testable import Emulation

/// What the air does to frames, beyond LoRaSim's defaults.
@Suite struct PropagationTests {
    private let frame: [UInt8] = [1, 2, 3, 4, 5]

    private func bench(
        at distances: [Double], seed: UInt64 = 1, _ change: (inout Propagation) -> Void = { _ in }
    ) -> Bench {
        var propagation = Propagation()
        change(&propagation)
        let bench = Bench(
            distances.map { _ in .sx1262 }, at: distances, propagation: propagation, seed: seed)
        for node in distances.indices {
            bench.setUp126(node)
            bench.write126(node, 0x08AC, 0x96)
        }
        return bench
    }

    /// How many of so many frames from node 0 arrive at node 1.
    private func arrivals(_ bench: Bench, of count: Int = 10) -> Int {
        bench.listen126(1)
        return (0..<count).filter { _ in
            bench.transmit126(0, frame)
            bench.run(.milliseconds(100))
            return bench.wholeFrame(1) == frame
        }.count
    }

    @Test("sines and powers are right to a millionth")
    func arithmetic() {
        for (turns, value) in [
            (0, 0), (1.0 / 12, 0.5), (0.25, 1), (0.5, 0), (0.75, -1), (11.0 / 12, -0.5),
            (0.125, 0.707_106_781),
        ] { #expect(abs(Sine.of(turns: turns) - value) < 1e-6, "\(turns)") }
        for (level, ratio) in [(0, 1), (10, 10), (-30, 1e-3), (3, 1.995_262_3), (-130, 1e-13)] {
            #expect(abs(Decibel.power(Double(level)) / ratio - 1) < 1e-6, "\(level)")
        }
    }

    @Test("dice: means and deviations")
    func distributions() {
        var dice = Dice(seed: 5)
        let normal = (0..<20_000).map { _ in dice.normal() }
        let mean = normal.reduce(0, +) / 20_000
        let variance = normal.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 20_000
        #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
        let waits = (0..<20_000).map { _ in dice.exponential() }
        #expect(abs(waits.reduce(0, +) / 20_000 - 1) < 0.03)
        #expect(abs(Double(waits.filter { $0 > 2 }.count) / 20_000 - 0.1353) < 0.01)
    }

    @Test("shadowing: one number a link, the same both ways, however nodes are moved")
    func shadowing() {
        func losses(_ seed: UInt64) -> [Double] {
            var propagation = Propagation()
            propagation.shadowing = 3.57
            let air = Air(
                positions: (0..<60).map { Position(x: Double($0), y: 0) },
                propagation: propagation, seed: seed)
            for index in 0..<60 { air.move(AirNode(index), to: Position(x: 100, y: 0)) }
            for index in 0..<60 {
                air.move(AirNode(index), to: Position(x: Double(index) * 50, y: 0))
            }
            return (0..<60).flatMap { a in
                (0..<a).map { b in
                    let loss = air.loss(from: AirNode(a), to: AirNode(b))
                    #expect(loss == air.loss(from: AirNode(b), to: AirNode(a)))
                    return loss
                        - propagation.loss(
                            from: Position(x: Double(a) * 50, y: 0),
                            to: Position(x: Double(b) * 50, y: 0))
                }
            }
        }
        let shadows = losses(1)
        #expect(shadows == losses(1))
        #expect(shadows != losses(2))
        let mean = shadows.reduce(0, +) / Double(shadows.count)
        let variance =
            shadows.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(shadows.count)
        #expect(abs(mean) < 0.3)
        #expect(abs(variance.squareRoot() - 3.57) < 0.3)
    }

    @Test("a link's loss may be set, antennas gain")
    func links() {
        let bench = bench(at: [0, 40])
        let nodes = (AirNode(0), AirNode(1))
        #expect(arrivals(bench) == 10)
        bench.air.setLoss(139, between: nodes.0, and: nodes.1)
        #expect(arrivals(bench) == 0)
        bench.air.setLoss(138, between: nodes.0, and: nodes.1)
        #expect(arrivals(bench) == 10)
        bench.air.setLoss(nil, between: nodes.0, and: nodes.1)
        bench.air.move(nodes.1, to: Position(x: 160, y: 0))
        #expect(arrivals(bench) == 0)
        bench.air.setAntennaGain(2, of: nodes.1)
        #expect(arrivals(bench) == 10)
        #expect(abs(bench.air.loss(from: nodes.0, to: nodes.1) - (139.93 - 2)) < 0.01)
    }

    // The fit: 2 % lost at the floor, half 1.5 dB below it, nearly all 3 dB below.
    @Test("near the floor some frames are read and some are not")
    func softFloor() {
        for (margin, range) in [
            (1.0, 97...100), (0, 90...100), (-1.0, 65...90), (-1.5, 35...65), (-2.0, 8...35),
            (-3.0, 0...8), (-4.5, 0...0),
        ] as [(Double, ClosedRange<Int>)] {
            let bench = bench(at: [0, 40]) { $0.demodulation = .logistic(steepness: 2.6) }
            bench.air.setLoss(138.53 - margin, between: AirNode(0), and: AirNode(1))
            let arrived = arrivals(bench, of: 100)
            #expect(range.contains(arrived), "\(margin) dB: \(arrived)")
        }
    }

    @Test("crystals: a quarter of the bandwidth is borne, more is not heard")
    func crystals() {
        for (ppm, bandwidth, isHeard) in [
            (20, .khz125, true), (35, .khz125, true), (37, .khz125, false), (20, .khz62, false),
            (17, .khz62, true), (-37, .khz125, false), (37, .khz250, true),
        ] as [(Double, Bandwidth, Bool)] {
            let bench = Bench([.sx1262, .sx1262])
            let setting = Setting { $0.modulation.bandwidth = bandwidth }
            bench.setUp126(0, setting)
            bench.setUp126(1, setting)
            bench.air.setCrystalError(ppm: ppm, of: AirNode(0))
            bench.listen126(1)
            bench.transmit126(0, frame, setting)
            bench.run(.milliseconds(300))
            #expect((bench.wholeFrame(1) == frame) == isHeard, "\(ppm) \(bandwidth)")
        }
        let bench = bench(at: [0, 40])
        bench.air.setCrystalError(ppm: 10, of: AirNode(0))
        bench.air.setCrystalError(ppm: 10, of: AirNode(1))
        #expect(arrivals(bench) == 10)
        #expect(bench.read126(1, 0x076D) == 0, "both are off alike")
    }

    @Test("an interferer beside, above and below, on and off")
    func interferers() {
        for (frequencies, power, arrived) in [
            (868_000_000...868_200_000, 20.0, 0), (868_000_000...868_200_000, -10, 10),
            (869_000_000...869_200_000, 20.0, 10), (868_100_000...868_100_000, 20.0, 0),
            (800_000_000...900_000_000, 20.0, 10),
        ] as [(ClosedRange<Int>, Double, Int)] {
            let bench = bench(at: [0, 40])
            bench.air.add(
                Interferer(at: Position(x: 40, y: 10), frequencies: frequencies, power: power))
            #expect(arrivals(bench) == arrived, "\(frequencies) \(power)")
            bench.air.removeInterferers()
            #expect(arrivals(bench) == 10)
        }
        // On for a quarter of the time, frames last for three tenths of a period.
        let bench = bench(at: [0, 40])
        bench.air.add(
            Interferer(
                at: Position(x: 40, y: 10), frequencies: 868_000_000...868_200_000, power: 20,
                on: .milliseconds(26), off: .milliseconds(77)))
        #expect((20...70).contains(arrivals(bench, of: 100)))
    }

    @Test("bursts: whole stretches are lost, as many as their share of time")
    func bursts() {
        let bench = bench(at: [0, 40])
        bench.air.setBursts(
            BurstLoss(good: .seconds(9), bad: .seconds(3), loss: 1), of: AirNode(1))
        bench.listen126(1)
        let heard = (0..<2_000).map { _ in
            bench.transmit126(0, frame)
            bench.run(.milliseconds(100))
            return bench.wholeFrame(1) == frame
        }
        let lost = heard.filter { !$0 }.count
        let changes = zip(heard, heard.dropFirst()).filter { $0 != $1 }.count
        #expect((300...700).contains(lost), "\(lost)")
        #expect(changes < 60, "\(changes)")
        bench.air.setBursts(nil, of: AirNode(1))
        #expect(arrivals(bench) == 10)
    }

    @Test("day and night: the same link carries at noon and not at midnight")
    func fading() {
        let bench = bench(at: [0, 130]) { $0.fading = Fading(amplitude: 3) }
        var heard: [Int] = []
        for hour in 0..<24 {
            bench.run(.seconds(hour == 0 ? 0 : 3_600))
            heard.append(arrivals(bench, of: 1))
        }
        #expect(heard[3...9].allSatisfy { $0 == 0 })
        #expect(heard[15...21].allSatisfy { $0 == 1 })
    }

    @Test("activity detection misses and imagines as often as told")
    func sensing() {
        func busy(_ senses: Int, isSending: Bool, _ change: (inout Propagation) -> Void) -> Int {
            let bench = bench(at: [0, 40], change)
            if isSending { bench.send(0, [0xD2]) }
            return (0..<senses).filter { _ in
                bench.send(1, [0xC5])
                bench.run(.milliseconds(5))
                defer { bench.clear126(1) }
                return bench.flags126(1) & 0x100 != 0
            }.count
        }
        #expect(busy(100, isSending: false) { _ in } == 0)
        #expect(busy(100, isSending: true) { _ in } == 100)
        #expect((15...45).contains(busy(300, isSending: false) { $0.falseAlarms = 0.1 }))
        #expect((210...270).contains(busy(300, isSending: true) { $0.misses = 0.2 }))
        let weak = busy(300, isSending: true) {
            $0.demodulation = .logistic(steepness: 2.6)
            $0.referenceLoss = 138.53 + 1.5
        }
        #expect((110...190).contains(weak), "half at the middle of the curve: \(weak)")
    }
}
