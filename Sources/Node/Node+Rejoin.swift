import Base
import CRDT
import Crypto
import Mesh
import Reconcile

/// How one that was left out comes back: under a new number, as a newcomer. What it holds may have
/// been removed everywhere long ago, so it keeps nothing of it.
///
///     heard ────────▶ founder has all    ─────────▶ all state ─────────▶ newcomer
///     of its absence  that it wrote, and            taken off flash
///                     a number for it
///
/// From the moment that it knows, it writes nothing but one claim, by which the founder learns that it
/// is back. What it holds of bounded counters stays with its old number.
extension Node {
    /// At each beacon of a node that was left out.
    mutating func comeBack(at now: Instant, into effects: inout Effects<NodeEffect>) {
        guard let own = membership?.number, let identity, draftCount == 0,
            let absence = replica.absence(of: own)
        else { return }
        guard replica.durable.head(of: own) <= absence.head else {
            // The founder has not told yet that it has all that this node wrote.
            guard now >= returning.at else { return }
            let pause = min(
                max(returning.pause * 2, configuration.beaconAtRest), .seconds(86_400))
            returning = (now + pause, pause)
            reconciler.debts.owe(own, above: absence.head, copies: 2)
            debtsAreNews = true
            return reconciler.push(own: false, at: now, into: &reconcilerEffects)
        }
        guard let number = replica.number(of: identity.publicKey) else {
            return report(Call.claim(Stamp(raw: 0)), at: now)
        }
        guard let certificate = replica.certificate(of: number),
            let membership = membership?.rejoining(
                identity.publicKey, as: number, certificate, leftOut: replica.leftOut),
            let record = replica.latest(MemberRecord.name(of: number))
        else { return }
        clock.observe(record.stamp, at: nil)
        rebirth = membership
        persist(into: &effects)
    }

    /// Puts into a batch what takes all state off flash. Counters of frames stay: no nonce is used
    /// twice (law 2), and no frame of others taken twice.
    ///
    /// Where the card has lost an earlier rebirth under the same number, that has operations, which
    /// others tell before it writes again: no sequence number is used twice either (law 1).
    mutating func write<D: Disk & ~Copyable>(
        _ rebirth: Membership, to disk: inout D
    ) throws(DiskFault) {
        for index in 0..<replica.live.capacity {
            guard let dot = replica.live.dot(at: index) else { continue }
            try disk.delete(NodeRecord.operation(dot).key.span)
        }
        var outdated = 0
        while let dot = replica.outdatedDot(outdated) {
            try disk.delete(NodeRecord.operation(dot).key.span)
            outdated += 1
        }
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            let counter = keys?.counter(of: actor) ?? 0
            guard counter > 0 || replica.received.head(of: actor) > 0 || actor == rebirth.number
            else { continue }
            try disk.put(head: 0, counter: counter, clock.latest, of: actor)
        }
        try write(membership: rebirth, to: &disk)
        let used = replica.received.head(of: rebirth.number)
        if used > 0 { try write(doubtOf: used, isTotal: true, to: &disk) }
        batch.isRebirth = true
    }

    /// All state is off flash: begins anew.
    mutating func beReborn(into effects: inout Effects<NodeEffect>) {
        guard let membership = rebirth else { return }
        rebirth = nil
        let used = replica.received.head(of: membership.number)
        doubt = used > 0 ? Doubt(head: used, isTotal: true) : Doubt()
        replica = Replica(capacity: configuration.keyCapacity)
        changes = Changes(capacity: configuration.keyCapacity)
        reconciler = Self.reconciler(configuration, dice: Dice(seed: entropy.number()))
        while reconcilerEffects.popFirst() != nil {}
        reconcilerWake = nil
        intents = Intents()
        debtsAreNews = false
        returning = (.start, .zero)
        keys?.become(membership.number)
        enter(membership)
        learnStability()
        membershipIsDirty = false
        effects.append(.joined)
    }
}
