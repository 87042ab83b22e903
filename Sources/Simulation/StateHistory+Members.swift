import Base
import CRDT
import Crypto
import Mesh

/// Who takes part, who was left out, and what all have: as nodes do it (`Node+Stability`), without
/// frames and timers.
extension StateHistory {
    /// A member that the founder has admitted; the first is the founder.
    func newcomer(keeping old: StateMember? = nil) -> StateMember {
        let actor = Actor(raw: nextActor)
        nextActor += 1
        let member = old.map { StateMember(actor, keeping: $0) } ?? StateMember(actor)
        member.believesAnybody = flaw == .believeAnybody
        let founder = members.first ?? member
        member.leftOut = founder.replica.leftOut
        var key = FixedBytes<32>()
        key[0] = actor.raw
        if let key = PublicKey(key.span) {
            let record = MemberRecord(publicKey: key, name: Name("\(actor.raw)") ?? Name())
            say(.set(record.value), MemberRecord.name(of: actor), by: founder)
        }
        return member
    }

    /// Writes what is not the model's: who is a member, and what all have.
    private func say(_ change: Change, _ name: KeyName, by member: StateMember) {
        member.flush(pretends: false)
        guard
            let operation = try? member.replica.operation(
                member.nextDot, change, of: name, at: stamp)
        else { return }
        say(operation, by: member)
    }

    /// A member does its part in finding out what all have.
    func keepUp(_ member: StateMember) {
        member.flush(pretends: flaw == .claimUnflushed)
        if member === members[0] { return lead(member) }
        let isAsked = member.replica.claim(of: member.actor) < member.replica.call.wanted
        let owed = member.replica.owedClaim(of: member.actor)
        guard let claim = flaw == .claimTooMuch && isAsked ? stamp : owed else { return }
        say(.report(Call.claim(claim)), Call.name, by: member)
    }

    private func lead(_ founder: StateMember) {
        var call = founder.replica.call
        if call.cut < call.wanted {
            let members = founder.replica.members
            let claimed =
                flaw == .settleEarly
                ? founder.replica.covered(of: members) : founder.replica.leastClaim
            guard claimed >= call.wanted else { return }
            call.cut = claimed
        } else {
            guard founder.replica.isWorthSettling(before: stamp), stamp > call.cut else { return }
            call.wanted = stamp
        }
        say(.report(call.value), Call.name, by: founder)
    }

    /// One hears nothing but the founder for a while, and all hear it: above all not that something
    /// was removed, which the others might forget too soon.
    func lag() {
        let late = members[dice.roll(1..<members.count)]
        let others = members.filter { $0 !== late }
        let name = KeyName(.shared, Key("set \(dice.roll(0..<2))") ?? Key())
        let element = Value("v\(dice.roll(0..<2))") ?? Value()
        for member in members { member.group = 0 }
        write(.add(element), name, by: late)
        for member in others { inherit(member, from: late) }
        late.group = 1
        write(.discard(element), name, by: others[dice.roll(0..<others.count)])
        for _ in 0..<4 {
            write(.report(element), KeyName(.shared, Key("report 0") ?? Key()), by: late)
            for member in others {
                inherit(member, from: late)
                for other in others where other !== member { inherit(member, from: other) }
            }
            late.learn(
                members[0].actor, from: members[0], atMost: .max, isLossy: false,
                skipsOverGaps: false, &dice)
            for member in members { keepUp(member) }
        }
        late.group = 0
        inherit(late, from: others[dice.roll(0..<others.count)])
    }

    /// One has been silent for too long and is left out; another is admitted.
    func replace() {
        guard nextActor < 40 else { return }
        let index = dice.roll(1..<members.count)
        let silent = members[index]
        let founder = members[0]
        founder.flush(pretends: false)
        var absence = Absence(
            cut: founder.replica.call.cut, head: founder.claimed(silent.actor), since: stamp)
        if flaw == .settleAbsent { absence.cut = Stamp(raw: 0xFF_FFFF) }
        say(.set(absence.value), MemberRecord.name(of: silent.actor, .absence), by: founder)
        silent.inbox.removeAll()
        members[index] = newcomer(keeping: flaw == .returnAsBefore ? absent.last : nil)
        members[index].group = silent.group
        absent.append(silent)
    }

    /// One that was left out writes on, as long as it does not know; or meets a member; or is let in
    /// again, once the founder has all that it wrote.
    func meetAbsent() {
        guard !absent.isEmpty else { return }
        let index = dice.roll(0..<absent.count)
        let one = absent[index]
        if !one.isLeftOut(one.actor), dice.roll(0..<2) == 0 {
            for _ in 0..<4 { writeAbsently(one) }
            return
        }
        let other = members[dice.roll(0..<members.count)]
        if dice.roll(0..<2) == 0 { inherit(other, from: members[0]) }
        inherit(other, from: one)
        if flaw == .believeAnybody { other.reinstate(from: one) }
        if dice.roll(0..<2) == 0 { inherit(one, from: other) }
        guard one.isLeftOut(one.actor),
            members[0].claimed(one.actor) == one.claimed(one.actor)
        else { return }
        absent.remove(at: index)
    }

    /// What one that was left out has written, all others have in the end.
    func bringIn(_ one: StateMember) {
        for member in members {
            inherit(member, from: members[0])  // What was known of it when it was left out.
            inherit(member, from: one)
        }
    }

    private func writeAbsently(_ one: StateMember) {
        let group = one.group
        one.group = -1
        write(one)
        one.group = group
    }
}
