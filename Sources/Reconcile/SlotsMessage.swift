import Base

/// Which of the slots a sketch or an answer is about: all, or one of up to sixteen parts of them.
///
/// One byte: the part's number among `count`, plus `count`, a power of two. A slot is of the part
/// whose number its lowest bits are.
struct SlotsPart: Equatable {
    /// All slots.
    static let whole = SlotsPart(raw: 1)
    static let most: UInt8 = 16
    /// Bytes ahead of a sketch: the root of the state, and this.
    static let headerSize = 5

    let raw: UInt8

    private init(raw: UInt8) { self.raw = raw }

    /// One of `count` parts, a power of two up to 16.
    init(number: UInt8, of count: UInt8) { self.init(raw: count + number) }

    /// Total: any byte gives a part or an error.
    init(reading reader: inout ByteReader) throws(Truncated) {
        let raw = try reader.byte()
        guard (1..<2 * Self.most).contains(raw) else { throw Truncated() }
        self.init(raw: raw)
    }

    /// How many parts there are.
    var count: UInt8 { UInt8(0x80) >> UInt8(raw.leadingZeroBitCount) }

    /// The next of them.
    var next: SlotsPart? { raw + 1 < 2 * count ? SlotsPart(raw: raw + 1) : nil }

    /// The first of twice as many.
    var halved: SlotsPart? { count < Self.most ? SlotsPart(raw: 2 * count) : nil }

    /// Whether a slot is of this part.
    func contains(_ slot: UInt16) -> Bool {
        UInt8(truncatingIfNeeded: slot) & (count - 1) == raw - count
    }
}

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
