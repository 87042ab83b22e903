import Base
import CRDT
import Emulation
import LoRa
import Mesh
import Node
import Station

/// What may befall a radio in a trial.
public enum RadioTrouble: CaseIterable, Sendable {
    case busyStuck, busyStale, interruptLost, interruptUnannounced, bitsFlip, busLow, busHigh
    case brownOut, oscillatorDead, deaf, frozen, endlessTransmission, gainSticks

    /// As the emulated chip knows it.
    func fault(_ dice: inout Dice) -> ChipFault {
        switch self {
        case .busyStuck: .busyStuck
        case .busyStale: .busyStale(.microseconds(dice.roll(1..<400)))
        case .interruptLost: .risesLost(dice.roll(1..<4))
        case .interruptUnannounced: .risesUnannounced(dice.roll(1..<4))
        case .bitsFlip: .bitsFlip(probability: Double(dice.roll(1..<50)) / 1_000)
        case .busLow: .busDead(high: false)
        case .busHigh: .busDead(high: true)
        case .brownOut: .brownOut
        case .oscillatorDead: .oscillatorDead
        case .deaf: .deaf(rssi: nil)
        case .frozen: .deaf(rssi: -75)
        case .endlessTransmission: .transmitEndless
        case .gainSticks: .gainSticks(above: -120, afterReceptions: 1)
        }
    }

    /// Whether its cause ends with the moment, so that recovery is counted from there.
    var isMomentary: Bool {
        switch self {
        case .brownOut, .interruptLost, .interruptUnannounced, .gainSticks: true
        case .busyStuck, .busyStale, .bitsFlip, .busLow, .busHigh, .oscillatorDead, .deaf,
            .frozen, .endlessTransmission:
            false
        }
    }
}

/// Two nodes of one mesh, and one radio that every trouble befalls, one after the other, at random
/// moments and for random times. Afterwards it must send and receive again, and what was to be sent
/// meanwhile must have arrived.
public struct RadioTrial: ~Copyable {
    /// What a trial has shown.
    public struct Outcome: Sendable {
        /// Troubles after which the node did not send or did not receive again.
        public var unrecovered: [RadioTrouble] = []
        /// Troubles during which something was to be sent that never arrived.
        public var lostWrites = 0
        /// For each trouble, time from its end until the radio worked.
        public var recoveries: [(RadioTrouble, Duration)] = []
        /// How often there was a fault of each kind, by `ModemFault.Kind`.
        public var faults = [Int](repeating: 0, count: ModemFault.Kind.allCases.count)
        /// Interrupts found by asking.
        public var lostInterrupts = 0
    }

    private let world: World
    private var dice: Dice
    private var writes = 0
    private var outcome = Outcome()

    /// Time that a node has to be as before.
    private var patience: Duration { .seconds(900) }

    /// Runs a trial with chips of the model.
    public static func run(_ model: ChipModel, seed: UInt64) -> Outcome {
        var trial = RadioTrial(model, seed: seed)
        trial.run()
        return trial.outcome
    }

    private init(_ model: ChipModel, seed: UInt64) {
        dice = Dice(seed: seed)
        let channel = Channel(
            frequency: 869_525_000, modulation: Modulation(.sf7, .khz125), power: 14)
        world = World(
            positions: [Position(x: 0, y: 0), Position(x: 30, y: 0)], chips: [model, model],
            channel: channel, seed: seed
        ) {
            $0.beaconAtRest = .seconds(30)
        }
    }

    private mutating func run() {
        for index in 0..<2 {
            guard (try? world.start(index)) != nil else { preconditionFailure("a fresh disk") }
        }
        world.run(for: .seconds(1))
        _ = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        _ = world.pair(1, by: 0)
        guard arrives(from: 0), arrives(from: 1) else { preconditionFailure("no mesh to try") }
        var troubles = RadioTrouble.allCases
        for index in troubles.indices.dropLast() {
            troubles.swapAt(index, dice.roll(index..<troubles.count))
        }
        for trouble in troubles { suffer(trouble) }
        guard let health = world.read(1, { $0.health }) else { return }
        for kind in ModemFault.Kind.allCases {
            outcome.faults[kind.rawValue] = health.count(of: kind)
        }
        outcome.lostInterrupts = health.lostInterrupts
    }

    private mutating func suffer(_ trouble: RadioTrouble) {
        world.run(for: dice.roll(upTo: .seconds(40)))
        let node = AirNode(1)
        var marks = [write(on: 1), write(on: 0)]
        world.run(for: dice.roll(upTo: .milliseconds(500)))
        var restarts = self.restarts
        world.air.inject(trouble.fault(&dice), into: node)
        var end = world.now
        world.run(for: dice.roll(upTo: .seconds(90)))
        marks.append(write(on: 1))
        world.run(for: dice.roll(upTo: .seconds(5)))
        world.air.clearFaults(of: node)
        if !trouble.isMomentary {
            end = world.now
            restarts = self.restarts
        }
        let isBack = arrives(from: 1) && arrives(from: 0)
        let isComplete = has(marks)
        if !isBack { outcome.unrecovered.append(trouble) }
        outcome.recoveries.append((trouble, recovery(since: end, restarts: restarts)))
        if !isComplete { outcome.lostWrites += 1 }
    }

    private var restarts: Int { world.read(1) { $0.health.restarts } ?? 0 }

    /// From the trouble's end to the first moment from which on the radio worked.
    private func recovery(since end: Instant, restarts: Int) -> Duration {
        guard let health = world.read(1, { $0.health }), health.restarts > restarts,
            let recovered = health.recoveredAt
        else { return .zero }
        // The node's clock began with the world's.
        return max(.zero, recovered - end)
    }

    /// A write on one node that the other is to learn of.
    private struct Mark {
        var key: String
        var text: String
        var from: Int
    }

    private mutating func write(on index: Int) -> Mark {
        writes += 1
        let mark = Mark(key: "key-\(writes)", text: "\(writes)", from: index)
        _ = world.set(mark.key, to: mark.text, on: index)
        return mark
    }

    /// Whether a write on one node comes to the other.
    private mutating func arrives(from index: Int) -> Bool { has([write(on: index)]) }

    /// Whether all these come to the other node in time.
    private func has(_ marks: [Mark]) -> Bool {
        let world = world
        return world.run(atMost: patience) {
            marks.allSatisfy { mark in
                world.value(of: mark.key, on: 1 - mark.from) == mark.text
            }
        }
    }
}
