import Base
import CRDT

/// Heads of a stretch of actors, as one frame holds them. Specified in `radio/wire.md` §5.
///
///       0       1       2       3 …
///     ┌───────┬───────┬───────┬────────┬───
///     │ first │ last  │ actor │ head   │ …
///     │       │       │       │ varint │
///     └───────┴───────┴───────┴────────┴───
///
/// Actors in ascending order; one of `first...last` that is not named has head 0.
public enum HeadsPage {
    /// What reading a page found.
    public struct Difference: Equatable, Sendable {
        /// The sender has operations that are not here.
        public var iLack: Bool
        /// Operations are here that the sender has not.
        public var peerLacks: Bool

        /// A difference; none unless said.
        public init(iLack: Bool = false, peerLacks: Bool = false) {
            self.iLack = iLack
            self.peerLacks = peerLacks
        }
    }

    /// Appends as many heads as fit, from the actor `first` on.
    ///
    /// - Parameter limit: The most bytes to append, at least 8.
    /// - Returns: The actor to begin the next page with; 0 once all have been written.
    public static func write(
        _ vector: borrowing VersionVector, from first: UInt8, limit: Int,
        to out: inout OutputSpan<UInt8>
    ) -> UInt8 {
        var last = Int(first)
        var size = 2
        while last < Actor.tableSize {
            let head = vector.head(of: Actor(raw: UInt8(last)))
            let more = head == 0 ? 0 : 1 + varintSize(UInt64(head))
            guard size + more <= limit else { break }
            size += more
            last += 1
        }
        out.append(first)
        out.append(UInt8(last - 1))
        for raw in Int(first)..<last {
            let head = vector.head(of: Actor(raw: UInt8(raw)))
            guard head > 0 else { continue }
            out.append(UInt8(raw))
            out.append(varint: UInt64(head))
        }
        return UInt8(truncatingIfNeeded: last)
    }

    /// Compares a page with what is here, and notes in `debts` what its sender lacks.
    ///
    /// Total: any bytes give a difference or an error; what comes before the error counts.
    public static func read(
        _ bytes: Span<UInt8>, against replica: borrowing Replica, debts: inout Debts
    ) throws(Truncated) -> Difference {
        var reader = ByteReader(bytes)
        let first = Int(try reader.byte())
        let last = Int(try reader.byte())
        guard first <= last else { throw Truncated() }
        var difference = Difference()
        var next = first
        while true {
            var named = last + 1
            var head: UInt64 = 0
            if !reader.isAtEnd {
                named = Int(try reader.byte())
                head = try reader.varint()
                guard named >= next, named <= last, head <= UInt64(UInt32.max) else {
                    throw Truncated()
                }
            }
            for raw in next..<named { compare(raw, 0, replica, &debts, &difference) }
            guard named <= last else { return difference }
            compare(named, UInt32(head), replica, &debts, &difference)
            next = named + 1
        }
    }

    private static func compare(
        _ raw: Int, _ head: UInt32, _ replica: borrowing Replica, _ debts: inout Debts,
        _ difference: inout Difference
    ) {
        let actor = Actor(raw: UInt8(raw))
        if head > replica.received.head(of: actor) { difference.iLack = true }
        if head < replica.durable.head(of: actor) {
            difference.peerLacks = true
            debts.owe(actor, above: head, copies: 1)
        }
    }
}
