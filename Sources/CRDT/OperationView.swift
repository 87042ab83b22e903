import Base

/// One write where it lies: on flash, or among those that hold. Like `Operation`, without a copy of
/// the body.
public struct OperationView: ~Escapable {
    /// Its name.
    public let dot: Dot
    /// What was written.
    public let body: Span<UInt8>
    let layout: Operation.Layout

    @_lifetime(copy body)
    init(_ dot: Dot, _ body: Span<UInt8>, _ layout: Operation.Layout) {
        self.dot = dot
        self.body = body
        self.layout = layout
    }

    /// Takes a body that was read before, from a card that keeps checksums: only its layout is
    /// found.
    @_lifetime(copy bytes)
    public init(_ dot: Dot, kept bytes: Span<UInt8>) throws(OperationError) {
        guard bytes.count <= Operation.bodyCapacity else { throw .badValue }
        var reader = ByteReader(bytes)
        var layout = Operation.Layout()
        do throws(Truncated) {
            let head = Head(raw: try reader.byte())
            guard let kind = head.kind, !head.isStampElided else { throw Truncated() }
            if head.hasLiteralKey {
                try reader.skip(Int(try reader.byte() & 31))
            } else {
                guard try reader.varint() <= UInt64(Schema.lastBound) else { throw Truncated() }
            }
            layout.stamp = UInt8(bytes.count - reader.remaining)
            try reader.skip(3)
            layout.context = UInt8(bytes.count - reader.remaining)
            if head.hasContext {
                for _ in 0..<(try reader.byte()) {
                    _ = try reader.byte()
                    _ = try reader.varint()
                }
            }
            if head.valueSize == nil { _ = try reader.byte() }
            layout.value = UInt8(bytes.count - reader.remaining)
            let mayBeEmpty = kind == .write || kind == .remove || kind == .report
            guard mayBeEmpty || !reader.isAtEnd else { throw Truncated() }
        } catch {
            throw .truncated
        }
        self.init(dot, bytes, layout)
    }

    /// What it does.
    public var kind: OperationKind { Head(raw: body[0]).kind ?? .write }

    /// When it was written.
    public var stamp: Stamp {
        let start = Int(layout.stamp)
        return Stamp(
            raw: UInt32(body[start]) | UInt32(body[start + 1]) << 8 | UInt32(body[start + 2]) << 16)
    }

    /// How its key is told.
    public var key: KeyReference {
        var reader = ByteReader(body.extracting(1..<Int(layout.stamp)))
        guard
            let key = try? KeyReference(
                reading: &reader, isLiteral: Head(raw: body[0]).hasLiteralKey)
        else { preconditionFailure("a body was checked when it was read") }
        return key
    }

    /// What its author had seen of the cell.
    public var context: Context {
        guard Head(raw: body[0]).hasContext else { return Context() }
        var reader = ByteReader(body.extracting(Int(layout.context)..<body.count))
        guard let context = try? Context(reading: &reader) else {
            preconditionFailure("a body was checked when it was read")
        }
        return context
    }

    /// What it writes.
    public var value: Value {
        Value(body.extracting(Int(layout.value)..<body.count)) ?? Value()
    }

    /// Whether it supersedes the operation of this name, if that writes the same cell: its author
    /// had seen it, or wrote it before.
    public func covers(_ other: Dot) -> Bool {
        if other.actor == dot.actor { return other.sequence < dot.sequence }
        guard Head(raw: body[0]).hasContext else { return false }
        return context.sequence(of: other.actor) >= other.sequence
    }

    /// Whether it stands only for what is gone: it need not be kept once all have seen it.
    public var isRemoval: Bool {
        switch kind {
        case .remove: true
        case .report: Int(layout.value) == body.count
        case .write, .add, .count, .account, .append: false
        }
    }
}
