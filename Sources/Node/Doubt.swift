import Base
import CRDT
import Crypto
import Mesh
import Reconcile

/// What a node knows after its card has lost records: that it does not know what is missing.
///
/// At first it trusts the heads that are left, catches up as any node does, and then compares slots
/// with a neighbour of the same root, which costs four bytes for each record that is lost. Meanwhile
/// it asks only, and tells nobody anything. Where that comes to nothing, it claims to have nothing,
/// so that its neighbours tell all that holds, and its own operations among it. Until its own head
/// is back it writes nothing: a sequence number must not be used twice (law 1).
///
/// The head that is on flash may be an old one too. So the doubt lasts until the own head has stood
/// still for two beacon intervals at rest, in which all in earshot have spoken and nobody told a
/// root that may be of more, and another node has the same as this one after that. What this cannot
/// know of: a write that only nodes out of reach have heard, and that the card has lost.
struct Doubt {
    /// How often slots are compared before all is to be told again.
    static let mostInquiries = 4

    /// The own head that was on flash; `nil` where there is no doubt.
    var head: UInt32?
    /// Whether heads count for nothing, and all is told again.
    var isTotal = false
    /// Whether that is yet to be written.
    var isDirty = false
    /// How often slots were compared, and when they may be again.
    var inquiries = 0
    var inquireAt = Instant.start
    /// Whether another node was found to hold the same.
    var hasAgreed = false
    /// How far the own head has been told again, and since when no further.
    var told: UInt32 = 0
    var stillSince = Instant.start

    /// Whether what is here is not to be relied on: the node asks, and tells nothing.
    var isMute: Bool { head != nil && !isTotal }
}

extension Node {
    /// Looks at what was restored, all of it, before the node is set going.
    ///
    /// - Parameter isDamaged: Whether the disk may have lost records, or batches.
    /// - Throws: `damaged` where that was something that no neighbour can tell: keys, frame
    ///   counters, or the own sequence.
    public mutating func wasRestored(isDamaged: Bool) throws(DiskFault) {
        guard let membership else {
            if isDamaged, identity == nil { throw .damaged }
            return
        }
        let given = counters.next(size: 0).upperBound
        guard identity != nil, given > 0 else { throw .damaged }
        let own = membership.number
        var head = max(replica.received.head(of: own), doubt.head ?? 0)
        if isDamaged {
            guard head > 0 else { throw .damaged }
            while let index = replica.live.index(ofNext: own, after: head),
                let dot = replica.live.dot(at: index)
            {
                head = dot.sequence
            }
            doubt = Doubt(head: head, isDirty: true)
            skipCounters(after: given)
        } else if doubt.head == nil {
            guard replica.live.index(ofNext: own, after: head) == nil else { throw .damaged }
        }
        learnStability()
    }

    /// The record of the frame counters may be an old one. A batch gives one block away at most, so
    /// none beyond these was used (law 2); the next block is on flash before any of it is, in the
    /// same batch as the doubt. Neighbours take a leap of less than 2^23 (`KeyRing`), and this is
    /// one of 2^21.
    private mutating func skipCounters(after given: UInt64) {
        let next = given + DiskLapse.batches * Self.counterBlock
        counters = CounterBlock(reserved: next..<next)
    }

    mutating func restoreDoubt(_ value: Span<UInt8>) throws(DiskFault) {
        var reader = ByteReader(value)
        guard let head = try? reader.littleEndian(size: 4), let isTotal = try? reader.byte(),
            reader.isAtEnd, isTotal < 2
        else { throw .damaged }
        doubt = Doubt(head: UInt32(head), isTotal: isTotal == 1)
    }

    /// In doubt, a frame told a root: asks what is lacking, or learns that nothing is.
    mutating func resolveDoubt(
        _ root: UInt32, _ kind: FrameKind, _ body: Span<UInt8>, at now: Instant
    ) {
        guard let head = doubt.head, let own = membership?.number else { return }
        let told = replica.received.head(of: own)
        if told != doubt.told || reconciler.mayLack(of: root) {
            doubt.told = told
            doubt.stillSince = now
        }
        if kind == .beacon, let state = Self.state(ofBeacon: body) {
            agree(root, state: state, at: now)
        }
        guard reconciler.agrees(with: root), root != 0 else { return }
        guard doubt.isTotal || doubt.hasAgreed else { return inquireState(at: now) }
        guard told >= head, now - doubt.stillSince >= configuration.beaconAtRest * 2 else { return }
        doubt = Doubt(head: nil, isDirty: true)
        learnStability()
        beacons.hurry(at: now)
        flush(before: now)
    }

    /// Another node told its root and that of what it holds: where both are this node's, nothing is
    /// lacking here, as far as that node knows.
    mutating func agree(_ root: UInt32, state: UInt32, at now: Instant) {
        guard doubt.head != nil, !doubt.hasAgreed, root != 0,
            reconciler.agrees(root: root, state: state, with: replica)
        else { return }
        doubt.hasAgreed = true
        doubt.stillSince = now
        reconciler.tryAnew()
    }

    private mutating func inquireState(at now: Instant) {
        guard !reconciler.isInquiringState, now >= doubt.inquireAt else { return }
        guard doubt.inquiries < Doubt.mostInquiries else { return tellNothing(at: now) }
        doubt.inquiries += 1
        doubt.inquireAt = now + configuration.beaconAfterChange * 2
        reconciler.inquireState(at: now, into: &reconcilerEffects)
    }

    /// Slots were of no avail: has all told again.
    private mutating func tellNothing(at now: Instant) {
        doubt.isTotal = true
        doubt.isDirty = true
        learnStability()
        replica.doubt()
        advanceHeads()
        flush(before: now)
        beacons.hurry(at: now)
    }

    func writeDoubt<D: Disk & ~Copyable>(to disk: inout D) throws(DiskFault) {
        if isRewriting { try disk.forgetDamage() }
        guard doubt.isDirty else { return }
        if let head = doubt.head {
            try write(doubtOf: head, isTotal: doubt.isTotal, to: &disk)
            try disk.forgetDamage()
        } else {
            try disk.delete(NodeRecord.doubt.key.span)
        }
    }

    func write<D: Disk & ~Copyable>(
        doubtOf head: UInt32, isTotal: Bool, to disk: inout D
    ) throws(DiskFault) {
        var bytes = ShortBytes<5>()
        bytes.fill {
            $0.append(littleEndian: UInt64(head), size: 4)
            $0.append(isTotal ? 1 : 0)
        }
        try disk.put(NodeRecord.doubt.key.span, bytes.span)
    }
}
