import Base

/// How an operation tells its key: by a code, or in full.
///
///       0                       0                    1 …
///     ┌──────────┐            ┌────────────┬────────┬──────
///     │ code     │     or     │ collection │ size   │ key
///     │ varint   │            │ 3 bit      │ 5 bit  │
///     └──────────┘            └────────────┴────────┴──────
public enum KeyReference: Equatable, Sendable {
    /// A key that all nodes know, or one that the operation's author has bound.
    case code(UInt16)
    case literal(KeyName)

    /// How many bytes it takes.
    public var size: Int {
        switch self {
        case .code(let code): varintSize(UInt64(code))
        case .literal(let name): 1 + name.key.count
        }
    }

    var isLiteral: Bool {
        switch self {
        case .code: false
        case .literal: true
        }
    }

    func write(to out: inout OutputSpan<UInt8>) {
        switch self {
        case .code(let code):
            out.append(varint: UInt64(code))
        case .literal(let name):
            out.append(name.collection.rawValue << 5 | UInt8(name.key.count))
            out.append(contentsOf: name.key.span)
        }
    }

    init(reading reader: inout ByteReader, isLiteral: Bool) throws(OperationError) {
        do throws(Truncated) {
            if !isLiteral {
                let code = try reader.varint()
                guard code <= UInt64(Schema.lastBound) else { throw Truncated() }
                self = .code(UInt16(code))
                return
            }
            let head = try reader.byte()
            let key = Key(try reader.take(Int(head & 31))) ?? Key()
            guard let collection = Collection(rawValue: head >> 5) else { throw Truncated() }
            self = .literal(KeyName(collection, key))
        } catch {
            throw .badKey
        }
    }
}
