import Base
import CRDT
import Crypto
import Mesh

/// What a node knows after its card has lost records: that it does not know what is missing.
///
/// It then claims to have nothing, so that its neighbours tell all that holds, and its own
/// operations among it. Until its own head is back it writes nothing: a sequence number must not
/// be used twice (law 1).
struct Doubt {
    /// The own head that was on flash; `nil` where there is no doubt.
    var head: UInt32?
    /// Whether that is yet to be written.
    var isDirty = false
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
        guard doubt.head == nil else { return }
        guard replica.live.index(ofNext: own, after: head) == nil else { throw .damaged }
        if isDamaged {
            guard head > 0 else { throw .damaged }
            doubt = Doubt(head: head, isDirty: true)
            replica.doubt()
        }
    }

    mutating func restoreDoubt(_ value: Span<UInt8>) throws(DiskFault) {
        var reader = ByteReader(value)
        guard let head = try? reader.littleEndian(size: 4), reader.isAtEnd else { throw .damaged }
        doubt = Doubt(head: UInt32(head))
    }

    /// Another node has the same as this one, on flash: what it could tell, it has told.
    mutating func easeDoubt(at now: Instant) {
        guard let head = doubt.head, let own = membership?.number, durableRoot != 0,
            replica.durable.head(of: own) >= head
        else { return }
        doubt = Doubt(head: nil, isDirty: true)
        flush(before: now)
    }

    func writeDoubt<D: Disk & ~Copyable>(to disk: inout D) throws(DiskFault) {
        if isRewriting { try disk.forgetDamage() }
        guard doubt.isDirty else { return }
        if let head = doubt.head {
            var bytes = ShortBytes<4>()
            bytes.fill { $0.append(littleEndian: UInt64(head), size: 4) }
            try disk.put(NodeRecord.doubt.key.span, bytes.span)
            try disk.forgetDamage()
        } else {
            try disk.delete(NodeRecord.doubt.key.span)
        }
    }
}
