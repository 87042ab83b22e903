import Base
import Emulation
import Simulation
import TestSupport
import Testing

@Suite(.aside) struct ReturnTests {
    // Method: the demo's last act in virtual time: five writes in quick succession while one node
    // is off, then it returns. Beacons every 5 s; all must have the same on flash within 40 s.
    @Test("one that was killed catches up soon", arguments: Seed.slice(40))
    func catchesUp(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number, beacon: .seconds(5))
        let world = five.world
        five.assemble()
        #expect(five.settles(within: .seconds(60)), "replay: make test SEED=\(seed)")
        world.cutPower(3)
        for round in 1...5 {
            _ = world.set("level", to: "\(round)", on: round % 3)
            world.run(for: .milliseconds(300))
        }
        try world.start(3)
        let settles = five.settles(within: .seconds(40))
        #expect(settles, "replay: make test SEED=\(seed)")
        #expect(world.value(of: "level", on: 3) == "5")
    }

    // Method: the demo's act before that: a node is carried out of reach, both sides write the same
    // key, and it comes back. The start is at a random moment of the beacons.
    @Test("one that was out of reach and wrote meanwhile agrees soon", arguments: Seed.slice(40))
    func reunites(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number, beacon: .seconds(5))
        let world = five.world
        five.assemble()
        #expect(five.settles(within: .seconds(60)), "replay: make test SEED=\(seed)")
        var dice = Dice(seed)
        _ = world.set("bridge", to: "open", on: 2)
        #expect(five.settles(within: .seconds(40)), "replay: make test SEED=\(seed)")
        world.run(for: dice.roll(upTo: .seconds(2)))
        let home = world.air.position(of: AirNode(4))
        world.air.move(AirNode(4), to: Position(x: 5_000, y: 0))
        _ = world.set("gate", to: "closed by 2", on: 1)
        world.run(for: .milliseconds(200))
        _ = world.set("gate", to: "closed by 5", on: 4)
        world.run(for: dice.roll(upTo: .seconds(3)))
        world.air.move(AirNode(4), to: home)
        let settles = five.settles(within: .seconds(40))
        #expect(settles, "replay: make test SEED=\(seed)")
        #expect(world.value(of: "gate", on: 0) == "closed by 5", "replay: make test SEED=\(seed)")
    }
}
