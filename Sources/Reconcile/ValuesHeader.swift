import Base

/// Ahead of operations that are told by slot: specified in `radio/wire.md` §10.
///
///       0 … 3      4                5      6                7 …
///     ┌──────────┬────────────────┬──────┬────────┬───────┬─────────────────┬──────
///     │ root of  │ part asked for │ more │ kind   │ count │ empty slots,    │ runs
///     │ state    │                │ 1 bit│ 1 bit  │ 6 bit │ 2 bytes each    │
///     └──────────┴────────────────┴──────┴────────┴───────┴─────────────────┴──────
struct ValuesHeader: Equatable {
    static let size = 6

    /// The root of what holds at the sender.
    var state: UInt32
    /// Which part of the slots is answered; it is the question's.
    var part: SlotsPart
    /// Whether another frame follows this one.
    var hasMore = false
    /// How many slots are told to be empty at the sender. Where none are, and no operations: states
    /// are equal.
    var empty = 0
    /// What else it may be.
    var kind = Kind.answer

    enum Kind {
        /// What holds in the slots that differ.
        case answer
        /// More slots differ than the sketch can tell.
        case tooMany
        /// What the one who answered lacked.
        case rejoinder
    }

    init(state: UInt32, part: SlotsPart) {
        self.state = state
        self.part = part
    }

    /// Total: any bytes give a header or an error.
    init(reading reader: inout ByteReader) throws(Truncated) {
        state = UInt32(try reader.littleEndian(size: 4))
        part = try SlotsPart(reading: &reader)
        let head = try reader.byte()
        hasMore = head & 0x80 != 0
        let number = Int(head & 0x3F)
        kind = head & 0x40 != 0 ? .rejoinder : number == 0x3F ? .tooMany : .answer
        empty = kind == .tooMany ? 0 : number
        guard empty <= SlotSketch.mostChanges else { throw Truncated() }
    }

    func write(to out: inout OutputSpan<UInt8>) {
        out.append(littleEndian: UInt64(state), size: 4)
        out.append(part.raw)
        let number = kind == .tooMany ? 0x3F : UInt8(empty)
        out.append((hasMore ? 0x80 : 0) | (kind == .rejoinder ? 0x40 : 0) | number)
    }
}
