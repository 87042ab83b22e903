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
