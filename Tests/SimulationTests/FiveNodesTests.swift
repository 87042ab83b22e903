import Base
import CRDT
import Emulation
import LoRa
import Mesh
import Node
import Simulation
import Station
import Testing

/// Five nodes within reach of each other, at a fast spreading factor.
struct FiveNodes {
    static let channel = Channel(
        frequency: 869_525_000, modulation: Modulation(.sf7, .khz125), power: 14)

    let world: World

    init(seed: UInt64) throws {
        let positions = [
            Position(x: 0, y: 0), Position(x: 60, y: 0), Position(x: 0, y: 60),
            Position(x: 60, y: 60), Position(x: 30, y: 90),
        ]
        world = World(positions: positions, channel: Self.channel, seed: seed) {
            $0.beaconAtRest = .seconds(30)
        }
        for index in 0..<5 { try world.start(index) }
        world.run(for: .seconds(1))
    }

    /// Founds a mesh on node 0 and has it admit the others.
    func assemble() {
        let founding = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        #expect(world.outcome(of: founding) == .done(founding))
        for index in 1..<5 {
            let pairing = world.pair(index, by: 0)
            let isOver = world.run(atMost: .seconds(60)) {
                switch world.outcome(of: pairing) {
                case .pairing(_, .confirmed), .pairing(_, .failed): true
                default: false
                }
            }
            #expect(isOver)
            #expect(
                world.outcome(of: pairing)
                    == .pairing(pairing, .confirmed(Actor(raw: UInt8(index + 1)))))
        }
    }

    func agree() -> Bool {
        let roots = (0..<5).compactMap { index in world.read(index) { $0.node.root } }
        return roots.count == 5 && roots.allSatisfy { $0 == roots[0] && $0 != 0 }
    }
}

@Suite struct FiveNodesTests {
    @Test("four join by code, and a value set on one appears on all")
    func story() throws {
        let five = try FiveNodes(seed: 1)
        let world = five.world
        five.assemble()
        #expect(world.run(atMost: .seconds(120)) { five.agree() })
        let write = world.set("door", to: "open", on: 2)
        #expect(
            world.run(atMost: .seconds(60)) {
                (0..<5).allSatisfy { world.value(of: "door", on: $0) == "open" }
            })
        #expect(world.outcome(of: write) == .done(write))
        #expect(world.run(atMost: .seconds(120)) { five.agree() })
    }
}
