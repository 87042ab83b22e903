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

@Suite(.aside) struct FiveNodesTests {
    @Test("four join by code, and a value set on one appears on all", arguments: Seed.slice(10))
    func story(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        #expect(five.settles(), "replay: make test SEED=\(seed)")
        let write = world.set("door", to: "open", on: 2)
        #expect(
            world.run(atMost: .seconds(60)) {
                (0..<5).allSatisfy { world.value(of: "door", on: $0) == "open" }
            }, "replay: make test SEED=\(seed)")
        #expect(world.outcome(of: write) == .done(write))
        #expect(five.settles(), "replay: make test SEED=\(seed)")
    }

    @Test(
        "two that write the same key out of each other's reach agree afterwards",
        arguments: Seed.slice(10))
    func partition(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        #expect(five.settles())
        five.block(4, true)
        _ = world.set("gate", to: "north", on: 1)
        world.run(for: .seconds(5))
        _ = world.set("gate", to: "south", on: 4)
        world.run(for: .seconds(60))
        #expect(world.value(of: "gate", on: 0) == "north")
        #expect(world.value(of: "gate", on: 4) == "south")
        five.block(4, false)
        #expect(five.settles(), "replay: make test SEED=\(seed)")
        for index in 0..<5 { #expect(world.value(of: "gate", on: index) == "south") }
    }

    @Test(
        "one that lost power while others wrote comes back and catches up",
        arguments: Seed.slice(10))
    func crash(seed: Seed) throws {
        let five = try FiveNodes(seed: seed.number)
        let world = five.world
        five.assemble()
        #expect(five.settles())
        _ = world.set("pump", to: "on", on: 3)
        world.run(for: .milliseconds(50))
        world.cutPower(3)
        for round in 0..<6 {
            _ = world.set("level", to: "\(round)", on: 0)
            world.run(for: .seconds(2))
        }
        world.run(for: .seconds(30))
        try world.start(3)
        #expect(five.settles(), "replay: make test SEED=\(seed)")
        for index in 0..<5 {
            #expect(world.value(of: "level", on: index) == "5")
            #expect(world.value(of: "pump", on: index) == "on", "it was acknowledged")
        }
    }

    @Test("the same seed gives the same run, another seed another")
    func determinism() throws {
        func run(_ seed: UInt64) throws -> ([WorldEvent], UInt64) {
            let five = try FiveNodes(seed: seed, keepsEvents: true)
            five.assemble()
            _ = five.world.set("a", to: "1", on: 1)
            five.world.run(for: .seconds(120))
            return (five.world.events, five.world.fingerprint)
        }
        let first = try run(7)
        let second = try run(7)
        #expect(first.0 == second.0)
        #expect(first.1 == second.1)
        #expect(try run(8).1 != first.1)
        #expect(first.0.count > 100)
    }

    @Test("a mesh of strangers on the same channel is neither heard nor hears")
    func strangers() throws {
        let five = try FiveNodes(seed: 3)
        let world = five.world
        _ = world.found("one", on: 0)
        _ = world.found("two", on: 1)
        world.run(for: .seconds(1))
        _ = world.set("key", to: "of one", on: 0)
        world.run(for: .seconds(120))
        #expect(world.value(of: "key", on: 1) == nil)
        #expect((world.read(1) { $0.node.statistics.foreign } ?? 0) > 0)
        #expect(world.read(1) { $0.node.statistics.framesHeard } == 0)
    }

    @Test(
        "a node may be stopped at any moment, before its radio has started too",
        arguments: [0, 10, 49, 50, 51, 60, 1_000])
    func stop(milliseconds: Int) throws {
        let world = World(positions: [Position(x: 0, y: 0)], channel: FiveNodes.channel, seed: 2)
        try world.start(0)
        world.run(for: .milliseconds(milliseconds))
        world.stop(0)
        #expect(!world.isRunning(0))
    }

    @Test("an hour of others' news is on flash in as many flushes as there are beacons")
    func newsFlushes() throws {
        let five = try FiveNodes(seed: 3, beacon: .seconds(150))
        five.assemble()
        #expect(five.settles())
        five.world.run(for: .seconds(300))
        let before = try #require(five.world.read(2) { $0.node.statistics })
        for round in 0..<360 {
            _ = five.world.set("key \(round % 40)", to: "\(round)", on: 0)
            five.world.run(for: .seconds(10))
        }
        let after = try #require(five.world.read(2) { $0.node.statistics })
        #expect(after.operationsLearned - before.operationsLearned >= 350)
        // Beacons are 75 s apart at least; what repairs a lost frame begins with shorter pauses.
        #expect(after.flushes - before.flushes <= 100, "\(after.flushes - before.flushes)")
        #expect(five.settles())
    }

    @Test("when all is settled, only beacons are on the air")
    func quiet() throws {
        let five = try FiveNodes(seed: 5)
        five.assemble()
        #expect(five.settles())
        five.world.run(for: .seconds(300))
        five.world.keepsEvents = true
        five.world.run(for: .seconds(600))
        var sizes: [Int: Int] = [:]
        for case .air(let record) in five.world.events {
            if case .started(_, let size, _) = record.kind { sizes[size, default: 0] += 1 }
        }
        #expect(sizes.keys.sorted() == [17, 21], "header 5, root 4, tag 8, state 4: \(sizes)")
        // 30 s at most between beacons of a node, 15 s at least; each sixteenth tells its state.
        #expect((100...200).contains(sizes[17] ?? 0))
        #expect((3...12).contains(sizes[21] ?? 0))
    }
}
