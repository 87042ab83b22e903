import Base
import CAllocationCounter
import Emulation
import Foundation
import LoRa
import Simulation

/// Rows measured on five stations in virtual time: the code that ships, as an ordinary build.
enum SimulationBench {
    /// Five nodes of one mesh, all agreed.
    private static func settledWorld() throws -> World {
        let world = World(
            positions: DemoStage.positions,
            channel: Channel(
                frequency: 869_525_000, modulation: Modulation(.sf7, .khz125), power: 14),
            seed: 1)
        for index in 0..<5 { try world.start(index) }
        world.run(for: .seconds(1))
        _ = world.found("bench", on: 0)
        world.run(for: .seconds(1))
        for index in 1..<5 {
            _ = world.pair(index, by: 0)
            guard
                world.run(
                    atMost: .seconds(60),
                    until: {
                        (world.read(index) { $0.node.membership != nil } ?? false)
                            && (world.read(0) { $0.node.isAdmitting } == false)
                    })
            else { throw DemoError.claim("node \(index + 1) is admitted in virtual time") }
        }
        world.run(for: .seconds(900))
        return world
    }

    static func speed() throws -> BenchRow {
        let world = try settledWorld()
        let virtual = Duration.seconds(3_600 * 24 * 7)
        let time = ContinuousClock().measure { world.run(for: virtual) }
        return BenchRow(
            id: "sim.speed", title: "five settled nodes, virtual to real time",
            value: (virtual / time).rounded(), unit: "×", better: .higher, goal: 2_000,
            how: "a week of virtual time, one thread, beacons every 150 s at most")
    }

    static func allocationsReceiving() throws -> BenchRow {
        let world = try settledWorld()
        let probe = AllocationProbe()
        var merged = 0
        var most = 0
        for round in 0..<200 {
            // The same key each time: steady state is an operation that replaces another.
            _ = world.set("key", to: "\(round)", on: round % 5)
            world.probe = probe
            world.run(for: .seconds(10))
            world.probe = nil
            for sample in probe.take() where sample.hasLearned {
                // The first rounds fill what is made on first use.
                guard round >= 20 else { continue }
                merged += 1
                most = max(most, sample.allocations)
            }
        }
        guard merged >= 500 else { throw DemoError.claim("operations were merged: \(merged)") }
        return BenchRow(
            id: "alloc.rx", title: "allocations from DIO1 edge to merged operation",
            value: Double(most), unit: "allocations", better: .lower, goal: 0, bound: 0,
            how: "the most of \(merged) receptions that merged something new, malloc counted")
    }

    static func allocationsSending() throws -> BenchRow {
        let world = try settledWorld()
        let probe = AllocationProbe()
        world.run(for: .seconds(3_600))
        let before = (0..<5).map { world.read($0) { $0.node.statistics.framesSent } ?? 0 }
        world.probe = probe
        world.run(for: .seconds(7_200))
        world.probe = nil
        let after = (0..<5).map { world.read($0) { $0.node.statistics.framesSent } ?? 0 }
        let sent = zip(after, before).map { $0 - $1 }.reduce(0, +)
        let allocations = probe.take().map(\.allocations).reduce(0, +)
        guard sent >= 200 else { throw DemoError.claim("beacons were sent: \(sent)") }
        return BenchRow(
            id: "alloc.tx", title: "allocations from timer to a beacon that is sent",
            value: Double(allocations), unit: "allocations", better: .lower, goal: 0, bound: 0,
            how: "all allocations of five stations over \(sent) beacons, timer, sensing, sealing, "
                + "ledger, sending and receiving included, malloc counted")
    }
}

/// Counts what stations allocate while they handle their events.
final class AllocationProbe: WorldProbe {
    struct Sample {
        var allocations: Int
        var hasLearned: Bool
    }

    private var samples: [Sample] = []
    private var before = 0

    init() { samples.reserveCapacity(1 << 16) }

    func begin() { before = Int(allocationCount()) }

    func end(hasLearned: Bool) {
        let count = Int(allocationCount()) - before
        samples.append(Sample(allocations: count, hasLearned: hasLearned))
    }

    func take() -> [Sample] {
        defer { samples.removeAll(keepingCapacity: true) }
        return samples
    }
}
