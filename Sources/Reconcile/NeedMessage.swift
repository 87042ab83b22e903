import Base

/// Asks for as many cells as its sender lacks operations, by count and not by name: specified in
/// `radio/wire.md` §9.
///
///       0     1      2                    3
///     ┌────────────┬───────────────────┬───────
///     │ root's low │ window − 1        │ count
///     │ half       │ 3 bits, 5 zeros   │
///     └────────────┴───────────────────┴───────
struct NeedMessage: Equatable {
    static let size = 4

    /// The lower half of the root whose heads are meant.
    var tag: UInt16
    /// How many operations of each actor the cells are to cover: `1...8`.
    var window: Int
    /// How many cells are wanted: `1...255`.
    var count: Int

    /// Whether these heads are meant.
    func means(_ root: UInt32) -> Bool { tag == UInt16(truncatingIfNeeded: root) }

    init(root: UInt32, window: Int, count: Int) {
        tag = UInt16(truncatingIfNeeded: root)
        self.window = min(max(window, 1), CodedRepair.widest)
        self.count = min(max(count, 1), 255)
    }

    /// Total: any bytes give a need or an error.
    init(reading bytes: Span<UInt8>) throws(Truncated) {
        var reader = ByteReader(bytes)
        tag = UInt16(try reader.littleEndian(size: 2))
        let window = try reader.byte()
        count = Int(try reader.byte())
        guard window < UInt8(CodedRepair.widest), count > 0 else { throw Truncated() }
        self.window = Int(window) + 1
    }

    func write(to out: inout OutputSpan<UInt8>) {
        out.append(littleEndian: UInt64(tag), size: 2)
        out.append(UInt8(window - 1))
        out.append(UInt8(count))
    }
}
