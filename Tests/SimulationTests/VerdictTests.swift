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

/// What `lichen radio probe` says where an agent has the radio.
@Suite(.aside) struct VerdictTests {
    /// A row: what is wrong, on which chips, for how long, and what is said of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var fault: ChipFault
        var chips: [ChipModel]
        var time: Duration
        var beginning: String
        var testDescription: String { "\(fault) on \(chips.map(\.rawValue))" }

        init(
            _ fault: ChipFault, on chips: [ChipModel] = [.sx1262, .sx1276],
            for time: Duration = .seconds(100), _ beginning: String
        ) {
            self.fault = fault
            self.chips = chips
            self.time = time
            self.beginning = beginning
        }
    }

    private static let rows = [
        Row(
            .busyStuck, on: [.sx1262],
            "the radio stays busy; check the BUSY and RESET pins, and its supply"),
        Row(
            .busyStale(.milliseconds(1)), on: [.sx1262],
            "the radio missed a command; check the BUSY pin and the SPI wires, or lower the SPI "),
        Row(
            .risesLost(1_000),
            "the radio's interrupts do not arrive; check that 'interrupt-pin' is the line of its "),
        // Found by asking, and counted.
        Row(.risesLost(1), "the radio works"),
        // Nothing is lost: a timer looks at the wire's level.
        Row(.risesUnannounced(1_000), "the radio works"),
        Row(
            .bitsFlip(probability: 0.05), for: .seconds(400),
            "the radio fails now this way, now that, as it does where bytes change between "
                + "computer and radio; check and shorten the SPI wires, or lower 'spi-speed'"),
        Row(
            .busDead(high: false),
            "no radio answers; check the SPI device, the chip select and the supply"),
        Row(
            .busDead(high: true),
            "no radio answers; check the SPI device, the chip select and the supply"),
        Row(
            .brownOut,
            "the radio works, and 97 s ago it did not: the radio has restarted by itself; check its "
                + "supply"),
        Row(
            .oscillatorDead,
            "the radio's oscillator did not start (oscillator start); set 'tcxo' to the voltage"),
        Row(
            .deaf(rssi: nil), for: .seconds(400),
            "the radio has heard nothing for 6 min, though it was started again meanwhile; check "
                + "the antenna and its switch"),
        Row(
            .deaf(rssi: -75),
            "the radio's receiver hears nothing, not even noise; check the antenna and its switch"),
        Row(
            .transmitEndless,
            "a transmission did not end; check the antenna, the supply and the interrupt pin"),
        // A minute of silence, and its receiver is calibrated anew.
        Row(.gainSticks(above: -120, afterReceptions: 1), "the radio works"),
    ]

    private func pair(_ model: ChipModel) throws -> World {
        let world = World(
            positions: [Position(x: 0, y: 0), Position(x: 30, y: 0)], chips: [model, model],
            channel: FiveNodes.channel, seed: 11
        ) { $0.beaconAtRest = .seconds(30) }
        for index in 0..<2 { try world.start(index) }
        world.run(for: .seconds(1))
        _ = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        _ = world.pair(1, by: 0)
        world.run(for: .seconds(60))
        #expect(world.read(1) { $0.node.membership != nil } == true)
        return world
    }

    /// What an agent does: a look at its health, then a test frame.
    private func probe(_ world: World) -> String {
        guard world.read(1, { $0.health.fault == nil }) ?? false else {
            return world.verdict(of: 1)?.sentence ?? ""
        }
        let test = world.sendTest("lichen probe", from: 1)
        let ends = world.run(atMost: .seconds(40)) { world.outcome(of: test) != nil }
        #expect(ends, "in bounded time")
        return world.verdict(of: 1, after: world.outcome(of: test))?.sentence ?? ""
    }

    @Test("each fault is named with its remedy", arguments: rows)
    func table(row: Row) throws {
        for model in row.chips {
            let world = try pair(model)
            world.air.inject(row.fault, into: AirNode(1))
            world.run(for: row.time)
            let sentence = probe(world)
            #expect(sentence.hasPrefix(row.beginning), "\(model): \(sentence)")
        }
    }

    @Test("what is harmless is counted")
    func counters() throws {
        let world = try pair(.sx1262)
        world.air.inject(.risesLost(1), into: AirNode(1))
        world.run(for: .seconds(100))
        #expect(world.read(1) { $0.health.lostInterrupts } == 1)
        world.air.inject(.gainSticks(above: -120, afterReceptions: 1), into: AirNode(1))
        world.run(for: .seconds(200))
        #expect((world.read(1) { $0.health.recalibrations } ?? 0) > 0)
        world.air.inject(.brownOut, into: AirNode(1))
        world.run(for: .seconds(100))
        let health = try #require(world.read(1) { $0.health })
        #expect(health.count(of: .restarted) == 1)
        #expect(health.fault == nil)
        #expect(health.lastFault == .restarted, "kept after it has gone")
        #expect(health.restarts == 1)
    }
}
