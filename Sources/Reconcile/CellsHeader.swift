import Base

/// Ahead of the cells of a coded repair: specified in `radio/wire.md` §9.
///
///       0                                   1      2 … 5    6 …
///     ┌────────┬────────┬────────┬──────┬───────┬────────┬────────────────────┬───────
///     │ window │ sketch │ vector │ more │ cell  │ check  │ sketch 9, or       │ cells
///     │ − 1, 3 │ 1 bit  │ 1      │ 1    │ size  │        │ size 1 and vector  │
///     └────────┴────────┴────────┴──────┴───────┴────────┴────────────────────┴───────
struct CellsHeader: Equatable {
    static let size = 6

    /// How many operations of each actor the cells cover: `1...8`.
    var window: Int
    /// Whether the sketch of the sender's heads follows.
    var hasSketch = false
    /// Whether the lags of the sender's heads follow.
    var hasVector = false
    /// Whether another frame of cells follows this one.
    var hasMore = false
    /// Bytes of a cell: `2...200`; 0 where there are none.
    var cellSize = 0
    /// The check over all bodies of the universe.
    var check: UInt32 = 0

    init(window: Int) { self.window = window }

    /// Total: any bytes give a header or an error.
    init(reading reader: inout ByteReader) throws(Truncated) {
        let head = try reader.byte()
        cellSize = Int(try reader.byte())
        check = UInt32(try reader.littleEndian(size: 4))
        guard head < 64, cellSize != 1, cellSize <= CellSolver.cellCapacity else {
            throw Truncated()
        }
        window = Int(head & 7) + 1
        hasSketch = head & 8 != 0
        hasVector = head & 16 != 0
        hasMore = head & 32 != 0
    }

    func write(to out: inout OutputSpan<UInt8>) {
        precondition((1...CodedRepair.widest).contains(window), "a window exceeds its field")
        out.append(
            UInt8(window - 1) | (hasSketch ? 8 : 0) | (hasVector ? 16 : 0) | (hasMore ? 32 : 0))
        out.append(UInt8(cellSize))
        out.append(littleEndian: UInt64(check), size: 4)
    }
}
