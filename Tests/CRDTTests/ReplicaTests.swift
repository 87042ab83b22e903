import Base
import CRDT
import Testing
import TestSupport

/// Operations of a few actors on a few keys, as their authors would have made them.
private func history(_ dice: inout Dice) -> [Operation] {
    var operations: [Operation] = []
    var sequences: [UInt8: UInt32] = [:]
    for _ in 0..<dice.roll(1..<60) {
        let actor = UInt8(dice.roll(1..<5))
        sequences[actor, default: 0] += 1
        operations.append(
            Operation(
                dot: Dot(Actor(raw: actor), sequences[actor]!),
                time: HybridTime(
                    milliseconds: 1_600_000_000_000 + UInt64(dice.roll(0..<20)), counter: 0),
                collection: .shared, key: Key("k\(dice.roll(0..<6))")!,
                value: Value("v\(dice.roll(0..<1000))")!))
    }
    return operations
}

/// The model: the latest write of each key, told apart by time and dot. Shares no code with the map.
private func model(_ operations: [Operation]) -> [String: String] {
    var latest: [String: Operation] = [:]
    for operation in operations {
        let key = operation.key.text
        if let present = latest[key],
            (present.time.raw, present.dot.actor.raw, present.dot.sequence)
                >= (operation.time.raw, operation.dot.actor.raw, operation.dot.sequence)
        {
            continue
        }
        latest[key] = operation
    }
    return latest.mapValues { $0.value.text }
}

private func content(_ replica: borrowing Replica) -> [String: String] {
    var content: [String: String] = [:]
    for index in 0..<replica.map.count {
        content[replica.map[index].key.text] = replica.map[index].value.text
    }
    return content
}

@Suite struct ReplicaTests {
    // Method: the same history, once in order, once shuffled with repetitions; and a model.
    @Test("merging ignores order and repetition", arguments: Seed.slice(200))
    func convergence(seed: Seed) {
        var dice = Dice(seed)
        let operations = history(&dice)
        var ordered = Replica(capacity: 16)
        var shuffled = Replica(capacity: 16)
        for operation in operations { _ = ordered.merge(operation) }
        for operation in (operations + operations).shuffled(using: &dice) {
            _ = shuffled.merge(operation)
        }
        #expect(content(ordered) == model(operations), "replay: make test SEED=\(seed)")
        #expect(content(shuffled) == model(operations), "replay: make test SEED=\(seed)")
        for raw in UInt8(1)..<5 {
            let actor = Actor(raw: raw)
            #expect(ordered.received[actor] == shuffled.received[actor])
        }
    }

    @Test(
        "what is claimed to be on flash is only what was flushed (law 8)",
        arguments: Seed.slice(100))
    func durability(seed: Seed) {
        var dice = Dice(seed)
        var replica = Replica(capacity: 16)
        var flushed: [UInt8: UInt32] = [:]
        for operation in history(&dice) {
            _ = replica.merge(operation)
            if dice.roll(0..<4) == 0 {
                replica.flushed()
                for raw in UInt8(1)..<5 {
                    flushed[raw] = replica.received.head(of: Actor(raw: raw))
                }
            }
            for raw in UInt8(1)..<5 {
                #expect(replica.durable.head(of: Actor(raw: raw)) == flushed[raw] ?? 0)
            }
        }
    }

    @Test("a full map refuses a new key, and does not count its operation")
    func full() {
        var replica = Replica(capacity: 2)
        func write(_ sequence: UInt32, _ key: String) -> Replica.Merged {
            replica.merge(
                Operation(
                    dot: Dot(Actor(raw: 1), sequence),
                    time: HybridTime(
                        milliseconds: 1_600_000_000_000 + UInt64(sequence), counter: 0),
                    collection: .shared, key: Key(key)!, value: Value("x")!))
        }
        #expect(write(1, "a") == .changed(index: 0))
        #expect(write(2, "b") == .changed(index: 1))
        #expect(write(3, "c") == .nothing)
        #expect(replica.received.head(of: Actor(raw: 1)) == 2)
        #expect(replica.refused == 1)
        #expect(write(3, "a") == .changed(index: 0))
    }

    @Test("a skip counts only what has nothing missing below it")
    func skips() {
        var replica = Replica(capacity: 4)
        let actor = Actor(raw: 9)
        _ = replica.skip(actor, from: 3, to: 5)
        #expect(replica.received.head(of: actor) == 0)
        _ = replica.skip(actor, from: 1, to: 5)
        #expect(replica.received.head(of: actor) == 5)
        _ = replica.skip(actor, from: 2, to: 4)
        #expect(replica.received.head(of: actor) == 5)
        // The last one that it names is here already, above the gap.
        _ = replica.merge(
            Operation(
                dot: Dot(actor, 7), time: HybridTime(milliseconds: 1_600_000_000_000, counter: 0),
                collection: .shared, key: Key("k")!, value: Value("v")!))
        let isNews = replica.skip(actor, from: 6, to: 7)
        #expect(isNews && replica.received.head(of: actor) == 7)
    }
}

@Suite struct VersionVectorTests {
    // Method: random additions, beside a plain set.
    @Test("head and gaps are those of a set of numbers", arguments: Seed.slice(50))
    func model(seed: Seed) {
        var dice = Dice(seed)
        var vector = VersionVector()
        let actor = Actor(raw: 7)
        var set: Set<UInt32> = []
        func head() -> UInt32 {
            var head: UInt32 = 0
            while set.contains(head + 1) { head += 1 }
            return head
        }
        for _ in 0..<200 {
            if dice.roll(0..<20) == 0 {
                let top = head() + UInt32(dice.roll(1..<90))
                set.formUnion(1...top)
                vector.raise(actor, to: top)
            } else {
                let sequence = UInt32(dice.roll(1..<120))
                let isNew = !set.contains(sequence) && sequence < head() + 66
                let added = vector.add(Dot(actor, sequence))
                #expect(added == isNew, "replay: make test SEED=\(seed)")
                if isNew { set.insert(sequence) }
            }
            #expect(vector.head(of: actor) == head(), "replay: make test SEED=\(seed)")
            let top = head() + 66
            let wrong = (UInt32(1)..<130).first {
                $0 < top && vector.contains(Dot(actor, $0)) != set.contains($0)
            }
            #expect(wrong == nil, "replay: make test SEED=\(seed)")
        }
    }
}

@Suite struct HybridClockTests {
    @Test("a write is later than all its author has seen, with any clock")
    func ticks() {
        var clock = HybridClock()
        let future = HybridTime(milliseconds: 5_000, counter: 3)
        let isFollowed = clock.observe(future, at: 4_000)
        #expect(isFollowed)
        let after = clock.tick(at: 10)
        #expect(after > future)
        let first = clock.tick(at: 9_000)
        #expect(first.milliseconds == 9_000)
        let second = clock.tick(at: 9_000)
        #expect(second > first)
        let third = clock.tick(at: 1)
        #expect(third > second)
    }

    @Test("one clock far ahead does not drag others along, unless theirs is not to be trusted")
    func skew() {
        var clock = HybridClock()
        let wrong = HybridTime(milliseconds: 10 * HybridClock.skewLimit, counter: 0)
        let isFollowed = clock.observe(wrong, at: 1_000)
        #expect(!isFollowed)
        let before = clock.tick(at: 1_000)
        #expect(before < wrong)
        let isFollowedBlindly = clock.observe(wrong, at: nil)
        #expect(isFollowedBlindly)
        let after = clock.tick(at: 1_000)
        #expect(after > wrong)
    }
}

@Suite struct OperationCodingTests {
    @Test("what is written is read, and bodySize is its size", arguments: Seed.slice(200))
    func roundTrip(seed: Seed) throws {
        var dice = Dice(seed)
        var operation = history(&dice)[0]
        operation.key = Key(String(repeating: "k", count: dice.roll(0..<32)))!
        operation.value = Value(String(repeating: "v", count: dice.roll(0..<97)))!
        operation.time = HybridTime(
            milliseconds: 1_577_836_800_000 + UInt64(dice.roll(0..<1 << 31)),
            counter: UInt16(dice.roll(0..<65536)))
        var body = ShortBytes<192>()
        body.fill { operation.writeBody(to: &$0) }
        #expect(body.count == operation.bodySize)
        var reader = ByteReader(body.span)
        let read = try Operation(operation.dot, readingBody: &reader)
        let left = reader.remaining
        #expect(left == 0)
        #expect(read.key == operation.key && read.value == operation.value)
        #expect(read.time == operation.time && read.collection == operation.collection)
    }

    @Test("any bytes give an operation or a named error", arguments: Seed.slice(20))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        for _ in 0..<100 {
            let bytes = (0..<dice.roll(0..<160)).map { _ in UInt8(dice.roll(0..<256)) }
            var reader = ByteReader(bytes.span)
            _ = try? Operation(Dot(Actor(raw: 1), 1), readingBody: &reader)
        }
    }
}
