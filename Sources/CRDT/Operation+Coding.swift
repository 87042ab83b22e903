import Base

/// Why bytes are not an operation.
public enum OperationError: Error, Equatable, Sendable {
    case truncated
    case unknownKind
    /// Its stamp is that of the operation before it, and there is none.
    case noStamp
    /// Its key is of a collection or a code that this version does not know.
    case badKey
    case badContext
    case badValue

    /// What is wrong with the bytes.
    public var sentence: String {
        switch self {
        case .truncated: "an operation ends too soon"
        case .unknownKind: "an operation is of a kind that this version does not know"
        case .noStamp: "an operation refers to one before it, and there is none"
        case .badKey: "an operation's key is none that this version can read"
        case .badContext: "what an operation replaces is not told in ascending order"
        case .badValue: "an operation's value is too long, or not what its kind asks for"
        }
    }
}

/// The first byte of an operation.
struct Head {
    var raw: UInt8

    static let stampElided: UInt8 = 0x10
    private static let literalKey: UInt8 = 0x08
    private static let context: UInt8 = 0x04
    /// The value's size, 0…2 bytes; 3 where a byte tells it.
    private static let size: UInt8 = 0x03

    init(raw: UInt8) { self.raw = raw }

    init(_ kind: OperationKind, _ key: KeyReference, _ context: Context, valueSize: Int) {
        raw =
            kind.rawValue << 5 | (key.isLiteral ? Self.literalKey : 0)
            | (context.count > 0 ? Self.context : 0) | UInt8(min(valueSize, 3))
    }

    var kind: OperationKind? { OperationKind(rawValue: raw >> 5) }
    var isStampElided: Bool { raw & Self.stampElided != 0 }
    var hasLiteralKey: Bool { raw & Self.literalKey != 0 }
    var hasContext: Bool { raw & Self.context != 0 }
    /// `nil` where a byte tells it.
    var valueSize: Int? { raw & Self.size == 3 ? nil : Int(raw & Self.size) }
}

/// An operation without its dot, which follows from its place (in a frame: the run; on flash: the
/// record's key). Specified in `radio/wire.md` §4.
///
///       0                                        …      …        …         …       …
///     ┌──────┬────────┬─────────┬─────────┬──────┬──────┬────────┬─────────┬───────┬───────
///     │ kind │ stamp  │ literal │ context │ size │ key  │ stamp  │ context │ size  │ value
///     │ 3 b  │ elided │ key     │         │ 2 b  │      │ 3 b    │         │ if ≥3 │
///     └──────┴────────┴─────────┴─────────┴──────┴──────┴────────┴─────────┴───────┴───────
///
/// In a run, the stamp is left out where it is that of the operation before. Kind 7 is not an
/// operation but a skip.
extension Operation {
    /// How many bytes `write` writes.
    ///
    /// - Parameter previous: The stamp of the operation before it in the run, if there is one.
    public func size(after previous: Stamp?) -> Int {
        stamp == previous ? body.count - 3 : body.count
    }

    /// Appends the operation without its dot.
    public func write(after previous: Stamp?, to out: inout OutputSpan<UInt8>) {
        guard stamp == previous else { return out.append(contentsOf: body.span) }
        out.append(body[0] | Head.stampElided)
        out.append(contentsOf: body.span.extracting(1..<Int(layout.stamp)))
        out.append(contentsOf: body.span.extracting(Int(layout.context)..<body.count))
    }

    /// Reads what `write` wrote. Total: any bytes give an operation or a named error.
    public init(
        _ dot: Dot, reading reader: inout ByteReader, after previous: Stamp? = nil
    ) throws(OperationError) {
        guard let first = try? reader.byte() else { throw .truncated }
        let head = Head(raw: first)
        guard let kind = head.kind else { throw .unknownKind }
        let key = try KeyReference(reading: &reader, isLiteral: head.hasLiteralKey)
        var stamp = previous
        if !head.isStampElided {
            guard let raw = try? reader.littleEndian(size: 3) else { throw .truncated }
            stamp = Stamp(raw: UInt32(raw))
        }
        guard let stamp else { throw .noStamp }
        let context = head.hasContext ? try Context(reading: &reader) : Context()
        var size = head.valueSize
        if size == nil, let told = try? reader.byte() { size = Int(told) }
        guard let size, let bytes = try? reader.take(size) else { throw .truncated }
        guard let value = Value(bytes), Self.isSound(value, for: kind) else { throw .badValue }
        guard kind.isOwn ? context.count == 0 : context.sequence(of: dot.actor) == 0 else {
            throw .badContext
        }
        guard
            let operation = Operation(dot, kind, key, stamp, context: context, value: value)
        else { throw .badValue }
        self = operation
    }

    /// Reads a body that stands alone.
    public init(_ dot: Dot, body: Span<UInt8>) throws(OperationError) {
        var reader = ByteReader(body)
        try self.init(dot, reading: &reader)
        guard reader.isAtEnd else { throw .truncated }
    }

    /// Whether a value is one that operations of its kind have.
    private static func isSound(_ value: Value, for kind: OperationKind) -> Bool {
        switch kind {
        case .write, .remove, .report: true
        case .add, .append: !value.isEmpty
        case .count: Count(value) != nil
        case .account: AccountEntry(value) != nil
        }
    }
}
