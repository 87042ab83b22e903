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
struct Doubt {
    /// How often slots are compared before all is to be told again.
    static let mostInquiries = 4

    /// The own head that was on flash; `nil` where there is no doubt.
    var head: UInt32?
    /// Whether heads count for nothing, and all is told again.
    var isTotal = false
    /// Whether that is yet to be written.
    var isDirty = false
    /// How often slots were compared.
    var inquiries = 0
}

extension Node {
    /// Looks at what was restored, all of it, before the node is set going.
    ///
    /// - Parameter isDamaged: Whether the disk may have lost records.
    /// - Throws: `damaged` where that was something that no neighbour can tell: keys, frame
    ///   counters, or the own sequence.
    public mutating func wasRestored(isDamaged: Bool) throws(DiskFault) {
        guard let membership else {
            if isDamaged, identity == nil { throw .damaged }
            return
        }
        guard identity != nil, counters.next(size: 1).lowerBound > 0 else { throw .damaged }
        let own = membership.number
        let head = replica.received.head(of: own)
        reconciler.isMute = doubt.head != nil && !doubt.isTotal
        guard doubt.head == nil else { return }
        guard replica.live.index(ofNext: own, after: head) == nil else { throw .damaged }
        if isDamaged {
            guard head > 0 else { throw .damaged }
            doubt = Doubt(head: head, isDirty: true)
            reconciler.isMute = true
        }
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
        if doubt.isTotal {
            // Another node has the same as this one, on flash: what it could tell, it has told.
            if root == self.root, root != 0 { endDoubt(at: now) }
            return
        }
        if kind == .beacon, let state = Self.state(ofBeacon: body) {
            easeDoubt(root, state: state, at: now)
        }
        guard doubt.head != nil, root == self.root, !reconciler.isInquiringState else { return }
        if doubt.inquiries < Doubt.mostInquiries {
            doubt.inquiries += 1
            reconciler.inquireState(at: now, into: &reconcilerEffects)
        } else {
            tellNothing(at: now)
        }
    }

    /// Another node told its root and that of what it holds: where both are this node's, nothing is
    /// lacking here.
    mutating func easeDoubt(_ root: UInt32, state: UInt32, at now: Instant) {
        guard doubt.head != nil, !doubt.isTotal, root != 0,
            reconciler.agrees(root: root, state: state, with: replica)
        else { return }
        endDoubt(at: now)
    }

    private mutating func endDoubt(at now: Instant) {
        guard let head = doubt.head, let own = membership?.number,
            replica.received.head(of: own) >= head
        else { return }
        doubt = Doubt(head: nil, isDirty: true)
        reconciler.isMute = false
        beacons.hurry(at: now)
        flush(before: now)
    }

    /// Slots were of no avail: has all told again.
    private mutating func tellNothing(at now: Instant) {
        doubt.isTotal = true
        doubt.isDirty = true
        reconciler.isMute = false
        replica.doubt()
        advanceHeads()
        flush(before: now)
        beacons.hurry(at: now)
    }

    func writeDoubt<D: Disk & ~Copyable>(to disk: inout D) throws(DiskFault) {
        if isRewriting { try disk.forgetDamage() }
        guard doubt.isDirty else { return }
        if let head = doubt.head {
            var bytes = ShortBytes<5>()
            bytes.fill {
                $0.append(littleEndian: UInt64(head), size: 4)
                $0.append(doubt.isTotal ? 1 : 0)
            }
            try disk.put(NodeRecord.doubt.key.span, bytes.span)
            try disk.forgetDamage()
        } else {
            try disk.delete(NodeRecord.doubt.key.span)
        }
    }
}
