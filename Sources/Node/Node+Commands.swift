import Base
import CRDT
import Crypto
import LoRa
import Mesh
import Reconcile

/// What operators and programs ask of a node. Each is answered by an effect that names the request.
extension Node {
    /// Writes to a key of the shared state; `done` once it is on flash.
    ///
    /// - Parameter urgency: How soon that is to be. Until then nobody hears of it.
    public mutating func change(
        _ key: Key, _ change: Change, _ urgency: Urgency, _ request: Request,
        at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        do throws(Refusal) {
            let name = KeyName(.shared, key)
            try check(change, of: name)
            try draft(.write(request), name, change, at: now)
        } catch {
            return refuse(request, error, into: &effects)
        }
        flush(urgency, at: now, into: &effects)
        settle(at: now, into: &effects)
    }

    /// Whether a change can be carried out, as far as can be told before it is on flash.
    private func check(_ change: Change, of name: KeyName) throws(Refusal) {
        guard let own = membership?.number else { throw .notMember }
        guard doubt.head == nil else { throw .inDoubt }
        guard !isLeftOut(own) else { throw .leftOut }
        let trial: Operation
        do throws(ChangeError) {
            let dot = Dot(own, replica.received.head(of: own) + 1)
            trial = try replica.operation(dot, change, of: name, at: clock.latest)
            if change.cost > 0 {
                let held = replica.rights(name, of: own)
                guard held >= pendingCost(of: name) + change.cost else {
                    throw .notEnough(held: held)
                }
            }
            guard trial.body.count <= LiveRuns.longestBody(in: payloadLimit) else {
                throw .tooLong
            }
        } catch {
            throw .change(error)
        }
        guard hasRoom || replica.replacesAny(trial) else {
            throw .mapFull(capacity: replica.live.capacity)
        }
    }

    /// Rights that drafts will take.
    private func pendingCost(of name: KeyName) -> UInt64 {
        var cost: UInt64 = 0
        for index in 0..<draftCount where drafts[index]?.name == name {
            cost += drafts[index]?.change?.cost ?? 0
        }
        return cost
    }

    /// Asks for a flush that is soon enough.
    private mutating func flush(
        _ urgency: Urgency, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        switch urgency {
        case .now: persist(into: &effects)
        case .seconds: flush(before: now + configuration.flushDelay)
        case .minutes: flush(before: now + configuration.slowFlushDelay)
        }
    }

    /// Founds a mesh, with this node as its first member; `done` once that is on flash.
    public mutating func found(
        _ mesh: Name, _ request: Request, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        guard membership == nil, let identity else {
            return refuse(request, .alreadyMember, into: &effects)
        }
        enter(Membership(founding: mesh, node: identity.publicKey, entropy: &entropy))
        membershipIsDirty = true
        let record = MemberRecord(publicKey: identity.publicKey, name: configuration.name)
        do throws(Refusal) {
            try draft(
                .founding(request), MemberRecord.name(of: Membership.founderNumber),
                .set(record.value), at: now)
        } catch {
            return refuse(request, error, into: &effects)
        }
        persist(into: &effects)
        settle(at: now, into: &effects)
    }

    /// Admits the node that a code names; `pairing` tells how it goes.
    public mutating func pair(
        _ code: PairingCode, _ request: Request, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        if let failure = whyNotToPair {
            effects.append(.pairing(request, .failed(failure)))
            return
        }
        pairingRequest = request
        sponsor.start(code, at: now, entropy: &entropy, into: &sponsorEffects)
        settle(at: now, into: &effects)
    }

    /// Flushes now, whatever waits: before a shutdown.
    public mutating func flush(at now: Instant, into effects: inout Effects<NodeEffect>) {
        if isDirty { persist(into: &effects) }
        settle(at: now, into: &effects)
    }

    private var whyNotToPair: PairingFailure? {
        guard let membership else { return .notMember }
        guard membership.founder != nil else { return .notFounder }
        return sponsor.isIdle ? nil : .busy
    }

    /// Whether there is room for one more operation, drafts counted.
    var hasRoom: Bool { replica.live.count + draftCount < replica.live.capacity }

    private func refuse(
        _ request: Request, _ refusal: Refusal, into effects: inout Effects<NodeEffect>
    ) {
        effects.append(.refused(request, refusal))
    }

    /// Notes a change for the next flush. Where an earlier draft can say it too, that one does, so
    /// that a hundred increments cost what one costs.
    mutating func draft(
        _ purpose: Draft.Purpose, _ name: KeyName, _ change: Change, at now: Instant
    ) throws(Refusal) {
        guard draftCount < drafts.count else { throw .tooManyDrafts }
        _ = clock.tick(at: wallClock(at: now))
        var draft = Draft(purpose: purpose, name: name, change: change)
        for index in 0..<draftCount where drafts[index]?.name == name {
            guard let both = drafts[index]?.change?.followed(by: change) else { continue }
            drafts[index]?.change = both
            draft.change = nil
            break
        }
        drafts[draftCount] = draft
        draftCount += 1
    }

    // MARK: Admission

    /// The candidate knows the code: makes it a member, under the number it has already or the
    /// lowest that is free.
    mutating func admit(at now: Instant, into effects: inout Effects<NodeEffect>) {
        guard let candidate = sponsor.candidate else { return }
        guard doubt.head == nil else { return sponsor.refused(.flash, into: &sponsorEffects) }
        // What waits for its flush may be of the number that is free now.
        guard !hasUpkeep else { return sponsor.refused(.busy, into: &sponsorEffects) }
        if let number = replica.number(of: candidate.publicKey) {
            welcome(candidate.publicKey, as: number, at: now)
            return
        }
        guard let number = replica.freeNumber, hasRoom else {
            sponsor.refused(.tooManyMembers, into: &sponsorEffects)
            return
        }
        do throws(Refusal) {
            try draft(
                .admission, MemberRecord.name(of: number), .set(candidate.value), at: now)
        } catch {
            sponsor.refused(.busy, into: &sponsorEffects)
            return
        }
        persist(into: &effects)
    }

    /// The candidate's record is on flash.
    mutating func wasAdmitted(_ draft: Draft, at now: Instant) {
        guard case .set(let value)? = draft.change, let record = MemberRecord(value),
            draft.name.key.count == 1
        else { return }
        welcome(record.publicKey, as: Actor(raw: draft.name.key[0]), at: now)
    }

    private mutating func welcome(_ key: PublicKey, as number: Actor, at now: Instant) {
        guard
            let membership = membership?.admitting(key, as: number, leftOut: replica.leftOut)
        else { return }
        // The newcomer's stamps must not be before that of its admission.
        let time = max(wallClock(at: now), clock.latest.milliseconds)
        sponsor.admitted(membership, time: time, at: now, into: &sponsorEffects)
    }
}
