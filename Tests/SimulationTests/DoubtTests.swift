import Base
import CRDT
import Node
import Simulation
import TestSupport
import Testing

/// A card that has lost records: noticed, and told again by the neighbours.
@Suite(.aside) struct DoubtTests {
    private func contents(_ world: World, _ node: Int) -> Set<String> {
        let all =
            world.read(node) { station in
                (0..<station.node.replica.live.capacity).compactMap {
                    station.node.replica.live[$0]
                }
            } ?? []
        return Set(all.map { "\($0.dot) \($0.value.text)" })
    }

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
        let before = contents(world, 0)
        #expect(contents(world, 2) == before)
        world.stop(2)
        world.platter(of: 2).lose { key in key[0] >= 0x20 && dice.roll(0..<2) == 0 }
        try world.start(2)
        #expect(contents(world, 2) != before)
        let early = world.set("early", to: "x", on: 2)
        #expect(world.outcome(of: early) == .refused(early, .inDoubt))
        // Once more in the midst of it.
        world.run(for: .seconds(2))
        world.cutPower(2)
        try world.start(2)
        #expect(
            world.run(
                atMost: .seconds(3_600),
                until: { world.read(2) { $0.node.isInDoubt } == false }),
            "replay: make test SEED=\(seed)")
        #expect(contents(world, 2) == before)
        let after = world.set("after", to: "y", on: 2)
        #expect(five.settles())
        #expect(world.outcome(of: after) == .done(after))
        #expect(contents(world, 0) == contents(world, 2))
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
