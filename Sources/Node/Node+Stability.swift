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
/// operations of its own that are new, since it may hold what was removed. When it is back, it is let in anew
/// (`Node+Rejoin`). Without the founder nothing is collected, and nobody left out.
extension Node {
    /// What is known of a member; `nil` where there is none of that number.
    public func member(_ number: Actor) -> MemberRecord? { replica.member(number) }

    /// Whether that number was left out: the mesh no longer waits for it.
    public func isLeftOut(_ number: Actor) -> Bool {
        replica.absence(of: number) != nil || membership?.leftOut.contains(number) == true
    }

    /// Whether somebody has that number and is waited for, or was left out and has no new one yet.
    public func isListed(_ number: Actor) -> Bool {
        guard let record = replica.member(number) else { return false }
        return !isLeftOut(number) || replica.number(of: record.publicKey) == nil
    }

    /// Whether to take an operation, or word that it and later ones are superseded, from that sender.
    func takes(_ first: Dot, from sender: Actor) -> Bool {
        replica.takes(first, from: sender, leftOut: membership?.leftOut ?? ActorSet())
    }

    /// Something came in that tells who is a member, or what all have; or what this node has is in
    /// doubt, or no longer.
    mutating func learnStability() {
        mayHaveSettled = false
        replica.learnStability()
        let isLeftOut = membership.map { self.isLeftOut($0.number) } ?? false
        if doubt.head != nil {
            reconciler.tells = doubt.isTotal ? .operations : .nothing
        } else {
            reconciler.tells = isLeftOut ? .own : .all
        }
    }

    /// Does what is this node's part in it: at each beacon.
    mutating func keepUp(at now: Instant, into effects: inout Effects<NodeEffect>) {
        guard let membership, doubt.head == nil, !doubt.isDirty, !isRewriting, rebirth == nil,
            diskFault == nil, !hasUpkeep
        else { return }
        if isLeftOut(membership.number) {
            comeBack(at: now, into: &effects)
        } else if membership.founder != nil {
            lead(membership, at: now, into: &effects)
        } else if let claim = replica.owedClaim(of: membership.number),
            clock.tick(at: wallClock(at: now)) >= replica.call.wanted
        {
            // Else the founder's clock is too far ahead to be followed: it is answered when this one
            // has come there.
            report(Call.claim(claim), at: now)
        }
    }

    /// Whether an earlier draft of this kind is not on flash yet.
    var hasUpkeep: Bool {
        for index in 0..<draftCount where drafts[index]?.purpose == .upkeep { return true }
        return false
    }

    /// Tells a claim, or a call.
    mutating func report(_ value: Value, at now: Instant) {
        try? draft(.upkeep, Call.name, .report(value), at: now)
        flush(before: now + configuration.flushDelay)
    }

    // MARK: The founder

    /// The pause between calls: a day, or less where members are to be left out sooner.
    private var callInterval: Duration { min(.seconds(86_400), configuration.leaveOutAfter / 30) }

    private mutating func lead(
        _ membership: Membership, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        guard draftCount + 3 <= drafts.count else { return }
        var call = replica.call
        if letIn(membership, at: now) { return persist(into: &effects) }
        if call.cut < call.wanted {
            let claimed = replica.leastClaim
            if claimed >= call.wanted {
                call.cut = claimed
                report(call.value, at: now)
            } else if hasRoom, let silent = overdue(call, at: now) {
                leaveOut(silent, call.cut, at: now)
            }
        } else {
            let stamp = clock.tick(at: wallClock(at: now))
            guard
                stamp.milliseconds >= call.wanted.milliseconds
                    + UInt64(callInterval.wholeMilliseconds),
                stamp > call.cut, replica.isWorthSettling(before: stamp)
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
        // Nobody else takes a number meanwhile.
        guard sponsor.isIdle, replica.live.count + draftCount + 3 <= replica.live.capacity else {
            return false
        }
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
