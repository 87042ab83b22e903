import Base

/// Why bytes are not an operation.
public enum OperationError: Error, Equatable {
    case truncated
    case unknownCollection(UInt8)
    case valueTooLong(Int)

    /// What is wrong with the bytes.
    public var sentence: String {
        switch self {
        case .truncated: "an operation ends too soon"
        case .unknownCollection(let number):
            "an operation belongs to collection \(number), which this version does not know"
        case .valueTooLong(let size): "an operation's value has \(size) bytes, more than 96"
        }
    }
}

/// An operation without its dot, which follows from its place (in a frame: the run; on flash: a
/// field before it). Specified in `radio/wire.md` §4.
///
///       0                     1 …    …         …         …       …
///     ┌────────────┬────────┬──────┬─────────┬─────────┬──────┬───────
///     │ collection │ key    │ key  │ time    │ counter │ size │ value
///     │ 3 bit      │ size 5 │      │ varint  │ varint  │ 1    │
///     └────────────┴────────┴──────┴─────────┴─────────┴──────┴───────
///
/// Time is in milliseconds since 2020. Collection 7 is not an operation but a skip.
extension Operation {
    /// 2020-01-01T00:00:00Z in milliseconds since 1970: earlier times travel as this one.
    private static var epoch: UInt64 { 1_577_836_800_000 }

    /// How many bytes `writeBody` writes.
    public var bodySize: Int {
        1 + key.count + varintSize(travellingTime) + varintSize(UInt64(time.counter)) + 1
            + value.count
    }

    private var travellingTime: UInt64 {
        time.milliseconds > Self.epoch ? time.milliseconds - Self.epoch : 0
    }

    /// Appends the operation without its dot.
    public func writeBody(to out: inout OutputSpan<UInt8>) {
        out.append(collection.rawValue << 5 | UInt8(key.count))
        out.append(contentsOf: key.span)
        out.append(varint: travellingTime)
        out.append(varint: UInt64(time.counter))
        out.append(UInt8(value.count))
        out.append(contentsOf: value.span)
    }

    /// Reads what `writeBody` wrote. Total: any bytes give an operation or a named error.
    public init(_ dot: Dot, readingBody reader: inout ByteReader) throws(OperationError) {
        let head: UInt8
        let size: Int
        let value: Value?
        do throws(Truncated) {
            head = try reader.byte()
            key = Key(try reader.take(Int(head & 31))) ?? Key()
            let milliseconds = try reader.varint()
            let counter = try reader.varint()
            guard counter <= 0xFFFF else { throw Truncated() }
            time = HybridTime(
                milliseconds: Self.epoch &+ milliseconds, counter: UInt16(counter))
            size = Int(try reader.byte())
            value = Value(try reader.take(size))
        } catch {
            throw .truncated
        }
        guard let collection = Collection(rawValue: head >> 5) else {
            throw .unknownCollection(head >> 5)
        }
        guard let value else { throw .valueTooLong(size) }
        self.dot = dot
        self.collection = collection
        self.value = value
    }
}
