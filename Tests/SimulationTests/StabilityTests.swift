import Base
import CRDT
import Emulation
import Mesh
import Node
import Simulation
import TestSupport
import Testing

/// What all have, found out over the air; and who is left out of that, and comes back.
@Suite(.aside) struct StabilityTests {
    /// Five nodes that wait an hour for one that is silent.
    private func five(_ seed: Seed) throws -> FiveNodes {
        let five = try FiveNodes(seed: seed.number) { $0.leaveOutAfter = .seconds(3_600) }
        five.assemble()
        return five
    }

    /// Has one write a key and another remove it, all of them knowing.
    private func removeKey(_ key: String, in five: FiveNodes, by index: Int) {
        _ = five.world.set(key, to: "value", on: 1)
        #expect(five.settles())
        _ = five.world.change(key, .unset, on: index)
        #expect(five.settles())
    }

    private func operations(_ world: World, _ index: Int) -> [CRDT.Operation] {
        world.read(index) { station in
            (0..<station.node.replica.live.capacity).compactMap { station.node.replica.live[$0] }
        } ?? []
    }

    private func removals(_ world: World, _ index: Int) -> Int {
        operations(world, index).filter { $0.isRemoval }.count
    }

    private func number(_ world: World, _ index: Int) -> UInt8 {
        (world.read(index) { $0.node.membership?.number.raw } ?? nil) ?? 0
    }

    /// Whether one that was left out has a new number, and what the founder has.
    private func isBack(_ world: World, _ index: Int) -> Bool {
        number(world, index) > 5 && world.contents(index) == world.contents(0)
    }

    @Test("a removal leaves nothing behind, in RAM or on flash", arguments: Seed.slice(3))
    func collects(seed: Seed) throws {
        let five = try five(seed)
        let world = five.world
        removeKey("gate", in: five, by: 2)
        #expect((0..<5).allSatisfy { removals(world, $0) == 1 })
        #expect(
            world.run(
                atMost: .seconds(3_600),
                until: { (0..<5).allSatisfy { removals(world, $0) == 0 } }),
            "replay: make test SEED=\(seed)")
        #expect(five.settles())
        _ = world.set("lamp", to: "lit", on: 3)  // What is gone is taken off with the next flush.
        #expect(five.settles())
        world.run(for: .seconds(600))
        let states = (0..<5).map { world.contents($0) }
        #expect(states.allSatisfy { $0 == states[0] })
        for index in 0..<5 {
            world.stop(index)
            let kept = world.platter(of: index).records.filter { $0.key[0] == 0x20 }.count
            #expect(kept == states[0].count)
            try world.start(index)
            #expect(world.contents(index) == states[0])
        }
    }

    // Method: a day in which nobody writes, after one removal.
    @Test("once all is collected, nobody asks any more", arguments: Seed.slice(1))
    func rests(seed: Seed) throws {
        let five = try five(seed)
        removeKey("gate", in: five, by: 2)
        five.world.run(for: .seconds(3_600))
        let before = five.world.contents(0)
        five.world.run(for: .seconds(86_400))
        #expect(five.world.contents(0) == before)
        #expect(before.count == 5 + 5, "records of members, one report of each")
    }

    @Test(
        "a member out of reach holds up nothing for ever, and what was removed stays so",
        arguments: Seed.slice(3))
    func leftOut(seed: Seed) throws {
        let five = try five(seed)
        let world = five.world
        _ = world.set("gate", to: "open", on: 1)
        #expect(five.settles())
        five.block(4, true)
        _ = world.change("gate", .unset, on: 2)
        world.run(for: .seconds(1_800))
        #expect(removals(world, 0) == 1, "it is waited for")
        _ = world.set("lamp", to: "lit by 5", on: 4)
        #expect(
            world.run(
                atMost: .seconds(3 * 3_600),
                until: { (0..<4).allSatisfy { removals(world, $0) == 0 } }),
            "replay: make test SEED=\(seed)")
        #expect(world.read(0) { $0.node.isLeftOut(Actor(raw: 5)) } == true)
        #expect(world.read(0) { $0.node.isListed(Actor(raw: 5)) } == true)
        #expect(world.value(of: "gate", on: 4) == "open", "it knows of nothing")

        five.block(4, false)
        #expect(
            world.run(atMost: .seconds(3_600), until: { isBack(world, 4) }),
            "replay: make test SEED=\(seed): \(number(world, 4))")
        world.run(for: .seconds(600))
        for index in 0..<5 {
            #expect(world.value(of: "gate", on: index) == nil)
            #expect(world.value(of: "lamp", on: index) == "lit by 5", "what it wrote is kept")
        }
        #expect(world.read(0) { $0.node.isListed(Actor(raw: 5)) } == false, "its new number is")
        let again = world.set("lamp", to: "out", on: 4)
        #expect(five.settles())
        #expect(world.outcome(of: again) == .done(again))
        #expect(world.value(of: "lamp", on: 0) == "out")
    }

    @Test("who knows that it is left out says so, and writes nothing", arguments: Seed.slice(1))
    func refuses(seed: Seed) throws {
        let five = try five(seed)
        let world = five.world
        five.block(4, true)
        removeKeyApart(five)
        world.run(for: .seconds(3 * 3_600))
        // It hears of its absence from others, while the founder is off.
        world.stop(0)
        five.block(4, false)
        #expect(
            world.run(
                atMost: .seconds(1_800),
                until: { world.read(4) { $0.node.isLeftOut(Actor(raw: 5)) } == true }))
        let write = world.set("x", to: "y", on: 4)
        #expect(world.outcome(of: write) == .refused(write, .leftOut))
        try world.start(0)
        #expect(world.run(atMost: .seconds(3_600), until: { isBack(world, 4) }))
    }

    private func removeKeyApart(_ five: FiveNodes) {
        _ = five.world.set("gate", to: "open", on: 1)
        five.world.run(for: .seconds(120))
        _ = five.world.change("gate", .unset, on: 2)
    }

    // Method: power is lost in each commit in turn of one that comes back, with and without that
    // batch on flash.
    @Test("power cuts while one begins anew leave it old or new", arguments: Seed.slice(1))
    func cut(seed: Seed) throws {
        for keepsBatch in [false, true] {
            for commit in 1...4 {
                let five = try five(seed)
                let world = five.world
                five.block(4, true)
                removeKeyApart(five)
                world.run(for: .seconds(3 * 3_600))
                let platter = world.platter(of: 4)
                platter.commitsUntilCut = commit
                platter.cutKeepsBatch = keepsBatch
                five.block(4, false)
                let isCut = world.run(
                    atMost: .seconds(3_600), until: { !world.isRunning(4) })
                guard isCut else { continue }
                try world.start(4)
                #expect(
                    world.run(atMost: .seconds(3_600), until: { isBack(world, 4) }),
                    "commit \(commit), \(keepsBatch); replay: make test SEED=\(seed)")
            }
        }
    }

    // Method: its card holds again what it held before it began anew, and that is noticed.
    @Test(
        "one whose card forgets that it began anew uses no number twice", arguments: Seed.slice(2))
    func fallsBack(seed: Seed) throws {
        let five = try five(seed)
        let world = five.world
        _ = world.set("mine", to: "x", on: 4)
        #expect(five.settles())
        five.block(4, true)
        removeKeyApart(five)
        world.run(for: .seconds(3 * 3_600))
        let platter = world.platter(of: 4)
        let before = platter.records
        five.block(4, false)
        #expect(world.run(atMost: .seconds(3_600), until: { isBack(world, 4) }))
        for key in 0..<5 {
            _ = world.set("key \(key)", to: "written anew", on: 4)
            world.run(for: .seconds(20))
        }
        #expect(five.settles())
        world.stop(4)
        platter.fallBack(to: before)
        try world.start(4)
        #expect(world.run(atMost: .seconds(6 * 3_600), until: { number(world, 4) > 5 }))
        let early = world.set("early", to: "this", on: 4)
        world.run(for: .milliseconds(100))
        #expect(
            world.outcome(of: early) == .refused(early, .inDoubt),
            "until others have told what it wrote under that number")
        #expect(
            world.run(
                atMost: .seconds(6 * 3_600),
                until: { isBack(world, 4) && world.read(4) { $0.node.isInDoubt } == false }),
            "replay: make test SEED=\(seed): \(number(world, 4))")
        let write = world.set("after", to: "that", on: 4)
        #expect(five.settles())
        #expect(world.outcome(of: write) == .done(write))
        for index in 0..<5 {
            #expect(world.value(of: "after", on: index) == "that")
            #expect(world.value(of: "key 4", on: index) == "written anew")
        }
    }

    // Method: two of five are parted from the others for longer than these wait, both sides write.
    @Test(
        "a part of the mesh that was away comes back, and nothing it wrote is lost",
        arguments: Seed.slice(2))
    func parted(seed: Seed) throws {
        let five = try five(seed)
        let world = five.world
        _ = world.set("gate", to: "open", on: 1)
        #expect(five.settles())
        part(five, true)
        _ = world.change("gate", .unset, on: 1)
        _ = world.set("north", to: "4 writes", on: 3)
        _ = world.set("south", to: "5 writes", on: 4)
        world.run(for: .seconds(4 * 3_600))
        #expect(removals(world, 0) == 0)
        part(five, false)
        #expect(
            world.run(
                atMost: .seconds(2 * 3_600), until: { isBack(world, 3) && isBack(world, 4) }),
            "replay: make test SEED=\(seed)")
        for index in 0..<5 {
            #expect(world.value(of: "gate", on: index) == nil)
            #expect(world.value(of: "north", on: index) == "4 writes")
            #expect(world.value(of: "south", on: index) == "5 writes")
        }
    }

    // Method: of the two, one is destroyed before the other returns, which has all of its many writes.
    @Test("what one cannot pass on does not hold up what is its own", arguments: Seed.slice(1))
    func widowed(seed: Seed) throws {
        let five = try five(seed)
        let world = five.world
        removeKey("gate", in: five, by: 1)
        part(five, true)
        for key in 0..<30 {
            _ = world.set("key \(key)", to: "a rather long value \(key)", on: 3)
            world.run(for: .seconds(20))
        }
        _ = world.set("south", to: "5 writes", on: 4)
        world.run(for: .seconds(4 * 3_600))
        world.stop(3)
        part(five, false)
        #expect(
            world.run(atMost: .seconds(2 * 3_600), until: { isBack(world, 4) }),
            "replay: make test SEED=\(seed)")
        #expect(world.value(of: "south", on: 0) == "5 writes")
    }

    private func part(_ five: FiveNodes, _ isParted: Bool) {
        for north in 0..<3 {
            for south in 3..<5 {
                five.world.air.setBlocked(
                    isParted, between: AirNode(north), and: AirNode(south))
            }
        }
    }

    @Test("a newcomer takes nothing old from who was left out", arguments: Seed.slice(2))
    func newcomer(seed: Seed) throws {
        let world = try world(of: 6, seed)
        let five = FiveNodes(world: world)
        five.assemble()
        _ = world.set("gate", to: "open", on: 1)
        _ = world.set("door", to: "open", on: 4)
        #expect(five.settles())
        five.block(4, true)
        _ = world.set("lamp", to: "lit by 5", on: 4)
        _ = world.change("gate", .unset, on: 2)
        _ = world.change("door", .unset, on: 3)
        world.run(for: .seconds(3 * 3_600))
        #expect(removals(world, 0) == 0)
        // From here on, the newcomer hears only the one that was left out, and that one nobody else.
        try world.start(5)
        world.run(for: .seconds(5))
        let pairing = five.pair(5)
        #expect(pairing == .confirmed(Actor(raw: 6)))
        for other in 0..<4 {
            world.air.setBlocked(true, between: AirNode(5), and: AirNode(other))
        }
        world.run(for: .seconds(1_800))
        #expect(world.value(of: "gate", on: 5) == nil)
        #expect(world.value(of: "door", on: 5) == nil, "not even what is its own")
        five.block(4, false)
        for other in 0..<4 {
            world.air.setBlocked(false, between: AirNode(5), and: AirNode(other))
        }
        #expect(
            world.run(
                atMost: .seconds(3_600),
                until: { isBack(world, 4) && world.contents(5) == world.contents(0) }))
        #expect(world.value(of: "gate", on: 5) == nil)
        #expect(world.value(of: "lamp", on: 5) == "lit by 5")
    }

    private func world(of count: Int, _ seed: Seed) throws -> World {
        let positions = (0..<count).map { Position(x: Double($0) * 12, y: 0) }
        let world = World(positions: positions, channel: FiveNodes.channel, seed: seed.number) {
            $0.beaconAtRest = .seconds(30)
            $0.leaveOutAfter = .seconds(3_600)
        }
        for index in 0..<5 { try world.start(index) }
        world.run(for: .seconds(1))
        return world
    }
}
