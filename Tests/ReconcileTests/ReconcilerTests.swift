import Base
import CRDT
import TestSupport
import Testing

@testable import Reconcile

/// A reconciler with its effects, and the replica that it speaks of.
private final class Machine {
    static let slot = Duration.milliseconds(10)
    static let frame = Duration.milliseconds(300)

    var reconciler: Reconciler<PlainHash>
    var replica = Replica(capacity: 400)
    var effects = Effects<Reconciler<PlainHash>.Effect>(capacity: 64)
    var wakes: [Instant] = []
    var now = Instant.start

    init(_ raw: UInt8, operations: [Operation]) {
        let roots = HeadsRoot(hash: PlainHash())
        reconciler = Reconciler(
            roots: roots, slot: Self.slot, frame: Self.frame, settling: .zero,
            dice: Dice(seed: UInt64(raw)))
        reconciler.enter(own: Actor(raw: raw), roots: roots, of: replica)
        take(operations)
    }

    func take(_ operations: [Operation]) {
        for operation in operations {
            reconciler.keep(operation)
            _ = replica.merge(operation)
        }
        replica.flushed()
        reconciler.advance(received: replica.received, durable: replica.durable)
    }

    /// Lets its own wakes ring until it wants to send something.
    func run(for limit: Duration) -> Reconciler<PlainHash>.Intent? {
        let end = now + limit
        while true {
            while let effect = effects.popFirst() {
                switch effect {
                case .send(let intent): return intent
                case .wake(let time): wakes.append(time)
                }
            }
            guard let next = wakes.min(), next <= end else {
                now = end
                return nil
            }
            wakes.removeAll { $0 <= next }
            now = max(now, next)
            reconciler.timer(at: now, into: &effects)
        }
    }

    func frame(_ intent: Reconciler<PlainHash>.Intent, counter: UInt32) -> [UInt8]? {
        var bytes = ShortBytes<255>()
        let hasContent = bytes.fill { out in
            reconciler.write(intent, frame: counter, of: replica, limit: 183, to: &out)
        }
        return hasContent ? [UInt8](bytes.span) : nil
    }

    func hear(root: UInt32, from raw: UInt8) {
        reconciler.heard(root: root, from: Actor(raw: raw), at: now, into: &effects)
    }

    func hearCells(_ bytes: [UInt8], root: UInt32, from raw: UInt8, counter: UInt32) -> Int {
        (try? reconciler.heardCells(
            bytes.span, root: root, from: Actor(raw: raw), frame: counter, at: now,
            into: &effects)) ?? 0
    }
}

private func write(_ author: UInt8, _ sequence: UInt32, size: Int = 10) -> Operation {
    let name = KeyName(.shared, Key("k\(author)\(sequence % 5)")!)
    return Operation(
        Dot(Actor(raw: author), sequence), .report, .literal(name),
        Stamp(raw: 1_000 + sequence), value: Value([UInt8](repeating: author, count: size))!)!
}

private let all = (1...UInt8(20)).flatMap { author in
    (1...UInt32(9)).map { write(author, $0) }
}

private func without(_ missing: [Dot]) -> [Operation] {
    all.filter { !missing.contains($0.dot) }
}

private func last(_ authors: ClosedRange<UInt8>) -> [Dot] {
    authors.map { Dot(Actor(raw: $0), 9) }
}

@Suite(.aside) struct ReconcilerTests {
    @Test("a strange root leads to a question, and questions end after four rounds")
    func rounds() throws {
        let machine = Machine(7, operations: all)
        machine.hear(root: 0xDEAD_BEEF, from: 3)
        var questions = 0
        while let intent = machine.run(for: .seconds(60)), questions < 10 {
            #expect(intent == .heads)
            #expect(machine.frame(.heads, counter: 1)?.count == 9)
            questions += 1
            machine.reconciler.sent(intent, at: machine.now, into: &machine.effects)
        }
        #expect(questions == 4)
        machine.hear(root: 0xDEAD_BEEF, from: 3)
        #expect(machine.run(for: .seconds(60)) == .heads)
    }

    // A state without room is never like the others': that must not keep the channel busy.
    @Test("what comes to nothing is tried ever more rarely, until something comes in")
    func fruitless() {
        let machine = Machine(7, operations: without(last(5...5)))
        var questions = 0
        for _ in 0..<60 {
            machine.hear(root: 0xDEAD_BEEF, from: 3)
            let end = machine.now + .seconds(120)
            while machine.now < end, let intent = machine.run(for: end - machine.now) {
                questions += 1
                _ = machine.frame(intent, counter: 1)
                machine.reconciler.sent(intent, at: machine.now, into: &machine.effects)
            }
        }
        #expect(questions >= 16 && questions < 120)
        machine.take([write(5, 9)])
        machine.hear(root: 0xDEAD_BEEF, from: 3)
        #expect(machine.run(for: .seconds(10)) == .heads)
    }

    @Test("what a root alone tells is asked for by count, and answered by one cell for each")
    func need() throws {
        let hub = Machine(1, operations: all)
        let machine = Machine(2, operations: without(last(5...6)))
        hub.reconciler.saidRoot()
        machine.hear(root: hub.reconciler.root, from: 1)
        #expect(machine.run(for: .seconds(10)) == .need)
        let need = try #require(machine.frame(.need, counter: 1))
        #expect(need.count == 4 && need[3] == 2)
        try hub.reconciler.heardNeed(
            need.span, from: Actor(raw: 2), at: hub.now, into: &hub.effects)
        #expect(hub.run(for: .seconds(10)) == .cells)
        let cells = try #require(hub.frame(.cells, counter: 9))
        let repaired = machine.hearCells(cells, root: hub.reconciler.root, from: 1, counter: 9)
        #expect(repaired == 2)
        let operations = try (0..<repaired).map { try machine.reconciler.repaired($0) }
        machine.reconciler.repairIsTaken()
        machine.take(operations)
        #expect(machine.reconciler.root == hub.reconciler.root)
    }

    @Test("heads that a sketch tells are answered with cells and a sketch")
    func heads() throws {
        let hub = Machine(1, operations: all)
        let machine = Machine(2, operations: without(last(5...12)))
        hub.reconciler.saidRoot()
        machine.hear(root: hub.reconciler.root, from: 1)
        #expect(machine.run(for: .seconds(10)) == .heads)
        let heads = try #require(machine.frame(.heads, counter: 1))
        try hub.reconciler.heardHeads(
            heads.span, root: machine.reconciler.root, from: Actor(raw: 2), at: hub.now,
            into: &hub.effects)
        #expect(hub.run(for: .seconds(10)) == .cells)
        let cells = try #require(hub.frame(.cells, counter: 9))
        #expect(machine.hearCells(cells, root: hub.reconciler.root, from: 1, counter: 9) == 8)
    }

    @Test("who hears that another asks for as much keeps silent, who lacks more does not")
    func suppression() throws {
        let missing = last(5...6)
        for (count, isSilent) in [(1, false), (2, true), (3, true)] {
            let machine = Machine(2, operations: without(missing))
            let hub = Machine(1, operations: all)
            machine.hear(root: hub.reconciler.root, from: 1)
            var need = ShortBytes<4>()
            need.fill { out in
                NeedMessage(root: hub.reconciler.root, window: 1, count: count).write(to: &out)
            }
            try machine.reconciler.heardNeed(
                need.span, from: Actor(raw: 3), at: machine.now, into: &machine.effects)
            let intent = machine.run(for: .seconds(1))
            #expect((intent == nil) == isSilent, "\(count)")
        }
        let machine = Machine(2, operations: without(last(5...12)))
        let hub = Machine(1, operations: all)
        machine.hear(root: hub.reconciler.root, from: 1)
        try machine.reconciler.heardHeads(
            [UInt8](repeating: 7, count: 9).span, root: 99, from: Actor(raw: 3), at: machine.now,
            into: &machine.effects)
        #expect(machine.run(for: .milliseconds(500)) == nil)
    }

    @Test(
        "a node of the same root answers where the one that was to does not, and else keeps silent")
    func backup() throws {
        for isAnswered in [false, true] {
            let backup = Machine(2, operations: all)
            backup.hear(root: backup.reconciler.root, from: 1)
            var need = ShortBytes<4>()
            need.fill { out in
                NeedMessage(root: backup.reconciler.root, window: 1, count: 2).write(to: &out)
            }
            try backup.reconciler.heardNeed(
                need.span, from: Actor(raw: 3), at: backup.now, into: &backup.effects)
            #expect(backup.run(for: Machine.slot * 17) == nil)
            if isAnswered {
                var cells = ShortBytes<64>()
                cells.fill { out in CellsHeader(window: 1).write(to: &out) }
                _ = backup.hearCells(
                    [UInt8](cells.span), root: backup.reconciler.root, from: 1, counter: 4)
            }
            #expect(backup.run(for: .seconds(10)) == (isAnswered ? nil : .cells))
        }
    }

    @Test("what a neighbour lacks is said by name, once")
    func push() throws {
        let machine = Machine(2, operations: all)
        let late = Machine(3, operations: without(last(8...8)))
        machine.hear(root: late.reconciler.root, from: 3)
        machine.hear(root: late.reconciler.root, from: 3)
        #expect(machine.run(for: .seconds(1)) == .operations)
        #expect(machine.now - .start <= Machine.slot * 8)
        let frame = try #require(machine.frame(.operations, counter: 1))
        var runs = LiveRunReader(frame.span)
        guard case .operation(let operation) = try runs.nextItem() else {
            Issue.record("an operation is said")
            return
        }
        #expect(operation == write(8, 9))
        machine.reconciler.sent(.operations, at: machine.now, into: &machine.effects)
        #expect(machine.run(for: .seconds(60)) == nil)
    }

    // Method: two nodes of the same heads, each without some of what the other holds.
    @Test("one question by slots makes both whole: what the other lacked is told in return")
    func slotsBothWays() throws {
        func machine(_ raw: UInt8, lacking lost: [Dot]) -> Machine {
            let machine = Machine(raw, operations: without(lost))
            for dot in lost {
                _ = machine.replica.skip(dot.actor, from: dot.sequence, to: dot.sequence)
            }
            machine.take([])
            return machine
        }
        func tell(_ bytes: [UInt8], to machine: Machine) throws {
            var runs = LiveRunReader(try Reconciler<PlainHash>.runs(ofValues: bytes.span))
            while let item = try runs.nextItem() {
                guard case .operation(let operation) = item else { continue }
                _ = machine.replica.reinstate(operation)
            }
            machine.take([])
            _ = try machine.reconciler.heardValues(
                bytes.span, from: Actor(raw: 9), of: machine.replica, at: machine.now,
                into: &machine.effects)
        }
        let asker = machine(1, lacking: last(5...6))
        let other = machine(2, lacking: last(9...11))
        #expect(asker.reconciler.root == other.reconciler.root)
        asker.reconciler.inquireState(at: asker.now, into: &asker.effects)
        #expect(asker.run(for: .seconds(10)) == .slots)
        let slots = try #require(asker.frame(.slots, counter: 1))
        asker.reconciler.sent(.slots, at: asker.now, into: &asker.effects)
        try other.reconciler.heardSlots(
            slots.span, of: other.replica, at: other.now, into: &other.effects)
        #expect(other.run(for: .seconds(10)) == .values)
        try tell(try #require(other.frame(.values, counter: 1)), to: asker)
        other.reconciler.sent(.values, at: other.now, into: &other.effects)
        #expect(asker.run(for: .seconds(1)) == .values)
        try tell(try #require(asker.frame(.values, counter: 2)), to: other)
        for machine in [asker, other] {
            let isWhole = (last(5...6) + last(9...11)).allSatisfy {
                machine.replica.live.index(of: $0) != nil
            }
            #expect(isWhole)
        }
        let state = asker.reconciler.state(of: asker.replica)
        let isEqual = state == other.reconciler.state(of: other.replica)
        #expect(isEqual)
    }

    // What a card has lost looks superseded here: whoever believed that would lose it, too.
    // Of who was left out, others take only what is its own.
    @Test(
        "who is not sure of what it has answers nobody, pushes nothing, and asks nevertheless",
        arguments: [Reconciler<PlainHash>.Telling.all, .own, .nothing])
    func mute(tells: Reconciler<PlainHash>.Telling) throws {
        let isMute = tells != .all
        let late = Machine(3, operations: without(last(5...12)))
        func machine() -> Machine {
            let machine = Machine(1, operations: all)
            machine.reconciler.tells = tells
            machine.reconciler.saidRoot()
            return machine
        }
        let asked = machine()
        late.hear(root: asked.reconciler.root, from: 1)
        #expect(late.run(for: .seconds(10)) == .heads)
        let heads = try #require(late.frame(.heads, counter: 1))
        try asked.reconciler.heardHeads(
            heads.span, root: late.reconciler.root, from: Actor(raw: 3), at: asked.now,
            into: &asked.effects)
        #expect(asked.run(for: .seconds(10)) == (isMute ? nil : .cells))

        let needed = machine()
        var need = ShortBytes<4>()
        need.fill {
            NeedMessage(root: needed.reconciler.root, window: 1, count: 2).write(to: &$0)
        }
        try needed.reconciler.heardNeed(
            need.span, from: Actor(raw: 3), at: needed.now, into: &needed.effects)
        #expect(needed.run(for: .seconds(10)) == (isMute ? nil : .cells))

        let pushing = machine()
        let near = Machine(3, operations: without(last(8...8)))
        pushing.hear(root: near.reconciler.root, from: 3)
        #expect(pushing.run(for: .seconds(10)) == (tells == .nothing ? nil : .operations))
        if tells == .own {
            #expect(pushing.frame(.operations, counter: 1) == nil, "what is owed is another's")
        }

        let compared = machine()
        let other = Machine(3, operations: all)
        other.reconciler.inquireState(at: other.now, into: &other.effects)
        #expect(other.run(for: .seconds(10)) == .slots)
        let slots = try #require(other.frame(.slots, counter: 1))
        try compared.reconciler.heardSlots(
            slots.span, of: compared.replica, at: compared.now, into: &compared.effects)
        #expect(compared.run(for: .seconds(10)) == (isMute ? nil : .values))

        let asking = machine()
        asking.hear(root: 0xDEAD_BEEF, from: 3)
        #expect(asking.run(for: .seconds(10)) == .heads)
    }

    @Test("any bytes are frames, or a named error", arguments: Seed.slice(20))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        let machine = Machine(2, operations: without(last(5...12)))
        let hub = Machine(1, operations: all)
        machine.hear(root: hub.reconciler.root, from: 1)
        for _ in 0..<40 {
            let bytes = (0..<dice.roll(0..<190)).map { _ in UInt8(dice.roll(0..<256)) }
            let root = dice.roll(0..<2) == 0 ? hub.reconciler.root : UInt32(dice.roll(0..<9))
            let actor = Actor(raw: UInt8(dice.roll(1..<256)))
            let now = machine.now
            switch dice.roll(0..<7) {
            case 0:
                try? machine.reconciler.heardHeads(
                    bytes.span, root: root, from: actor, at: now, into: &machine.effects)
            case 1:
                try? machine.reconciler.heardNeed(
                    bytes.span, from: actor, at: now, into: &machine.effects)
            case 2:
                let count = machine.hearCells(
                    bytes, root: root, from: actor.raw, counter: UInt32(dice.roll(0..<9)))
                #expect(count == 0, "replay: make test SEED=\(seed)")
            case 3:
                try? machine.reconciler.heardSlots(
                    bytes.span, of: machine.replica, at: now, into: &machine.effects)
            case 4:
                machine.reconciler.inquireState(at: now, into: &machine.effects)
            case 5:
                _ = try? machine.reconciler.heardValues(
                    bytes.span, from: Actor(raw: UInt8(dice.roll(1..<5))), of: machine.replica,
                    at: now, into: &machine.effects)
            default:
                try? machine.reconciler.heardPage(
                    bytes.span, against: machine.replica, at: now, into: &machine.effects)
            }
            if let intent = machine.run(for: .milliseconds(50)) {
                _ = machine.frame(intent, counter: 1)
            }
        }
    }
}
