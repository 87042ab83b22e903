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

    init(world: World) { self.world = world }

    init(
        seed: UInt64, keepsEvents: Bool = false, beacon: Duration = .seconds(30),
        configure: @escaping (inout NodeConfiguration) -> Void = { _ in }
    ) throws {
        let positions = [
            Position(x: 0, y: 0), Position(x: 60, y: 0), Position(x: 0, y: 60),
            Position(x: 60, y: 60), Position(x: 30, y: 90),
        ]
        world = World(positions: positions, channel: Self.channel, seed: seed) {
            $0.beaconAtRest = beacon
            configure(&$0)
        }
        world.keepsEvents = keepsEvents
        for index in 0..<5 { try world.start(index) }
        world.run(for: .seconds(1))
    }

    /// Founds a mesh on node 0 and has it admit the others.
    func assemble() {
        let founding = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        #expect(world.outcome(of: founding) == .done(founding))
        for index in 1..<5 {
            let outcome = pair(index)
            #expect(outcome == .confirmed(Actor(raw: UInt8(index + 1))))
        }
    }

    /// Has node 0 admit another, and waits for the end of it.
    func pair(_ index: Int) -> PairingProgress? {
        let pairing = world.pair(index, by: 0)
        var outcome: PairingProgress?
        _ = world.run(atMost: .seconds(60)) {
            guard case .pairing(_, let progress) = world.outcome(of: pairing) else { return false }
            switch progress {
            case .confirmed, .failed:
                outcome = progress
                return true
            case .calling, .answered, .admitted:
                return false
            }
        }
        return outcome
    }

    /// Whether all running nodes have the same state on flash.
    func agree() -> Bool {
        let roots = (0..<5).compactMap { index in world.read(index) { $0.node.root } }
        return roots.allSatisfy { $0 == roots[0] && $0 != 0 }
    }

    func settles(within limit: Duration = .seconds(180)) -> Bool {
        world.run(atMost: limit) { agree() }
    }

    /// Whether a node whose card has lost records comes to know that it has all.
    func resolvesDoubt(of index: Int, within limit: Duration = .seconds(3_600)) -> Bool {
        world.run(atMost: limit, until: { world.read(index) { $0.node.isInDoubt } == false })
    }

    func block(_ index: Int, _ isBlocked: Bool) {
        for other in 0..<5 where other != index {
            world.air.setBlocked(isBlocked, between: AirNode(index), and: AirNode(other))
        }
    }
}

extension World {
    /// All that holds on a node, by name.
    func contents(_ index: Int) -> Set<String> {
        let all =
            read(index) { station in
                (0..<station.node.replica.live.capacity).compactMap {
                    station.node.replica.live[$0]
                }
            } ?? []
        return Set(all.map { "\($0.dot) \($0.value.text)" })
    }
}
