import Base
import CRDT
import Crypto
import LoRa
import Mesh

/// What operators and programs ask of a node. Each is answered by an effect that names the request.
extension Node {
    /// Writes a key of the shared map; `done` once it is on flash.
    public mutating func set(
        _ key: Key, to value: Value, _ request: Request, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        guard membership != nil else { return refuse(request, .notMember, into: &effects) }
        guard replica.map.index(of: key, in: .shared) != nil || hasRoom else {
            return refuse(request, .mapFull(capacity: replica.map.capacity), into: &effects)
        }
        guard
            draft(.write(request), .shared, key, value, at: now)
        else { return refuse(request, .tooManyDrafts, into: &effects) }
        persist(into: &effects)
        settle(at: now, into: &effects)
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
        guard
            draft(
                .founding(request), .members, MemberRecord.key(of: Membership.founderNumber),
                record.value, at: now)
        else { return refuse(request, .tooManyDrafts, into: &effects) }
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

    /// Whether the map has room for one more key, drafts counted.
    private var hasRoom: Bool { replica.map.count + draftCount < replica.map.capacity }

    private func refuse(
        _ request: Request, _ refusal: Refusal, into effects: inout Effects<NodeEffect>
    ) {
        effects.append(.refused(request, refusal))
    }

    private mutating func draft(
        _ purpose: Draft.Purpose, _ collection: Collection, _ key: Key, _ value: Value,
        at now: Instant
    ) -> Bool {
        guard draftCount < drafts.count else { return false }
        drafts[draftCount] = Draft(
            purpose: purpose, time: clock.tick(at: wallClock(at: now)), collection: collection,
            key: key, value: value)
        draftCount += 1
        return true
    }

    // MARK: Admission

    /// The candidate knows the code: makes it a member, under the number it has already or the
    /// lowest that is free.
    mutating func admit(at now: Instant, into effects: inout Effects<NodeEffect>) {
        guard let candidate = sponsor.candidate else { return }
        if let number = number(of: candidate.publicKey) {
            welcome(candidate.publicKey, as: number, at: now)
            return
        }
        guard let number = freeNumber, hasRoom else {
            sponsor.refused(.tooManyMembers, into: &sponsorEffects)
            return
        }
        guard
            draft(
                .admission, .members, MemberRecord.key(of: number), candidate.value, at: now)
        else {
            sponsor.refused(.busy, into: &sponsorEffects)
            return
        }
        persist(into: &effects)
    }

    /// The candidate's record is on flash.
    mutating func wasAdmitted(_ operation: Operation, at now: Instant) {
        guard let record = MemberRecord(operation.value), operation.key.count == 1 else { return }
        welcome(record.publicKey, as: Actor(raw: operation.key[0]), at: now)
    }

    private mutating func welcome(_ key: PublicKey, as number: Actor, at now: Instant) {
        guard let membership = membership?.admitting(key, as: number) else { return }
        sponsor.admitted(
            membership, time: wallClock(at: now), at: now, into: &sponsorEffects)
    }

    private func number(of key: PublicKey) -> Actor? {
        for index in 0..<replica.map.count {
            let operation = replica.map[index]
            guard operation.collection == .members, operation.key.count == 1 else { continue }
            if MemberRecord(operation.value)?.publicKey == key {
                return Actor(raw: operation.key[0])
            }
        }
        return nil
    }

    private var freeNumber: Actor? {
        for raw in UInt8(2)...254 {
            let key = MemberRecord.key(of: Actor(raw: raw))
            if replica.map.index(of: key, in: .members) == nil { return Actor(raw: raw) }
        }
        return nil
    }
}
