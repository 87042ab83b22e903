import Base
import CRDT
import Emulation
import Node
import Simulation
import TestSupport
import Testing

/// A card that has lost records: noticed, and told again by the neighbours.
@Suite(.aside) struct DoubtTests {
    @Test(
        "what a card has lost is told again, the node's own writes too; no dot is used twice",
        arguments: Seed.slice(4))
    func lost(seed: Seed) throws {
        var dice = Dice(seed)
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        for round in 0..<12 {
            _ = world.set("key \(round % 7)", to: "\(round)", on: dice.roll(0..<5))
            world.run(for: .seconds(5))
        }
        _ = world.set("own", to: "mine", on: 2)
        #expect(five.settles())
        let before = world.contents(0)
        #expect(world.contents(2) == before)
        world.stop(2)
        world.platter(of: 2).lose { key in key[0] >= 0x20 && dice.roll(0..<2) == 0 }
        try world.start(2)
        #expect(world.contents(2) != before)
        let early = world.set("early", to: "x", on: 2)
        #expect(world.outcome(of: early) == .refused(early, .inDoubt))
        // Once more in the midst of it.
        world.run(for: .seconds(2))
        world.cutPower(2)
        try world.start(2)
        #expect(
            five.resolvesDoubt(of: 2),
            "replay: make test SEED=\(seed)")
        #expect(world.contents(2) == before)
        let after = world.set("after", to: "y", on: 2)
        #expect(five.settles())
        #expect(world.outcome(of: after) == .done(after))
        #expect(world.contents(0) == world.contents(2))
    }

    // Method: the card falls back over restarts, each of which has given a block of counters away.
    @Test(
        "2: no frame counter is used twice where a card has fallen back", arguments: Seed.slice(2))
    func staleCounters(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        _ = world.set("own", to: "mine", on: 1)
        #expect(five.settles())
        let old = world.platter(of: 1).records
        for round in 0..<5 {
            _ = world.set("round", to: "\(round)", on: 1)
            world.run(for: .seconds(20))
            world.cutPower(1)
            try world.start(1)
        }
        _ = world.set("round", to: "last", on: 1)
        #expect(five.settles())
        let before = world.contents(0)
        world.cutPower(1)
        world.platter(of: 1).fallBack(to: old)
        // Once more before the first batch: nothing of it is on flash, and nothing was sent.
        try world.start(1)
        world.cutPower(1)
        try world.start(1)
        #expect(
            five.resolvesDoubt(of: 1, within: .seconds(3_600 + 600)),
            "replay: make test SEED=\(seed)")
        #expect(world.contents(1) == before)
        let after = world.set("after", to: "y", on: 1)
        #expect(five.settles())
        #expect(world.outcome(of: after) == .done(after))
        // Whoever reuses a counter is refused as a replay by all who heard it the first time.
        for index in [0, 2, 3, 4] {
            #expect(world.read(index) { $0.node.statistics.replayed } == 0)
        }
    }

    // Method: the card forgets a write that one neighbour has heard, and that neighbour is away when
    // the node starts; all others have the head that the card has.
    @Test(
        "1: a head that the card has fallen back to is not written upon", arguments: Seed.slice(2))
    func staleHead(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        _ = world.set("a", to: "told", on: 2)
        #expect(five.settles())
        let old = world.platter(of: 2).records
        for other in [0, 1, 3] {
            for apart in [2, 4] {
                world.air.setBlocked(true, between: AirNode(other), and: AirNode(apart))
            }
        }
        _ = world.set("b", to: "heard by one", on: 2)
        #expect(world.run(atMost: .seconds(60)) { world.value(of: "b", on: 4) != nil })
        world.run(for: .seconds(5))
        world.cutPower(2)
        world.platter(of: 2).fallBack(to: old)
        for other in [0, 1, 3] {
            world.air.setBlocked(false, between: AirNode(other), and: AirNode(2))
        }
        world.air.setBlocked(true, between: AirNode(4), and: AirNode(2))
        try world.start(2)
        // It has the same as these, and must not take that for all there is. The hour's airtime counts
        // as spent.
        #expect(
            world.run(
                atMost: .seconds(3_600),
                until: { world.read(2) { $0.node.root } == world.read(0) { $0.node.root } }))
        world.run(for: .seconds(20))
        let early = world.set("c", to: "x", on: 2)
        world.air.setBlocked(false, between: AirNode(4), and: AirNode(2))
        #expect(
            five.resolvesDoubt(of: 2, within: .seconds(3_600 + 600)),
            "replay: make test SEED=\(seed)")
        #expect(world.outcome(of: early) == .refused(early, .inDoubt))
        #expect(world.value(of: "b", on: 2) == "heard by one")
        let late = world.set("c", to: "y", on: 2)
        five.block(4, false)
        #expect(five.settles(within: .seconds(600)))
        #expect(world.outcome(of: late) == .done(late))
        #expect(world.contents(2) == world.contents(4))
    }

    @Test("what no neighbour can tell must be there: else the node does not start")
    func essential() throws {
        let five = try FiveNodes(seed: 7)
        let world = five.world
        five.assemble()
        _ = world.set("own", to: "mine", on: 2)
        #expect(five.settles())
        world.stop(2)
        // The key pair, the frame counters, the own head.
        for lost in [[0x01], [0x04], [0x10, 3]] as [[UInt8]] {
            let copy = world.platter(of: 2).records
            world.platter(of: 2).lose { $0 == lost }
            #expect(throws: DiskFault.damaged, "\(lost)") { try world.start(2) }
            world.platter(of: 2).put(copy)
        }
    }
}
