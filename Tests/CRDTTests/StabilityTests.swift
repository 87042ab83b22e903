import Base
import CRDT
import TestSupport
import Testing

/// What a replica has covered, and what it may forget.
@Suite(.aside) struct StabilityTests {
    private func members(_ raws: UInt8...) -> ActorSet {
        var set = ActorSet()
        for raw in raws { set.insert(Actor(raw: raw)) }
        return set
    }

    @Test("covered is what came before the last write of whoever is furthest behind, on flash")
    func covered() throws {
        let a = Author(1)
        let b = Author(2)
        let one = try b.write(.set(Value("x")!), "k", at: 5)
        let two = try b.write(.set(Value("x")!), "l", at: 8)
        try a.write(.set(Value("x")!), "m", at: 20)
        let alone = a.replica.covered(of: members(1))
        #expect(alone == Stamp(raw: 20))
        a.hear(one)
        let unflushed = a.replica.covered(of: members(1, 2))
        #expect(unflushed == Stamp(raw: 0), "what is not on flash is not claimed")
        a.replica.flushed()
        let early = a.replica.covered(of: members(1, 2))
        a.hear(two)
        a.replica.flushed()
        let late = a.replica.covered(of: members(1, 2))
        #expect(early == Stamp(raw: 5) && late == Stamp(raw: 8))
        let stranger = a.replica.covered(of: members(1, 2, 3))
        #expect(stranger == Stamp(raw: 0), "of 3, nothing is here")
    }

    @Test("of who was left out, all that is known must be here, and no more is waited for")
    func leftOut() throws {
        let a = Author(1)
        let b = Author(2)
        let old = try b.write(.add(Value("x")!), "s", at: 5)
        let removal = try b.write(.discard(Value("x")!), "s", at: 6)
        let late = try b.write(.add(Value("y")!), "s", at: 7)
        let lateRemoval = try b.write(.discard(Value("y")!), "s", at: 8)
        a.hear(old)
        a.replica.flushed()
        try a.write(.set(Value("x")!), "m", at: 20)
        let absence = Absence(cut: Stamp(raw: 3), head: 2, since: Stamp(raw: 10))
        a.replica.leaveOut(b.actor, absence)
        let takesOld = a.replica.takesFromItself(b.actor, from: 2)
        let takesNew = a.replica.takesFromItself(b.actor, from: 3)
        #expect(!takesOld && takesNew, "what was known of it may have been removed")
        let lacking = a.replica.covered(of: members(1, 2))
        #expect(lacking == Stamp(raw: 0))
        a.hear(removal)
        a.replica.flushed()
        let whole = a.replica.covered(of: members(1, 2))
        #expect(whole == Stamp(raw: 20))

        a.replica.settle(before: Stamp(raw: 10))
        #expect(a.replica.live.count == 2, "a claim of 10 may be of one who did not know")
        a.replica.settle(before: Stamp(raw: 11))
        #expect(a.replica.live.count == 1)
        let again = a.replica.reinstate(removal)
        #expect(again == .nothing, "it has done its work")

        a.hear(late, lateRemoval)
        a.replica.settle(before: Stamp(raw: 30))
        #expect(a.replica.live.count == 2, "what came later may be anywhere, and settles nowhere")
    }

    @Test("an absence and a set of actors survive their coding", arguments: Seed.slice(20))
    func coding(seed: Seed) throws {
        var dice = Dice(seed)
        var absence = Absence(
            cut: Stamp(raw: UInt32(dice.roll(0..<1 << 24))),
            head: UInt32(truncatingIfNeeded: dice.next()), since: Stamp(raw: 9))
        let author = Author(1)
        let operation = try author.write(.set(absence.value), "k", at: 9)
        #expect(Absence(operation) == absence)
        absence.head = 0
        #expect(Absence(operation) != absence)
        let short = try author.write(.set(Value("ab")!), "k")
        #expect(Absence(short) == nil)

        var set = ActorSet()
        for _ in 0..<dice.roll(0..<6) { set.insert(Actor(raw: UInt8(dice.roll(1..<255)))) }
        var bytes = ShortBytes<32>()
        bytes.fill { set.write(to: &$0) }
        #expect(ActorSet(bytes.span) == set)
        let none = Array<UInt8>(repeating: 0, count: 33)
        #expect(ActorSet(none.span) == nil)
    }
}
