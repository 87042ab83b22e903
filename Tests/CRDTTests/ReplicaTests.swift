import Base
import CRDT
import Testing
import TestSupport

/// Writes of a few authors to a few registers, each knowing all that went before.
private func history(_ dice: inout Dice) -> [Operation] {
    let all = Author(1, capacity: 256)
    var operations: [Operation] = []
    for time in 0..<dice.roll(1..<60) {
        let actor = Actor(raw: UInt8(dice.roll(1..<5)))
        let dot = Dot(actor, all.replica.received.head(of: actor) + 1)
        do {
            let operation = try all.replica.operation(
                dot, .set(Value("v\(dice.roll(0..<1000))")!),
                of: KeyName(.shared, Key("k\(dice.roll(0..<6))")!),
                at: Stamp(raw: UInt32(time)))
            all.hear(operation)
            operations.append(operation)
        } catch {
            preconditionFailure(error.sentence)
        }
    }
    return operations
}

/// The model: the last write of each key. Shares no code with the replica.
private func model(_ operations: [Operation]) -> [String: String] {
    var latest: [String: String] = [:]
    for operation in operations {
        guard case .literal(let name) = operation.key else { continue }
        latest[name.key.text] = operation.value.text
    }
    return latest
}

private func content(_ replica: borrowing Replica) -> [String: String] {
    var content: [String: String] = [:]
    for index in 0..<replica.live.capacity {
        guard let operation = replica.live[index], let name = replica.live.name(of: operation)
        else { continue }
        #expect(content[name.key.text] == nil, "one value a key")
        content[name.key.text] = operation.value.text
    }
    return content
}

private func merge(_ operation: Operation, into replica: inout Replica) {
    guard replica.merge(operation) != .nothing else { return }
    while let next = replica.takeHeld(operation.dot.actor) { _ = replica.merge(next) }
}

@Suite(.aside) struct ReplicaTests {
    // Method: the same history, once in order, once shuffled with repetitions; and a model.
    @Test("merging ignores order and repetition", arguments: Seed.slice(200))
    func convergence(seed: Seed) {
        var dice = Dice(seed)
        let operations = history(&dice)
        var ordered = Replica(capacity: 64)
        var shuffled = Replica(capacity: 64)
        for operation in operations { _ = ordered.merge(operation) }
        for operation in (operations + operations).shuffled(using: &dice) {
            merge(operation, into: &shuffled)
        }
        #expect(content(ordered) == model(operations), "replay: make test SEED=\(seed)")
        #expect(content(shuffled) == model(operations), "replay: make test SEED=\(seed)")
        for raw in UInt8(1)..<5 {
            let actor = Actor(raw: raw)
            #expect(ordered.received.head(of: actor) == shuffled.received.head(of: actor))
        }
    }

    @Test(
        "what is claimed to be on flash is only what was flushed (law 8)",
        arguments: Seed.slice(100))
    func durability(seed: Seed) {
        var dice = Dice(seed)
        var replica = Replica(capacity: 64)
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

    // Method: a disk that takes what each flush says, beside the replica; at random moments another
    // replica is made of the disk alone.
    @Test("what is on flash is enough to go on from", arguments: Seed.slice(100))
    func restart(seed: Seed) {
        var dice = Dice(seed)
        var replica = Replica(capacity: 64)
        var disk: [Dot: Operation] = [:]
        var operations = history(&dice).shuffled(using: &dice)
        operations += operations
        for operation in operations {
            merge(operation, into: &replica)
            guard dice.roll(0..<5) == 0 else { continue }
            var entry = 0
            while let index = replica.nextDirtyEntry(from: entry) {
                if let operation = replica.live[index] { disk[operation.dot] = operation }
                entry = index + 1
            }
            var outdated = 0
            while let dot = replica.outdatedDot(outdated) {
                #expect(disk.removeValue(forKey: dot) != nil)
                outdated += 1
            }
            replica.flushed()
            var restored = Replica(capacity: 64)
            for dot in disk.keys.sorted() { _ = restored.restore(disk[dot]!.view) }
            #expect(content(restored) == content(replica), "replay: make test SEED=\(seed)")
        }
    }

    @Test("a full replica refuses a new key, and does not count its operation")
    func full() throws {
        let author = Author(1)
        var replica = Replica(capacity: 2)
        let operations = try ["a", "b", "c"].map { try author.write(.set(Value("x")!), $0) }
        let results = operations.prefix(3).map { replica.merge($0) }
        #expect(results == [.changed(index: 0), .changed(index: 1), .nothing])
        #expect(replica.received.head(of: Actor(raw: 1)) == 2)
        #expect(replica.refused == 1)
        let other = try Author(2).write(.set(Value("y")!), "c")
        let elsewhere = replica.merge(other)
        #expect(elsewhere == .nothing)
        let author3 = Author(3)
        author3.hear(operations[0])
        let later = replica.merge(try author3.write(.set(Value("z")!), "a"))
        #expect(later != .nothing, "what replaces another needs no room")
    }

    @Test("in doubt, what is here and told to be superseded goes, what is told again stays")
    func skipInDoubt() throws {
        let author = Author(9)
        let gone = try author.write(.set(Value("old")!), "k")
        let kept = try author.write(.set(Value("v")!), "other")
        var replica = Replica(capacity: 4)
        _ = replica.merge(gone)
        _ = replica.merge(kept)
        replica.flushed()
        replica.doubt()
        let isNews = replica.skip(gone.dot.actor, from: 1, to: 1)
        let again = replica.merge(kept)
        #expect(isNews && again == .counted)
        #expect(replica.live.index(of: gone.dot) == nil && replica.live.count == 1)
        #expect(replica.outdatedDot(0) == gone.dot, "it goes from flash, too")
    }

    @Test("a skip counts only what has nothing missing below it")
    func skips() throws {
        let author = Author(9)
        let seventh = try (1...7).map { _ in try author.write(.set(Value("v")!), "k") }[6]
        var replica = Replica(capacity: 4)
        let actor = Actor(raw: 9)
        _ = replica.skip(actor, from: 3, to: 5)
        #expect(replica.received.head(of: actor) == 0)
        _ = replica.skip(actor, from: 1, to: 5)
        #expect(replica.received.head(of: actor) == 5)
        _ = replica.skip(actor, from: 2, to: 4)
        #expect(replica.received.head(of: actor) == 5)
        let early = replica.merge(seventh)
        #expect(early == .held && replica.live.count == 0, "it waits for its turn")
        let again = replica.merge(seventh)
        #expect(again == .nothing)
        let isNews = replica.skip(actor, from: 6, to: 6)
        let next = replica.takeHeld(actor)
        #expect(isNews && next == seventh)
    }

    @Test("who hears nobody may write one key for ever")
    func alone() throws {
        let author = Author(1, capacity: 4)
        for count in 0..<100 {
            try author.write(.set(Value("\(count)")!), "k")
            author.replica.flushed()
        }
        #expect(author.values("k") == ["99"])
    }

    // Method: operations of random cells come and go beside a plain dictionary.
    @Test("what holds is found by cell, by author and by dot", arguments: Seed.slice(30))
    func lookup(seed: Seed) throws {
        var dice = Dice(seed)
        let authors = (1...4).map { Author(UInt8($0), capacity: 512) }
        var all = Replica(capacity: 32)
        var model: [String: Set<String>] = [:]
        for _ in 0..<300 {
            let author = authors[dice.roll(0..<4)]
            let element = "e\(dice.roll(0..<5))"
            let key = "s\(dice.roll(0..<4))"
            let isIn = model[key, default: []].contains(element)
            let operation = try author.write(
                isIn ? .discard(Value(element)!) : .add(Value(element)!), key)
            for other in authors where other !== author { other.hear(operation) }
            _ = all.merge(operation)
            if isIn { model[key]?.remove(element) } else { model[key, default: []].insert(element) }
            all.flushed()
            all.settle(before: Stamp(raw: 2))
            #expect(all.live.count == model.values.reduce(0) { $0 + $1.count })
            for raw in UInt8(1)...4 {
                var sequence: UInt32 = 0
                while let index = all.live.index(ofNext: Actor(raw: raw), after: sequence) {
                    let dot = try #require(all.live[index]?.dot)
                    #expect(dot.actor.raw == raw && dot.sequence > sequence)
                    #expect(all.live.index(of: dot) == index)
                    sequence = dot.sequence
                }
            }
        }
        for (key, elements) in model {
            for element in 0..<5 {
                #expect(
                    all.contains(Value("e\(element)")!, in: KeyName(.shared, Key(key)!))
                        == elements.contains("e\(element)"), "replay: make test SEED=\(seed)")
            }
        }
    }
}

@Suite(.aside) struct HybridClockTests {
    @Test("a write is not before any that its author has seen, with any clock")
    func ticks() {
        var clock = HybridClock()
        let start = Stamp(raw: 0).milliseconds
        let future = Stamp(milliseconds: start + 50 * Stamp.unit)
        let isFollowed = clock.observe(future, at: start + 40 * Stamp.unit)
        #expect(isFollowed)
        let after = clock.tick(at: start + 10)
        #expect(after == future)
        let own = clock.tick(at: start + 90 * Stamp.unit + 1)
        #expect(own.raw == 90 && own.milliseconds == start + 90 * Stamp.unit)
        let past = clock.tick(at: 1)
        #expect(past == own)
    }

    @Test("one clock far ahead does not drag others along, unless theirs is not to be trusted")
    func skew() {
        var clock = HybridClock()
        let now = Stamp(raw: 1_000).milliseconds
        let wrong = Stamp(milliseconds: now + HybridClock.skewLimit + Stamp.unit)
        let isFollowed = clock.observe(wrong, at: now)
        #expect(!isFollowed)
        let before = clock.tick(at: now)
        #expect(before < wrong)
        let isFollowedBlindly = clock.observe(wrong, at: nil)
        #expect(isFollowedBlindly)
        let after = clock.tick(at: now)
        #expect(after == wrong)
    }

    @Test("times outside of what a stamp can hold are its ends")
    func ends() {
        #expect(Stamp(milliseconds: 0).raw == 0)
        #expect(Stamp(milliseconds: .max).raw == 0xFF_FFFF)
    }
}

@Suite(.aside) struct OperationCodingTests {
    private func random(_ dice: inout Dice) -> Operation? {
        let kind = OperationKind.allCases[dice.roll(0..<7)]
        let key: KeyReference =
            dice.roll(0..<2) == 0
            ? .code(UInt16(dice.roll(0..<16_384)))
            : .literal(
                KeyName(
                    Collection.allCases[dice.roll(0..<4)],
                    Key(String(repeating: "k", count: dice.roll(0..<32)))!))
        var context = Context()
        if !kind.isOwn {
            for _ in 0..<dice.roll(0..<6) {
                _ = context.add(
                    Dot(Actor(raw: UInt8(dice.roll(4..<255))), UInt32(dice.roll(1..<99_999))))
            }
        }
        var value = Value(String(repeating: "v", count: dice.roll(0..<97)))!
        if kind == .count { value = Value([UInt8(dice.roll(0..<128))])! }
        if kind == .account { value = Value([UInt8(dice.roll(0..<255)), 7])! }
        if value.isEmpty, kind == .add || kind == .append { value = Value("v")! }
        return Operation(
            Dot(Actor(raw: 3), UInt32(dice.roll(1..<1 << 30))), kind, key,
            Stamp(raw: UInt32(dice.roll(0..<1 << 24))), context: context, value: value)
    }

    @Test("what is written is read, with its stamp or without", arguments: Seed.slice(300))
    func roundTrip(seed: Seed) throws {
        var dice = Dice(seed)
        guard let operation = random(&dice) else { return }
        for previous in [nil, operation.stamp, Stamp(raw: 5)] {
            var bytes = ShortBytes<192>()
            bytes.fill { operation.write(after: previous, to: &$0) }
            #expect(bytes.count == operation.size(after: previous))
            var reader = ByteReader(bytes.span)
            let read = try Operation(operation.dot, reading: &reader, after: previous)
            let left = reader.remaining
            #expect(left == 0)
            #expect(read == operation, "replay: make test SEED=\(seed)")
            #expect(read.kind == operation.kind && read.key == operation.key)
            #expect(read.value == operation.value && read.stamp == operation.stamp)
            #expect(read.context.count == operation.context.count)
        }
    }

    @Test("any bytes give an operation or a named error", arguments: Seed.slice(20))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        for _ in 0..<300 {
            var bytes = (0..<dice.roll(0..<160)).map { _ in UInt8(dice.roll(0..<256)) }
            if let operation = random(&dice), dice.roll(0..<2) == 0 {
                bytes = operation.body.span.withUnsafeBufferPointer { Array($0) }
                bytes[dice.roll(0..<bytes.count)] ^= UInt8(1 << dice.roll(0..<8))
            }
            var replica = Replica(capacity: 4)
            if let read = try? Operation(Dot(Actor(raw: 1), 1), body: bytes.span) {
                #expect(read.body.count <= bytes.count)
                _ = replica.merge(read)
            }
        }
    }
}

@Suite(.aside) struct SchemaTests {
    @Test("each code below 64 is one key, and each such key its code")
    func codes() {
        var known = 0
        for code in UInt16(0)..<Schema.firstBound {
            guard let name = Schema.name(of: code) else { continue }
            known += 1
            #expect(Schema.code(of: name) == code)
        }
        #expect(known == 31)
        #expect(Schema.code(of: KeyName(.shared, Key("nonsense")!)) == nil)
        #expect(Schema.code(of: KeyName(.members, Key("name")!)) == nil)
    }
}
