import Base
import Emulation
import Simulation
import TestSupport
import Testing

@Suite struct ReturnTests {
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
}
