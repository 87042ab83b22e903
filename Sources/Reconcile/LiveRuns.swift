import Base
import CRDT

/// Operations as a frame holds them: runs of one actor each, superseded ones left out. Specified
/// in `radio/wire.md` §4.
///
///     run:  actor 1, first sequence varint, items …, 0xFF unless the frame ends
///     item: an operation's body, or 0xE0 + n: n are superseded (1…30), or 0xE0 and a varint
public enum LiveRuns {
    static let endOfRun: UInt8 = 0xFF
    static let skip: UInt8 = 0xE0

    /// The most bytes a skip takes.
    private static let skipSize = 6

    /// Bytes of the longest operation that a frame with room for `limit` can hold.
    public static func longestBody(in limit: Int) -> Int { limit - 1 - 5 - skipSize }

    /// Appends what is owed, as far as it fits, and strikes it from the debts.
    ///
    /// - Parameter limit: The most bytes to append.
    /// - Returns: How many operations were written, skips apart.
    public static func write(
        _ debts: inout Debts, of replica: borrowing Replica, limit: Int,
        to out: inout OutputSpan<UInt8>
    ) -> Int {
        let end = out.count + limit
        var written = 0
        var raw = 0
        var isFirst = true
        while let actor = debts.next(from: raw) {
            raw = Int(actor.raw) + 1
            guard let above = debts.head(owedBy: actor) else { break }
            let head = replica.received.head(of: actor)
            guard above < head else {
                debts.said(actor, upTo: head, of: head)
                continue
            }
            // The end mark of the run before, the actor, its first sequence and one skip.
            let overhead = (isFirst ? 0 : 1) + 1 + varintSize(UInt64(above) + 1) + skipSize
            guard out.count + overhead + smallest(replica, actor, above) <= end else { break }
            if !isFirst { out.append(endOfRun) }
            isFirst = false
            out.append(actor.raw)
            out.append(varint: UInt64(above) + 1)
            let said = writeItems(
                actor, above: above, head: head, of: replica, end: end, to: &out,
                count: &written)
            debts.said(actor, upTo: said, of: head)
            guard said >= head else { break }
        }
        return written
    }

    /// Appends one operation, in the run of the one before it where it is its author's next.
    ///
    /// - Parameter limit: The most bytes that all may take.
    /// - Returns: Whether it fitted.
    static func append(
        _ operation: Operation, after last: inout Operation?, limit: Int,
        to out: inout OutputSpan<UInt8>
    ) -> Bool {
        let dot = operation.dot
        if let last, last.dot.actor == dot.actor, last.dot.sequence + 1 == dot.sequence {
            guard out.count + operation.size(after: last.stamp) <= limit else { return false }
            operation.write(after: last.stamp, to: &out)
        } else {
            let start = (last == nil ? 0 : 1) + 1 + varintSize(UInt64(dot.sequence))
            guard out.count + start + operation.size(after: nil) <= limit else { return false }
            if last != nil { out.append(endOfRun) }
            out.append(dot.actor.raw)
            out.append(varint: UInt64(dot.sequence))
            operation.write(after: nil, to: &out)
        }
        last = operation
        return true
    }

    /// Size of the first operation that a run would hold.
    private static func smallest(
        _ replica: borrowing Replica, _ actor: Actor, _ above: UInt32
    ) -> Int {
        guard let index = replica.live.index(ofNext: actor, after: above) else { return 0 }
        return replica.live.view(at: index)?.body.count ?? 0
    }

    /// - Returns: Up to which sequence all has been said.
    private static func writeItems(
        _ actor: Actor, above: UInt32, head: UInt32, of replica: borrowing Replica, end: Int,
        to out: inout OutputSpan<UInt8>, count: inout Int
    ) -> UInt32 {
        var said = above
        var stamp: Stamp?
        while said < head {
            guard let index = replica.live.index(ofNext: actor, after: said),
                let operation = replica.live[index], operation.dot.sequence <= head
            else {
                guard out.count + skipSize <= end else { return said }
                append(skip: head - said, to: &out)
                return head
            }
            let gap = operation.dot.sequence - said - 1
            let size = (gap > 0 ? skipSize : 0) + operation.size(after: stamp)
            guard out.count + size <= end else { return said }
            if gap > 0 { append(skip: gap, to: &out) }
            operation.write(after: stamp, to: &out)
            stamp = operation.stamp
            said = operation.dot.sequence
            count += 1
        }
        return said
    }

    private static func append(skip count: UInt32, to out: inout OutputSpan<UInt8>) {
        if count <= 30 {
            out.append(skip + UInt8(count))
        } else {
            out.append(skip)
            out.append(varint: UInt64(count))
        }
    }
}

/// Reads runs in order.
public struct LiveRunReader: ~Escapable {
    /// What comes next.
    public enum Item {
        /// An operation.
        case operation(Operation)
        /// The actor's operations `first...last` are superseded.
        case superseded(Actor, ClosedRange<UInt32>)
        /// The run is over: it held the actor's operations `first...last`.
        case end(Actor, ClosedRange<UInt32>)

        /// The first operation that it is of.
        public var first: Dot {
            switch self {
            case .operation(let operation): operation.dot
            case .superseded(let actor, let run), .end(let actor, let run):
                Dot(actor, run.lowerBound)
            }
        }
    }

    private var reader: ByteReader
    private var actor: Actor?
    private var first: UInt32 = 0
    private var next: UInt32 = 0
    private var stamp: Stamp?

    /// A reader of a frame's runs.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) { reader = ByteReader(bytes) }

    /// The next item, or `nil` at the frame's end. Total: any bytes give items or a named error.
    public mutating func nextItem() throws(OperationError) -> Item? {
        guard let actor else {
            guard !reader.isAtEnd else { return nil }
            try beginRun()
            return try nextItem()
        }
        guard let head = try? reader.byte() else { return end(actor) }
        if head == LiveRuns.endOfRun { return end(actor) }
        if head >= LiveRuns.skip {
            var count = UInt64(head - LiveRuns.skip)
            if count == 0 {
                guard let long = try? reader.varint() else { throw .truncated }
                count = long
            }
            guard count > 0, count <= UInt64(UInt32.max - next) else { throw .truncated }
            let start = next
            next += UInt32(count)
            return .superseded(actor, start...(next - 1))
        }
        reader.back()
        guard next < UInt32.max else { throw .truncated }
        let operation = try Operation(Dot(actor, next), reading: &reader, after: stamp)
        stamp = operation.stamp
        next += 1
        return .operation(operation)
    }

    private mutating func beginRun() throws(OperationError) {
        guard let raw = try? reader.byte(), let sequence = try? reader.varint(), raw > 0,
            sequence > 0, sequence < UInt64(UInt32.max)
        else { throw .truncated }
        actor = Actor(raw: raw)
        first = UInt32(sequence)
        next = first
        stamp = nil
    }

    private mutating func end(_ actor: Actor) -> Item? {
        self.actor = nil
        guard next > first else { return nil }
        return .end(actor, first...(next - 1))
    }
}
