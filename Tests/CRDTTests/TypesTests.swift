import Base
import CRDT
import TestSupport
import Testing

/// Each type, as its user sees it; that all orders lead to the same is `StateHistoryTests`' part.
@Suite(.aside) struct TypesTests {
    @Test("a register: what was written without knowledge of each other stays side by side")
    func register() throws {
        let a = Author(1)
        let b = Author(2)
        let first = try a.write(.set(Value("open")!), "door")
        let second = try b.write(.set(Value("shut")!), "door", at: 2)
        a.hear(second)
        b.hear(first)
        #expect(a.values("door") == ["open", "shut"] && b.values("door") == ["open", "shut"])
        #expect(a.replica.latest(KeyName(.shared, Key("door")!))?.dot == second.dot)

        let third = try a.write(.set(Value("ajar")!), "door")
        #expect(third.context.count == 1, "its own is not named")
        b.hear(third)
        #expect(a.values("door") == ["ajar"] && b.values("door") == ["ajar"])
    }

    @Test("a register: an old value does not come back after what replaced its replacement")
    func transitive() throws {
        let a = Author(1)
        let b = Author(2)
        let c = Author(3)
        let old = try a.write(.set(Value("old")!), "k")
        b.hear(old)
        let newer = try b.write(.set(Value("newer")!), "k")
        c.hear(old, newer)
        let newest = try c.write(.set(Value("newest")!), "k")
        let late = Author(4)
        late.hear(newest, newer, old)
        #expect(late.values("k") == ["newest"])
        let first = Author(5)
        first.hear(old, newest)
        #expect(first.values("k") == ["newest"], "'newer' never travels again")
    }

    @Test("a key that is taken away leaves nothing once all have it")
    func removal() throws {
        let a = Author(1)
        let b = Author(2)
        let write = try a.write(.set(Value("x")!), "k")
        b.hear(write)
        let removal = try b.write(.unset, "k", at: 2)
        a.hear(removal)
        #expect(a.values("k").isEmpty && a.replica.live.count == 1)
        a.replica.flushed()
        b.replica.flushed()
        a.replica.settle(before: Stamp(raw: 2))
        #expect(a.replica.live.count == 1, "not all have it yet")
        a.replica.settle(before: Stamp(raw: 3))
        #expect(a.replica.live.count == 0)
        a.hear(write)
        #expect(a.values("k").isEmpty)
        #expect(throws: ChangeError.nothingThere) { try b.write(.unset, "nothing") }
    }

    @Test("a set: what is added while it is taken out stays")
    func set() throws {
        let a = Author(1)
        let b = Author(2)
        let add = try a.write(.add(Value("ann")!), "crew")
        b.hear(add)
        let again = try a.write(.add(Value("ann")!), "crew")
        let out = try b.write(.discard(Value("ann")!), "crew")
        #expect(!b.has("ann", in: "crew"))
        a.hear(out)
        b.hear(again)
        #expect(a.has("ann", in: "crew") && b.has("ann", in: "crew"))
        let gone = try b.write(.discard(Value("ann")!), "crew")
        a.hear(gone)
        #expect(!a.has("ann", in: "crew") && !b.has("ann", in: "crew"))
        #expect(!a.has("bob", in: "crew"))
    }

    @Test("a counter: each author's share counts once, however often it is heard")
    func counter() throws {
        let a = Author(1)
        let b = Author(2)
        #expect(a.total("visits") == nil)
        let five = try a.write(.count(5), "visits")
        let two = try b.write(.count(-2), "visits")
        let nine = try a.write(.count(4), "visits")
        b.hear(five, nine, five, nine)
        a.hear(two, two)
        #expect(a.total("visits") == 7 && b.total("visits") == 7)
        #expect(a.replica.live.count == 2, "a later share replaces the earlier one")
    }

    @Test("a bounded counter: nobody spends what it does not hold")
    func bounded() throws {
        let a = Author(1)
        let b = Author(2)
        #expect(throws: ChangeError.notEnough(held: 0)) { try a.write(.spend(1), "credits") }
        let minted = try a.write(.mint(100), "credits")
        #expect(throws: ChangeError.notEnough(held: 100)) { try a.write(.spend(101), "credits") }
        let given = try a.write(.give(60, to: b.actor), "credits")
        #expect(throws: ChangeError.notEnough(held: 40)) { try a.write(.spend(41), "credits") }
        b.hear(minted, given)
        let spent = try b.write(.spend(60), "credits")
        #expect(throws: ChangeError.notEnough(held: 0)) { try b.write(.spend(1), "credits") }
        a.hear(spent)
        for each in [a, b] {
            #expect(each.rights("credits", of: 1) == 40 && each.rights("credits", of: 2) == 0)
            let sums = each.replica.minted(KeyName(.shared, Key("credits")!))
            #expect(sums.minted == 100 && sums.spent == 60)
        }
    }

    @Test("a log keeps an author's last entries, in their order")
    func log() throws {
        let a = Author(1)
        let b = Author(2)
        let name = KeyName(.shared, Key("log")!)
        let entries = try (1...10).map {
            try a.write(.append(Value("entry \($0)")!, horizon: 4), "log")
        }
        for entry in entries { b.hear(entry) }
        for each in [a, b] {
            var sequence: UInt32 = 0
            var texts: [String] = []
            while let entry = each.replica.nextEntry(of: name, by: a.actor, after: sequence) {
                texts.append(String(entry.value.text.dropFirst()))
                sequence = entry.dot.sequence
            }
            #expect(texts == ["entry 7", "entry 8", "entry 9", "entry 10"])
        }
    }

    @Test("a report is its author's alone; an empty one withdraws it")
    func report() throws {
        let a = Author(1)
        let b = Author(2)
        let name = KeyName(.shared, Key("battery.mV")!)
        let low = try a.write(.report(Value("3.1")!), "battery.mV")
        let other = try b.write(.report(Value("4.0")!), "battery.mV")
        a.hear(other)
        b.hear(low)
        #expect(a.replica.report(name, by: a.actor)?.value.text == "3.1")
        #expect(a.replica.report(name, by: b.actor)?.value.text == "4.0")
        let gone = try a.write(.report(Value()), "battery.mV")
        b.hear(gone)
        #expect(b.replica.report(name, by: a.actor) == nil)
    }

    @Test("a key has a code once its author writes it again")
    func codes() throws {
        let a = Author(1)
        let b = Author(2)
        let name = KeyName(.shared, Key("a long name")!)
        let literal = try a.write(.set(Value("1")!), "a long name")
        #expect(literal.key == .literal(name))
        let made = a.replica.binding(Dot(a.actor, 2), of: name, at: Stamp(raw: 1))
        let binding = try #require(made)
        _ = a.replica.keep(binding)
        let again = a.replica.binding(Dot(a.actor, 3), of: name, at: Stamp(raw: 1))
        #expect(again == nil)
        let short = try a.write(.set(Value("2")!), "a long name")
        #expect(short.key == .code(64) && short.body.count < literal.body.count)
        b.hear(literal, binding, short)
        #expect(b.values("a long name") == ["2"])
        #expect(b.replica.received.head(of: a.actor) == 3)
        #expect(try a.write(.set(Value("x")!), "battery.mV").key == .code(8))
    }

    @Test("more writers than one operation can name are told apart from fewer")
    func writers() throws {
        let all = (1...18).map { Author(UInt8($0)) }
        let writes = try all.map { try $0.write(.set(Value("\($0.actor.raw)")!), "k") }
        for write in writes.dropLast() { all[0].hear(write) }
        #expect(all[0].values("k").count == 17)
        let one = try all[0].write(.set(Value("one")!), "k")
        #expect(one.context.count == 16)
        for write in writes { all[17].hear(write) }
        #expect(throws: ChangeError.tooManyWriters) {
            try all[17].write(.set(Value("two")!), "k")
        }
    }
}
