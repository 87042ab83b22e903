import Base
import CRDT
import Crypto
import Mesh
import Reconcile

/// What all have: each member tells the founder, which tells all (see `Replica.covered`).
///
///     founder                          members
///        │ call: the cut, and what it is to be next
///        │──────────────────────────────────▶│ who has not written since, writes its claim
///        │                                   │ who has all before that: claims it
///        │◀──────────────────────────────────│
///        │ call: the new cut                 │
///        │──────────────────────────────────▶│ forgets removals before it
///
/// A member that does not answer for `leaveOutAfter` is left out: from then on, all take from it only
/// operations of its own, since it may hold what was removed. When it is back, it is let in anew
/// (`Node+Rejoin`). Without the founder nothing is collected, and nobody left out.
extension Node {
    /// What is known of a member; `nil` where there is none of that number.
    public func member(_ number: Actor) -> MemberRecord? { replica.member(number) }

    /// Whether that number was left out: the mesh no longer waits for it.
    public func isLeftOut(_ number: Actor) -> Bool {
        replica.absence(of: number) != nil || membership?.leftOut.contains(number) == true
    }

    /// Whether to take an operation of an actor, or word that one is superseded, from that sender.
    func takes(_ actor: Actor, from sender: Actor) -> Bool {
        actor == sender || !isLeftOut(sender)
    }

    /// Something came in that tells who is a member, or what all have; or what this node has is in
    /// doubt, or no longer.
    mutating func learnStability() {
        mayHaveSettled = false
        replica.learnStability()
        let isLeftOut = membership.map { self.isLeftOut($0.number) } ?? false
        reconciler.tells = doubt.isMute ? .nothing : isLeftOut ? .own : .all
    }

    /// Does what is this node's part in it: at each beacon.
    mutating func keepUp(at now: Instant, into effects: inout Effects<NodeEffect>) {
        guard let membership, doubt.head == nil, rebirth == nil, diskFault == nil, !hasUpkeep else {
            return
        }
        if isLeftOut(membership.number) {
            comeBack(at: now, into: &effects)
        } else if membership.founder != nil {
            lead(membership, at: now)
        } else if let claim = replica.owedClaim(of: membership.number), mayClaim() {
            report(Call.claim(claim), at: now)
        }
    }

    /// Whether an earlier draft of this kind is not on flash yet.
    private var hasUpkeep: Bool {
        for index in 0..<draftCount where drafts[index]?.purpose == .upkeep { return true }
        return false
    }

    /// Two claims answer a call. More do not help: another's clock is so far ahead that this node
    /// does not follow it.
    private mutating func mayClaim() -> Bool {
        let wanted = replica.call.wanted
        if answered.wanted != wanted { answered = Answered(wanted: wanted) }
        answered.claims += 1
        return answered.claims <= 2
    }

    /// Tells a claim, or a call.
    mutating func report(_ value: Value, at now: Instant) {
        try? draft(.upkeep, Call.name, .report(value), at: now)
        flush(before: now + configuration.flushDelay)
    }

    // MARK: The founder

    /// The pause between calls: a day, or less where members are to be left out sooner.
    private var callInterval: Duration { min(.seconds(86_400), configuration.leaveOutAfter / 30) }

    private mutating func lead(_ membership: Membership, at now: Instant) {
        guard draftCount + 3 <= drafts.count, hasRoom else { return }
        var call = replica.call
        if letIn(membership, at: now) { return }
        if call.cut < call.wanted {
            let claimed = replica.leastClaim
            if claimed >= call.wanted {
                call.cut = claimed
                report(call.value, at: now)
            } else if let silent = overdue(call, at: now) {
                leaveOut(silent, call.cut, at: now)
            }
        } else if replica.isWorthSettling {
            let stamp = clock.tick(at: wallClock(at: now))
            guard
                stamp.milliseconds >= call.wanted.milliseconds
                    + UInt64(callInterval.wholeMilliseconds),
                stamp > call.cut
            else { return }
            call.wanted = stamp
            report(call.value, at: now)
        }
    }

    /// Who has not answered a call for too long, as told by the wall clock and, after a start, not
    /// before others had time to: first who has written nothing at all; then, after twice that time,
    /// who does not get to have what the others have.
    private func overdue(_ call: Call, at now: Instant) -> Actor? {
        let limit = configuration.leaveOutAfter
        guard wallOffset != nil, now - .start >= min(limit, .seconds(86_400)) else { return nil }
        let members = replica.members
        var isHeardOfAll = true
        var late: Actor?
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            guard actor != Membership.founderNumber, members.contains(actor),
                let record = replica.latest(MemberRecord.name(of: actor))
            else { continue }
            let since = max(call.wanted, record.stamp).milliseconds
            let time = wallClock(at: now)
            let waited = Duration.milliseconds(Int64(time - min(time, since)))
            if replica.lastStamp(of: actor) < call.wanted {
                isHeardOfAll = false
                if waited >= limit { return actor }
            } else if replica.claim(of: actor) < call.wanted, waited >= limit * 2 {
                late = late ?? actor
            }
        }
        return isHeardOfAll ? late : nil
    }

    private mutating func leaveOut(_ actor: Actor, _ cut: Stamp, at now: Instant) {
        note(
            Absence(cut: cut, head: replica.durable.head(of: actor), since: clock.latest),
            of: actor, at: now)
    }

    /// Tells that an author was left out, or how far its operations are known.
    private mutating func note(_ absence: Absence, of actor: Actor, at now: Instant) {
        try? draft(
            .upkeep, MemberRecord.name(of: actor, .absence), .set(absence.value), at: now)
        flush(before: now + configuration.flushDelay)
    }

    /// Lets one in anew that was left out and has been heard of since.
    ///
    /// - Returns: Whether there was one.
    private mutating func letIn(_ membership: Membership, at now: Instant) -> Bool {
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            guard var absence = replica.absence(of: actor), let record = replica.member(actor),
                replica.durable.head(of: actor) > absence.head
            else { continue }
            if replica.number(of: record.publicKey) == nil {
                guard let number = replica.freeNumber,
                    let certificate = membership.certificate(of: record.publicKey, as: number)
                else { continue }
                try? draft(
                    .upkeep, MemberRecord.name(of: number, .certificate),
                    .set(Value(certificate.span) ?? Value()), at: now)
                try? draft(
                    .upkeep, MemberRecord.name(of: number), .set(record.value), at: now)
            }
            absence.head = replica.durable.head(of: actor)
            note(absence, of: actor, at: now)
            return true
        }
        return false
    }
}

/// How often this node has answered a call.
struct Answered {
    var wanted = Stamp(raw: 0)
    var claims = 0
}

extension Operation {
    /// Whether it tells who is a member, or what members have.
    var isOfMembers: Bool {
        switch key {
        case .code(let code): code == 0
        case .literal(let name): name.collection == .members || name.collection == .state
        }
    }
}
