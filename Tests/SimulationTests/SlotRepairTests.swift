import Base
import CRDT
import Node
import Simulation
import TestSupport
import Testing

/// States that differ though heads are the same: found and repaired by slots.
@Suite(.aside) struct SlotRepairTests {
    private func bytesSent(_ world: World) -> Int {
        (0..<5).reduce(0) { $0 + (world.read($1) { $0.node.statistics.bytesSent } ?? 0) }
    }

    /// Five nodes with some keys, all on flash everywhere.
    private func five(_ seed: Seed, keys: Int) throws -> FiveNodes {
        let five = try FiveNodes(seed: seed.number)
        five.assemble()
        for key in 0..<keys {
            _ = five.world.set("key \(key)", to: "value \(key)", on: key % 5)
            if key % 10 == 9 { five.world.run(for: .seconds(3)) }
        }
        #expect(five.settles())
        five.world.run(for: .seconds(60))
        return five
    }

    @Test(
        "what a card loses and nobody notices is found by the state's root, and told again",
        arguments: Seed.slice(2))
    func silent(seed: Seed) throws {
        var dice = Dice(seed)
        let five = try five(seed, keys: 40)
        let world = five.world
        let before = world.contents(0)
        // One node or two, which may lose the same; but not all lose anything.
        for node in [2, 3].prefix(dice.roll(1..<3)) {
            world.stop(node)
            world.platter(of: node).lose(isNoticed: false) { key in
                key[0] == 0x20 && dice.roll(0..<8) == 0
            }
            try world.start(node)
        }
        let limit = Duration.seconds(3 * 3_600)
        #expect(
            world.run(
                atMost: limit, until: { (0..<5).allSatisfy { world.contents($0) == before } }),
            "replay: make test SEED=\(seed)")
        #expect(five.agree())
        let node = world.read(2) { $0.node.isInDoubt }
        #expect(node == false)
    }

    @Test(
        "a card that has lost some of many records costs about as much as these",
        arguments: Seed.slice(2))
    func some(seed: Seed) throws {
        var dice = Dice(seed)
        let five = try five(seed, keys: 250)
        let world = five.world
        let before = world.contents(0)
        world.stop(2)
        var lost = 0
        world.platter(of: 2).lose { key in
            let isLost = key[0] == 0x20 && dice.roll(0..<8) == 0
            lost += isLost ? 1 : 0
            return isLost
        }
        let sent = bytesSent(world) - (world.read(2) { $0.node.statistics.bytesSent } ?? 0)
        try world.start(2)
        let isWhole = world.run(
            atMost: .seconds(600), until: { world.contents(2) == before })
        #expect(isWhole, "replay: make test SEED=\(seed)")
        // Values of some 20 bytes with their dots, four bytes of sketch each, headers, beacons.
        let cost = bytesSent(world) - sent
        #expect(cost < lost * 60 + 1_200, "\(cost) bytes for \(lost) records of \(before.count)")
        #expect(
            five.resolvesDoubt(of: 2, within: .seconds(600)))
        let after = world.set("after", to: "y", on: 2)
        #expect(five.settles())
        #expect(world.outcome(of: after) == .done(after))
    }

    @Test("any number of cells is found that sixteen frames can tell", arguments: Seed.slice(1))
    func trials(seed: Seed) {
        var dice = Dice(seed)
        for lost in [1, 8, 44, 45, 150] {
            let trial = SlotTrial(cells: 1_000, lost: lost, dice: &dice)
            #expect(trial.isComplete, "\(lost) of 1,000; replay: make test SEED=\(seed)")
            #expect(trial.inVain <= 3 + lost / 50, "\(trial)")
            if lost == 8 { #expect(trial.bytesOfSlots == 50) }
        }
    }

    @Test("where too much is lost for slots, all is told again", arguments: Seed.slice(2))
    func total(seed: Seed) throws {
        let five = try five(seed, keys: 60)
        let world = five.world
        let before = world.contents(0)
        world.stop(2)
        world.platter(of: 2).lose { key in key[0] == 0x20 }
        try world.start(2)
        #expect(
            five.resolvesDoubt(of: 2, within: .seconds(3 * 3_600)),
            "replay: make test SEED=\(seed)")
        #expect(world.contents(2) == before)
    }

    @Test("in doubt and alone, a node says nothing, and waits", arguments: Seed.slice(1))
    func alone(seed: Seed) throws {
        let five = try five(seed, keys: 30)
        let world = five.world
        let before = world.contents(0)
        world.stop(2)
        world.platter(of: 2).lose { key in key[0] == 0x20 && key[5] % 3 == 0 }
        five.block(2, true)
        try world.start(2)
        world.run(for: .seconds(3_600))
        let frames = world.read(2) { $0.node.statistics.framesSent }
        #expect(frames == 0)
        #expect(world.read(2) { $0.node.isInDoubt } == true)
        five.block(2, false)
        #expect(
            five.resolvesDoubt(of: 2, within: .seconds(1_800)))
        #expect(world.contents(2) == before)
    }

    @Test("what was lost beside what was missed is told, too", arguments: Seed.slice(2))
    func behind(seed: Seed) throws {
        let five = try five(seed, keys: 40)
        let world = five.world
        world.stop(2)
        for key in 0..<20 {
            _ = world.set("key \(key)", to: "changed \(key)", on: key % 2)
            world.run(for: .seconds(5))
        }
        world.platter(of: 2).lose { key in key[0] == 0x20 && key[5] % 4 == 1 }
        try world.start(2)
        #expect(
            five.resolvesDoubt(of: 2),
            "replay: make test SEED=\(seed)")
        #expect(world.contents(2) == world.contents(0))
        #expect(five.settles())
    }
}
