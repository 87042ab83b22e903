import Base
import Emulation
import LoRa
import Node
import Simulation
import TestSupport
import Testing

/// What a region asks of nodes, seen from the air.
@Suite(.aside) struct RegionLawTests {
    /// Two nodes of a mesh in a region.
    private func mesh(_ name: String, _ modulation: Modulation) throws -> World {
        let region = try Region(named: name)
        let world = World(
            positions: [Position(x: 0, y: 0), Position(x: 20, y: 0)],
            channel: Channel(
                frequency: region.defaultFrequency, modulation: modulation, power: 10),
            region: region, seed: 1
        ) {
            $0.beaconAtRest = .seconds(10)
        }
        world.keepsEvents = true
        for index in 0..<2 { try world.start(index) }
        world.run(for: .seconds(1))
        _ = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        _ = world.pair(1, by: 0)
        #expect(world.run(atMost: .seconds(120)) { world.read(1) { $0.node.membership != nil }! })
        return world
    }

    /// Times on air of the frames that began since the events were last taken.
    private func frames(in world: World) -> [Duration] {
        defer { world.events = [] }
        return world.events.compactMap { event in
            guard case .air(let record) = event, case .started(_, _, let time) = record.kind else {
                return nil
            }
            return time
        }
    }

    @Test("where a frame may last 400 ms, none lasts longer, however much there is to say")
    func dwell() throws {
        let world = try mesh("AS923-1", Modulation(.sf9, .khz500))
        for number in 0..<40 {
            _ = world.set("key-\(number)", to: String(repeating: "x", count: 90), on: 0)
        }
        world.run(for: .seconds(600))
        #expect(world.value(of: "key-39", on: 1) != nil)
        let frames = frames(in: world)
        #expect(frames.count > 40)
        #expect(frames.allSatisfy { $0 <= .milliseconds(400) })
        #expect(frames.contains { $0 > .milliseconds(200) }, "frames as long as they may be")
    }

    // Method: something that is no LoRa and louder than the law's threshold, for a minute.
    @Test("where the law says listen before talk, nobody talks over a loud stranger")
    func listenBeforeTalk() throws {
        for (name, mustWait) in [("KR920", true), ("EU868", false)] {
            let world = try mesh(name, Modulation(.sf7, .khz125))
            world.run(for: .seconds(30))
            #expect(!frames(in: world).isEmpty)
            let frequency = try Region(named: name).defaultFrequency
            world.air.add(
                Interferer(
                    at: Position(x: 10, y: 5), frequencies: frequency - 50_000...frequency + 50_000,
                    power: 60, on: .seconds(100), off: .seconds(3_600)))
            _ = world.set("lamp", to: "on", on: 0)
            world.run(for: .seconds(40))
            #expect(frames(in: world).isEmpty == mustWait)
            world.run(for: .seconds(90))
            #expect(!frames(in: world).isEmpty)
            #expect(world.value(of: "lamp", on: 1) == "on")
        }
    }
}
