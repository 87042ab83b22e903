import Base
import Emulation
import LoRa
import TestSupport
import Testing

/// Hosts that say anything at any time: chips and air never trap, never stop time, and do the same
/// again for the same seed.
@Suite(.aside) struct ChaosTests {
    private static let opcodes: [UInt8] = [
        0x84, 0x80, 0xC1, 0x83, 0x82, 0x9F, 0x94, 0xC5, 0xD1, 0xD2, 0x96, 0x89, 0x98, 0x95, 0x93,
        0x0D, 0x1D, 0x0E, 0x1E, 0x08, 0x12, 0x02, 0x9D, 0x97, 0x86, 0x8A, 0x11, 0x8E, 0x8B, 0x8C,
        0x8F, 0x88, 0xA0, 0xC0, 0x13, 0x15, 0x14, 0x10, 0x00, 0x17, 0x07,
    ]

    private static let faults: [ChipFault] = [
        .busyStuck, .busyStale(.microseconds(1)), .risesLost(2), .risesUnannounced(2),
        .bitsFlip(probability: 0.1), .busDead(high: true), .brownOut, .oscillatorDead,
        .deaf(rssi: nil), .transmitEndless, .gainSticks(above: -120, afterReceptions: 3),
    ]

    // Method: three chips that are set right and then told random commands, most of them ones that
    // exist; links, faults and time at random as well. All answers and levels are the trace.
    @Test("random bytes at random times", arguments: Seed.slice(20))
    func chaos(seed: Seed) {
        #expect(trace(seed) == trace(seed), "replay: make test SEED=\(seed)")
    }

    private func trace(_ seed: Seed) -> UInt64 {
        var dice = Dice(seed)
        let models: [ChipModel] = [.sx1262, .sx1276, dice.roll(0..<2) == 0 ? .llcc68 : .sx1261]
        let bench = Bench(
            models, propagation: dice.roll(0..<2) == 0 ? .outdoors : Propagation(),
            seed: seed.number)
        bench.air.add(
            Interferer(
                at: Position(x: 5, y: 5), frequencies: 868_000_000...868_200_000, power: -20,
                on: .milliseconds(7), off: .milliseconds(90)))
        bench.air.setBursts(BurstLoss(good: .seconds(1), bad: .seconds(1)), of: AirNode(0))
        var hash = UInt64(14_695_981_039_346_656_037)
        func note(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 1_099_511_628_211 }
        for round in 0..<1_500 {
            let node = dice.roll(0..<3)
            if round % 50 == 0 {
                bench.air.clearFaults(of: AirNode(node))
                bench.reset(node)
                bench.setUp(node, Setting { $0.modulation.codingRate = .rate4of6 })
            }
            if dice.roll(0..<100) == 0 {
                bench.air.inject(
                    Self.faults[dice.roll(0..<Self.faults.count)], into: AirNode(node))
            }
            for byte in bench.transfer(node, transaction(for: models[node], using: &dice)) {
                note(byte)
            }
            bench.run(dice.roll(upTo: .milliseconds(dice.roll(0..<10) == 0 ? 2_000 : 5)))
            note(bench.levels(node).rawValue)
        }
        let counters = (0..<3).map { bench.air.counters(of: AirNode($0)) }
        note(UInt8(truncatingIfNeeded: counters.reduce(0) { $0 + $1.received + $1.collided }))
        return hash
    }

    private func transaction(for model: ChipModel, using dice: inout Dice) -> [UInt8] {
        let size = dice.roll(0..<8) == 0 ? dice.roll(1..<40) : 9
        var bytes = (0..<size).map { _ in
            UInt8(dice.roll(0..<3) == 0 ? dice.roll(0..<256) : dice.roll(0..<8))
        }
        guard dice.roll(0..<20) > 0 else { return bytes }
        if model == .sx1276 {
            // OpMode more often than its turn.
            let address = dice.roll(0..<3) == 0 ? 1 : dice.roll(0..<0x71)
            bytes = [UInt8(address | 0x80)] + bytes.dropFirst()
            if address == 1 { bytes = [0x81, 0x80 | UInt8(dice.roll(0..<8))] }
            if dice.roll(0..<3) == 0 { bytes[0] &= 0x7F }
        } else {
            bytes[0] = Self.opcodes[dice.roll(0..<Self.opcodes.count)]
        }
        return bytes
    }
}
