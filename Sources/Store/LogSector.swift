import Base

/// What a card writes at once, or not at all: 512 bytes of the log, each with what tells it from
/// bytes that were never written there.
///
///     0         504     508
///     ┌─────────┬───────┬──────────┐
///     │ content │ frame │ checksum │
///     └─────────┴───────┴──────────┘
///
/// `frame` is the same in all sectors of a frame, and another in another one; 0 where there is none.
/// The checksum is of all before it, if there is a frame, and of the sector's place in the file; the
/// first of a frame has its complement, so that no record's bytes pass for a frame. The log is full of such sectors from the start. So a power cut
/// leaves, in each place, one that is sound; whatever else is found there was written by nobody.
enum LogSector {
    /// Bytes of one, and of its content.
    static let size = 512, content = 504

    /// What a sector is found to be.
    enum Finding: Equatable {
        /// The first of a frame, or another one, sound; and of which frame.
        case first(UInt32), inner(UInt32)
        /// No sound one.
        case damaged
    }

    /// Puts frame and checksum behind the content.
    ///
    /// - Parameters:
    ///   - start: Where in the buffer it begins, and `offset` where in the file.
    static func seal(
        _ bytes: inout Slab<UInt8>, at start: Int, offset: Int, frame: UInt32, isFirst: Bool
    ) {
        bytes.put(UInt64(frame), at: start + content, size: 4)
        let sum = checksum(bytes.span, at: start, offset: offset)
        bytes.put(UInt64(isFirst ? ~sum : sum), at: start + content + 4, size: 4)
    }

    /// What lies at `start` of the buffer, read from `offset` of the file.
    static func find(_ bytes: Span<UInt8>, at start: Int, offset: Int) -> Finding {
        let frame = UInt32(littleEndian(bytes, at: start + content, size: 4))
        let found = UInt32(littleEndian(bytes, at: start + content + 4, size: 4))
        let sum = checksum(bytes, at: start, offset: offset)
        return found == sum ? .inner(frame) : found == ~sum ? .first(frame) : .damaged
    }

    private static func checksum(_ bytes: Span<UInt8>, at start: Int, offset: Int) -> UInt32 {
        let isEmpty = littleEndian(bytes, at: start + content, size: 4) == 0
        let begin = isEmpty ? start + content : start
        return Checksum.of(bytes.extracting(begin..<(start + content + 4)), at: UInt64(offset))
    }
}
