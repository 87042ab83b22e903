import Base
import CRDT
import Reconcile
import Testing
import TestSupport

/// A replica that some random authors wrote to, on few keys, so that much is superseded.
private func makeReplica(
    _ dice: inout Dice, writes: Int, operations: inout [Operation]
) -> Replica {
    var replica = Replica(capacity: 64)
    var sequences: [UInt8: UInt32] = [:]
    for time in 0..<writes {
        let actor = UInt8(dice.roll(1..<6))
        sequences[actor, default: 0] += 1
        let value = Value(String(repeating: "v", count: dice.roll(0..<40)))!
        let operation: Operation
        do {
            operation = try replica.operation(
                Dot(Actor(raw: actor), sequences[actor]!), .set(value),
                of: KeyName(.shared, Key("key \(dice.roll(0..<12))")!),
                at: Stamp(raw: UInt32(time / 3)))
        } catch {
            preconditionFailure(error.sentence)
        }
        _ = replica.merge(operation)
        operations.append(operation)
    }
    replica.flushed()
    return replica
}

@Suite(.aside) struct RepairTests {
    // Method: a node that has some prefix of each author's operations tells its heads; the other
    // answers frame by frame until nothing is owed.
    @Test(
        "heads and live runs bring any node up to date, superseded values left out",
        arguments: Seed.slice(100))
    func repair(seed: Seed) throws {
        var dice = Dice(seed)
        var operations: [Operation] = []
        let full = makeReplica(
            &dice, writes: dice.roll(1..<120), operations: &operations)
        var behind = Replica(capacity: 64)
        var cut: [UInt8: UInt32] = [:]
        for raw in UInt8(1)..<6 { cut[raw] = UInt32(dice.roll(0..<30)) }
        for operation in operations where operation.dot.sequence <= cut[operation.dot.actor.raw]! {
            _ = behind.merge(operation)
        }
        behind.flushed()

        var page = ShortBytes<255>()
        let next = page.fill {
            HeadsPage.write(behind.durable, from: 0, limit: 200, to: &$0)
        }
        #expect(next == 0, "all heads fit one page")
        var debts = Debts()
        let difference = try HeadsPage.read(page.span, against: full, debts: &debts)
        #expect(!difference.iLack)

        var frames = 0
        while !debts.isEmpty, frames < 100 {
            frames += 1
            var frame = ShortBytes<255>()
            _ = frame.fill { LiveRuns.write(&debts, of: full, limit: 183, to: &$0) }
            #expect(frame.count <= 183)
            var runs = LiveRunReader(frame.span)
            while let item = try runs.nextItem() {
                switch item {
                case .operation(let operation): _ = behind.merge(operation)
                case .superseded(let actor, let run):
                    _ = behind.skip(actor, from: run.lowerBound, to: run.upperBound)
                case .end: break
                }
            }
        }
        let roots = HeadsRoot(hash: PlainHash())
        #expect(
            roots.root(of: behind.received) == roots.root(of: full.received),
            "replay: make test SEED=\(seed)")
        for index in 0..<full.live.capacity {
            guard let operation = full.live[index] else { continue }
            let here = behind.live.index(of: operation.dot)
            #expect(here.map { behind.live[$0] } == operation)
        }
        #expect(behind.live.count == full.live.count)
        if difference.peerLacks {
            #expect(frames > 0)
        } else {
            #expect(frames == 0)
        }
    }

    @Test("any bytes are heads, runs, or a named error", arguments: Seed.slice(10))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        var operations: [Operation] = []
        let replica = makeReplica(&dice, writes: 20, operations: &operations)
        for _ in 0..<100 {
            let bytes = (0..<dice.roll(0..<220)).map { _ in UInt8(dice.roll(0..<256)) }
            var debts = Debts()
            _ = try? HeadsPage.read(bytes.span, against: replica, debts: &debts)
            var runs = LiveRunReader(bytes.span)
            var items = 0
            while let _ = try? runs.nextItem(), items < 1_000 { items += 1 }
            #expect(items < 1_000, "a frame of 220 bytes has an end")
        }
    }

    @Test("heads that do not fit one page are told in the next ones", arguments: Seed.slice(20))
    func pages(seed: Seed) throws {
        var dice = Dice(seed)
        var vector = VersionVector()
        for raw in 1..<255 {
            vector.raise(Actor(raw: UInt8(raw)), to: UInt32(dice.roll(1..<5_000)))
        }
        var other = Replica(capacity: 4)
        for raw in 1..<255 {
            _ = other.skip(
                Actor(raw: UInt8(raw)), from: 1, to: vector.head(of: Actor(raw: UInt8(raw))))
        }
        other.flushed()
        var first: UInt8 = 0
        var pages = 0
        repeat {
            var page = ShortBytes<255>()
            first = page.fill { HeadsPage.write(vector, from: first, limit: 100, to: &$0) }
            #expect(page.count <= 100)
            var debts = Debts()
            let difference = try HeadsPage.read(page.span, against: other, debts: &debts)
            #expect(difference == HeadsPage.Difference())
            pages += 1
        } while first != 0 && pages < 50
        #expect(first == 0 && pages > 5)
    }
}

@Suite(.aside) struct DebtsTests {
    @Test("others' copies pay a debt, one's own never")
    func copies() {
        var debts = Debts()
        let (a, own) = (Actor(raw: 1), Actor(raw: 2))
        debts.owe(a, above: 4, copies: 2)
        debts.owe(own, above: 0, copies: 255)
        debts.heard(a, 5...9, of: 9)
        #expect(debts.head(owedBy: a) == 4)
        debts.heard(a, 5...9, of: 9)
        #expect(debts.head(owedBy: a) == nil)
        for _ in 0..<300 { debts.heard(own, 1...1, of: 1) }
        #expect(debts.head(owedBy: own) == 0)
        debts.said(own, upTo: 1, of: 1)
        #expect(debts.next(from: 0) == nil)
    }

    @Test("a copy of a part, or of something later, leaves the rest owed")
    func parts() {
        var debts = Debts()
        let a = Actor(raw: 1)
        debts.owe(a, above: 4, copies: 1)
        debts.heard(a, 7...9, of: 9)
        #expect(debts.head(owedBy: a) == 4)
        debts.heard(a, 3...6, of: 9)
        #expect(debts.head(owedBy: a) == 6)
    }
}
