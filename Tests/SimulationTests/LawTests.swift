import Base
import CRDT
import Emulation
import LoRa
import Mesh
import Node
import Simulation
import Station
import TestSupport
import Testing

/// The laws of the design, and attempts to break them.
@Suite(.aside) struct LawTests {
    // Method: one node's power is cut at its nth commit from the first write on, for every n; it
    // is started again. What was acknowledged must be everywhere, and no dot may stand for two
    // different writes.
    @Test(
        "1: durable before said, whatever commit the power is lost at", arguments: 1...12,
        [false, true])
    func durableBeforeSaid(commits: Int, cutKeepsBatch: Bool) throws {
        let five = try FiveNodes(seed: 21)
        let world = five.world
        five.assemble()
        #expect(five.settles())
        world.platter(of: 2).commitsUntilCut = commits
        world.platter(of: 2).cutKeepsBatch = cutKeepsBatch
        var acknowledged: [String: String] = [:]
        for round in 0..<12 {
            guard world.isRunning(2) else { break }
            let write = world.set("key \(round % 5)", to: "value \(round)", on: 2)
            world.run(for: .milliseconds(700))
            if world.outcome(of: write) == .done(write) {
                acknowledged["key \(round % 5)"] = "value \(round)"
            }
        }
        world.run(for: .seconds(20))
        if !world.isRunning(2) { try world.start(2) }
        world.platter(of: 2).restorePower()
        world.run(for: .seconds(1))
        _ = world.set("after", to: "the cut", on: 2)
        #expect(five.settles())
        for (key, value) in acknowledged {
            for index in 0..<5 {
                let here = try #require(world.value(of: key, on: index))
                // A write that was durable but not yet acknowledged may have come after.
                let number = Int(here.dropFirst(6)) ?? -1
                #expect(number >= Int(value.dropFirst(6))!, "\(key) on node \(index)")
            }
        }
        for index in 0..<5 { #expect(world.value(of: "after", on: index) == "the cut") }
        try expectSameOperations(world)
    }

    /// No two nodes have different writes under the same dot.
    private func expectSameOperations(_ world: World) throws {
        var seen: [Dot: Operation] = [:]
        for index in 0..<world.count {
            let all =
                world.read(index) { station in
                    (0..<station.node.replica.live.capacity).compactMap {
                        station.node.replica.live[$0]
                    }
                } ?? []
            for operation in all {
                #expect(seen[operation.dot, default: operation] == operation)
                seen[operation.dot] = operation
            }
        }
    }

    // Method: cut and start a node over and over; listen to the counters of all its frames.
    @Test("2: a frame counter never repeats over power cuts", arguments: Seed.slice(3))
    func nonces(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        #expect(five.settles())
        var dice = Dice(seed)
        for round in 0..<15 {
            _ = world.set("round", to: "\(round)", on: 1)
            world.run(for: .milliseconds(Int64(dice.roll(1..<4_000))))
            world.cutPower(1)
            try world.start(1)
            world.run(for: .milliseconds(Int64(dice.roll(1..<4_000))))
        }
        // Whoever reuses a counter is refused as a replay by all who heard it the first time.
        for index in [0, 2, 3, 4] {
            #expect(world.read(index) { $0.node.statistics.replayed } == 0)
        }
        #expect(five.settles(), "replay: make test SEED=\(seed)")
    }

    @Test("3: the airtime of a node that restarts at will stays within its hour's budget")
    func airtime() throws {
        // A sub-band of 0.1 %: 3.6 s an hour, which a busy node would pass in a minute.
        let channel = Channel(
            frequency: 864_000_000, modulation: Modulation(.sf9, .khz125), power: 14)
        let world = World(
            positions: [Position(x: 0, y: 0), Position(x: 50, y: 0)], channel: channel, seed: 4
        ) { $0.beaconAtRest = .seconds(2) }
        try world.start(0)
        try world.start(1)
        world.run(for: .seconds(1))
        _ = world.found("valley", on: 0)
        for round in 0..<200 {
            _ = world.set("k", to: "\(round)", on: 0)
            world.run(for: .seconds(10))
            if round % 7 == 0 {
                world.cutPower(0)
                try world.start(0)
            }
        }
        #expect(world.now - .start < .seconds(3_600))
        let counters = world.air.counters(of: AirNode(0))
        #expect(counters.timeOnAir <= .milliseconds(3_600))
        #expect(counters.timeOnAir > .milliseconds(1_500), "and it does use it")
    }

    @Test("8: what a power cut took is fetched again from the neighbours")
    func fetchedAgain() throws {
        let five = try FiveNodes(seed: 9)
        let world = five.world
        five.assemble()
        #expect(five.settles())
        world.run(for: .seconds(1))  // Roots become equal as somebody speaks.
        _ = world.set("news", to: "heard", on: 0)
        // Heard, merged in RAM, and not flushed yet: the flush waits for two seconds.
        #expect(world.run(atMost: .seconds(5)) { world.value(of: "news", on: 4) == "heard" })
        world.cutPower(4)
        try world.start(4)
        #expect(world.value(of: "news", on: 4) == nil, "it was not on flash")
        #expect(world.run(atMost: .seconds(120)) { world.value(of: "news", on: 4) == "heard" })
    }

    @Test(
        "a disk that fails: the write is refused with the reason, the node goes on relaying",
        arguments: [true, false])
    func diskFull(failsAtCommit: Bool) throws {
        let five = try FiveNodes(seed: 13)
        let world = five.world
        five.assemble()
        #expect(five.settles())
        if failsAtCommit {
            world.platter(of: 3).commitFault = .full
        } else {
            world.platter(of: 3).fault = .full
        }
        let write = world.set("lost", to: "x", on: 3)
        world.run(for: .seconds(1))
        #expect(world.outcome(of: write) == .refused(write, .flash(.full)))
        _ = world.set("kept", to: "y", on: 0)
        #expect(world.run(atMost: .seconds(60)) { world.value(of: "kept", on: 3) == "y" })
        world.run(for: .seconds(20))
        #expect(world.read(3) { $0.node.diskFault } == .full)
        for index in 0..<5 { #expect(world.value(of: "lost", on: index) == nil) }
        world.platter(of: 3).fault = nil
        world.platter(of: 3).commitFault = nil
        #expect(five.settles())
        #expect(world.read(3) { $0.node.diskFault == nil } == true)
    }
}
