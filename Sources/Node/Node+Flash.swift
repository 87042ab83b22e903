import Base
import CRDT
import Crypto
import Mesh
import Reconcile

/// What is in the batch between `write` and its outcome.
struct Batch {
    var counters: Range<UInt64>?
    /// How many of the drafts it deals with, and how many operations it makes of them.
    var drafts = 0, made = 0
    var hasIdentity = false
    var hasMembership = false
    /// Whether all state is taken off flash, and this node becomes a newcomer.
    var isRebirth = false
}

extension Node {
    // MARK: Start

    /// Takes in one record of those that are on flash, in the order of their keys.
    public mutating func restore(
        _ key: Span<UInt8>, _ value: Span<UInt8>
    ) throws(DiskFault) {
        if let dot = NodeRecord.dot(key) {
            try restoreOperation(dot, value)
        } else if NodeRecord.format.isKey(key) {
            guard value.count == 1 else { throw .damaged }
            guard value[0] == NodeRecord.formatVersion else { throw .unknownFormat(value[0]) }
        } else if NodeRecord.identity.isKey(key) {
            guard let seed = FixedBytes<32>(value) else { throw .damaged }
            identity = Identity(seed: seed)
        } else if NodeRecord.pairingCode.isKey(key) {
            guard let code = PairingCode(bytes: value) else { throw .damaged }
            self.code = code
        } else if NodeRecord.membership.isKey(key) {
            membership = try Self.membership(value)
        } else if NodeRecord.counters.isKey(key) {
            let given = try Self.number(value)
            guard given <= Self.lastCounter else { throw .damaged }
            counters = CounterBlock(reserved: given..<given)
        } else if NodeRecord.leftOut.isKey(key) {
            guard let leftOut = ActorSet(value) else { throw .damaged }
            membership?.leftOut = leftOut
        } else if NodeRecord.doubt.isKey(key) {
            try restoreDoubt(value)
        } else if key.count == 2, key[0] == NodeRecord.heads {
            try restoreHeads(Actor(raw: key[1]), value)
        }
    }

    private static func number(_ value: Span<UInt8>) throws(DiskFault) -> UInt64 {
        var reader = ByteReader(value)
        guard let number = try? reader.littleEndian(size: 8), reader.isAtEnd else {
            throw .damaged
        }
        return number
    }

    private static func membership(_ value: Span<UInt8>) throws(DiskFault) -> Membership {
        var reader = ByteReader(value)
        guard var membership = try? Membership(reading: &reader) else { throw .damaged }
        if !reader.isAtEnd {
            guard let seed = FixedBytes<32>(reader.rest()) else { throw .damaged }
            membership.founder = Identity(seed: seed)
        }
        return membership
    }

    /// Before the key ring exists: its counters are kept until `enter`.
    private mutating func restoreHeads(
        _ actor: Actor, _ value: Span<UInt8>
    ) throws(DiskFault) {
        var reader = ByteReader(value)
        guard let head = try? reader.littleEndian(size: 4),
            let counter = try? reader.littleEndian(size: 8)
        else { throw .damaged }
        if let stamp = try? reader.littleEndian(size: 3) {
            clock.observe(Stamp(raw: UInt32(stamp)), at: nil)
        }
        replica.restore(UInt32(head), of: actor)
        if let membership, keys == nil { keys = Self.keyRing(membership) }
        keys?.restore(counter: counter, of: actor)
    }

    private mutating func restoreOperation(
        _ dot: Dot, _ body: Span<UInt8>
    ) throws(DiskFault) {
        guard let operation = try? OperationView(dot, kept: body) else { throw .damaged }
        if dot.actor == membership?.number { clock.observe(operation.stamp, at: nil) }
        _ = replica.restore(operation)
    }

    private static func keyRing(_ membership: Membership) -> KeyRing {
        KeyRing(meshKey: membership.key, epoch: membership.epoch, own: membership.number)
    }

    /// Becomes what the membership says, at start or when it is on flash.
    mutating func enter(_ membership: Membership) {
        self.membership = membership
        if keys == nil { keys = Self.keyRing(membership) }
        let key = membership.key.derive(.headHash, context: UInt64(membership.epoch))
        reconciler.enter(
            own: membership.number, roots: HeadsRoot(hash: key.shortHash), of: replica)
    }

    /// Heads have moved, here or on flash.
    mutating func advanceHeads() {
        reconciler.advance(received: replica.received, durable: replica.durable)
    }

    // MARK: Flush

    /// Writes all anew that is on flash, since some of it is damaged there and all is here.
    public mutating func rewrite(at now: Instant, into effects: inout Effects<NodeEffect>) {
        isRewriting = true
        identityIsDirty = identity != nil
        membershipIsDirty = membership != nil
        replica.rewrite()
        persist(into: &effects)
        settle(at: now, into: &effects)
    }

    /// Asks for a flush, unless one is under way.
    mutating func persist(into effects: inout Effects<NodeEffect>) {
        guard !isPersisting else { return }
        isPersisting = true
        flushAt = nil
        effects.append(.persist)
    }

    /// Asks for a flush by then at the latest.
    mutating func flush(before time: Instant) { flushAt = min(flushAt ?? .distantFuture, time) }

    /// Puts into a batch all that is not on flash yet: first what makes drafts operations.
    ///
    /// An operation gets its sequence number here, in the batch that stores it (law 1), and loses
    /// it again if the batch fails: authors have no gaps.
    public mutating func write<D: Disk & ~Copyable>(to disk: inout D) throws(DiskFault) {
        batch = Batch()
        if let rebirth { return try write(rebirth, to: &disk) }
        try writeIdentity(to: &disk)
        if membershipIsDirty { try writeMembership(to: &disk) }
        if isRewriting { try disk.put(NodeRecord.counters, counters.next(size: 0).upperBound) }
        if counters.left < Int(Self.counterBlock) / 2 {
            let block = counters.next(size: Self.counterBlock)
            try disk.put(NodeRecord.counters, block.upperBound)
            batch.counters = block
        }
        try writeDoubt(to: &disk)
        try writeDrafts(to: &disk)
        var entry = 0
        while let index = replica.nextDirtyEntry(from: entry) {
            if let operation = replica.live[index] { try disk.put(operation) }
            entry = index + 1
        }
        var outdated = 0
        while let dot = replica.outdatedDot(outdated) {
            try disk.delete(NodeRecord.operation(dot).key.span)
            outdated += 1
        }
        var raw = 0
        while let actor = replica.nextDirtyActor(from: raw) {
            try disk.put(
                head: replica.received.head(of: actor), counter: keys?.counter(of: actor) ?? 0,
                clock.latest, of: actor)
            raw = Int(actor.raw) + 1
        }
    }

    private mutating func writeIdentity<D: Disk & ~Copyable>(
        to disk: inout D
    ) throws(DiskFault) {
        guard identityIsDirty, let identity, let code else { return }
        var version = FixedBytes<1>()
        version[0] = NodeRecord.formatVersion
        try disk.put(NodeRecord.format.key.span, version.span)
        try disk.put(NodeRecord.identity.key.span, identity.seed.span)
        try disk.put(NodeRecord.pairingCode.key.span, code.password.span)
        batch.hasIdentity = true
    }

    private mutating func writeMembership<D: Disk & ~Copyable>(
        to disk: inout D
    ) throws(DiskFault) {
        if let membership { return try write(membership: membership, to: &disk) }
        guard let joined = joiner?.membership, let time = joiner?.time else { return }
        try write(membership: joined, to: &disk)
        // No stamp of a newcomer is before that of its admission.
        clock.observe(Stamp(milliseconds: time), at: nil)
        try disk.put(head: 0, counter: 0, clock.latest, of: joined.number)
    }

    mutating func write<D: Disk & ~Copyable>(
        membership: Membership, to disk: inout D
    ) throws(DiskFault) {
        var bytes = ShortBytes<255>()
        bytes.fill { out in
            membership.write(to: &out)
            if let founder = membership.founder { out.append(contentsOf: founder.seed.span) }
        }
        try disk.put(NodeRecord.membership.key.span, bytes.span)
        var leftOut = ShortBytes<32>()
        leftOut.fill { membership.leftOut.write(to: &$0) }
        if !leftOut.isEmpty { try disk.put(NodeRecord.leftOut.key.span, leftOut.span) }
        batch.hasMembership = true
    }

    private mutating func writeDrafts<D: Disk & ~Copyable>(
        to disk: inout D
    ) throws(DiskFault) {
        guard draftCount > 0, let own = membership?.number else { return }
        makeOperations(of: own)
        for index in 0..<batch.made {
            if let operation = made[index] { try disk.put(operation) }
        }
        guard batch.made > 0 else { return }
        let head = replica.received.head(of: own) + UInt32(batch.made)
        try disk.put(head: head, counter: 0, clock.latest, of: own)
    }

    /// Makes operations of the drafts, up to the first that builds upon another in the batch. Their
    /// stamps are not before any that they name: what came in since they were drafted counts.
    private mutating func makeOperations(of own: Actor) {
        var next = Dot(own, replica.received.head(of: own) + 1)
        var hasBinding = false
        for index in 0..<draftCount {
            guard let draft = drafts[index] else { continue }
            if let change = draft.change {
                if !isIndependent(change, of: draft.name, at: index) { break }
                if !hasBinding, room > draftCount,
                    let binding = replica.binding(next, of: draft.name, at: clock.latest)
                {
                    hasBinding = true
                    append(binding, &next)
                }
                do throws(ChangeError) {
                    let operation = try replica.operation(
                        next, change, of: draft.name, at: clock.latest)
                    if room > 0 || replica.replacesAny(operation) {
                        append(operation, &next)
                    } else {
                        drafts[index]?.failure = .mapFull(capacity: replica.live.capacity)
                    }
                } catch {
                    drafts[index]?.failure = .change(error)
                }
            }
            batch.drafts = index + 1
        }
    }

    /// For how many more operations there is room, those of the batch counted.
    private var room: Int { replica.live.capacity - replica.live.count - batch.made }

    private mutating func append(_ operation: Operation, _ next: inout Dot) {
        made[batch.made] = operation
        batch.made += 1
        next.sequence += 1
    }

    /// Whether no earlier draft of the batch matters to the one at `index`.
    private func isIndependent(_ change: Change, of name: KeyName, at index: Int) -> Bool {
        for earlier in 0..<index where drafts[earlier]?.name == name {
            if let other = drafts[earlier]?.change, !change.isIndependent(of: other) {
                return false
            }
        }
        return true
    }

    /// The batch is on flash: only now is there anything to say of it (laws 1 and 8).
    mutating func persisted(at now: Instant, into effects: inout Effects<NodeEffect>) {
        isPersisting = false
        diskFault = nil
        statistics.flushes += 1
        if batch.hasIdentity { identityIsDirty = false }
        doubt.isDirty = false
        isRewriting = false
        if let block = batch.counters { counters.extend(by: block) }
        if batch.isRebirth { beReborn(into: &effects) }
        if batch.hasMembership { membershipWasKept(at: now, into: &effects) }
        replica.flushed()
        speakDrafts(at: now, into: &effects)
        advanceHeads()
        batch = Batch()
        if draftCount > 0 { persist(into: &effects) }
    }

    /// Nothing of the batch is on flash: drafts are given back, the rest is tried again.
    mutating func persistFailed(
        _ fault: DiskFault, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        isPersisting = false
        diskFault = fault
        statistics.flushesFailed += 1
        batch = Batch()
        for index in 0..<draftCount {
            guard let draft = drafts[index] else { continue }
            drafts[index] = nil
            switch draft.purpose {
            case .write(let request):
                effects.append(.refused(request, .flash(fault)))
            case .founding(let request):
                forgetMembership()
                effects.append(.refused(request, .flash(fault)))
            case .admission:
                sponsor.refused(.flash, into: &sponsorEffects)
            case .upkeep:
                break
            }
        }
        draftCount = 0
        flushAt = now + .seconds(10)
    }

    private mutating func membershipWasKept(
        at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        membershipIsDirty = false
        if membership == nil, let joined = joiner?.membership {
            if wallOffset == nil, let time = joiner?.time {
                wallOffset = time - min(time, UInt64(max(0, now.milliseconds)))
            }
            enter(joined)
            joiner?.kept(into: &joinerEffects)
            effects.append(.joined)
        }
        beacons.hurry(at: now)
    }

    private mutating func forgetMembership() {
        membership = nil
        membershipIsDirty = false
        keys = nil
    }

    /// Drafts have become operations: merges them, answers, and speaks of them.
    private mutating func speakDrafts(
        at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        let count = batch.drafts
        guard count > 0, let own = membership?.number else { return }
        let head = replica.received.head(of: own)
        for index in 0..<batch.made {
            guard let operation = made[index] else { continue }
            made[index] = nil
            reconciler.keep(operation)
            if case .changed(let index) = replica.keep(operation) {
                tellChange(index, into: &effects)
            }
        }
        for index in 0..<count {
            guard let draft = drafts[index] else { continue }
            answer(draft, at: now, into: &effects)
        }
        for index in 0..<draftCount {
            drafts[index] = index + count < draftCount ? drafts[index + count] : nil
        }
        draftCount -= count
        guard batch.made > 0 else { return }
        reconciler.debts.owe(own, above: head, copies: 255)
        debtsAreNews = true
        reconciler.push(own: true, at: now, into: &reconcilerEffects)
    }
}

extension Node {
    /// Tells whoever waits for a draft what became of it.
    private mutating func answer(
        _ draft: Draft, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        switch draft.purpose {
        case .write(let request), .founding(let request):
            if let failure = draft.failure {
                effects.append(.refused(request, failure))
            } else {
                effects.append(.done(request))
            }
        case .admission:
            wasAdmitted(draft, at: now)
        case .upkeep:
            break
        }
    }
}

extension Disk where Self: ~Copyable {
    fileprivate mutating func put(_ record: NodeRecord, _ number: UInt64) throws(DiskFault) {
        var bytes = FixedBytes<8>()
        for index in 0..<8 { bytes[index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
        try put(record.key.span, bytes.span)
    }

    mutating func put(
        head: UInt32, counter: UInt64, _ latest: Stamp, of actor: Actor
    ) throws(DiskFault) {
        var bytes = ShortBytes<15>()
        bytes.fill { out in
            out.append(littleEndian: UInt64(head), size: 4)
            out.append(littleEndian: counter, size: 8)
            out.append(littleEndian: UInt64(latest.raw), size: 3)
        }
        try put(NodeRecord.heads(of: actor).key.span, bytes.span)
    }

    fileprivate mutating func put(_ operation: Operation) throws(DiskFault) {
        try put(NodeRecord.operation(operation.dot).key.span, operation.body.span)
    }
}
