import Base
import CLinux

/// Batches in a file that is as long as it will ever be, in front of the tree.
///
/// A durable change of the tree costs the card four pages; here it costs one. The file is made
/// once, all of it, so that a write changes none of the file system's own structures.
///
///     frame, at a multiple of 4,096, its bytes spread over the content of sectors (`LogSector`):
///       0        4          12      16
///     ┌────────┬──────────┬───────┬─────────
///     │ "LCL2" │ sequence │ size  │ records
///     └────────┴──────────┴───────┴─────────
///     record: operation 1 (1 put, 2 delete), key size 1, value size 2, key, value
///
/// Frames are numbered without gaps, over all rounds. Each takes whole blocks that hold nothing
/// else, so that a torn write damages no other. When the tree has taken all in (it says up to which
/// number), the next frame goes to the beginning, which is the second block: the first holds frame
/// 0, the log's size, and is never written again.
///
/// The end is where the next frame was not written, or was torn by a power cut: where each of its
/// sectors is sound, be it of this frame or of an earlier one. What is not sound was changed by the
/// card, and a frame that was acknowledged may be lost. One thing cannot be told: a card that puts
/// the last frame's sectors back to exactly what they were before it.
public struct Log: ~Copyable {
    /// What one write costs: a block of the file system, and of most cards.
    static let block = 4_096
    /// Bytes before a frame's records.
    static let headerSize = 16
    /// Bytes of a frame that a block holds.
    private static let blockContent = block / LogSector.size * LogSector.content
    static let magic: UInt64 = 0x324C_434C

    let file: File
    /// How many bytes the file has.
    let size: Int
    /// Where the next frame goes.
    var end = Log.block
    var frame: Slab<UInt8>
    /// Whether the first block is damaged, or the file is shorter than it says.
    var isTruncated: Bool
    /// Whether the last replay found that acknowledged frames may be lost.
    var isDamaged = false

    /// The most bytes of records in a frame of so many bytes of the file.
    static func capacity(of frame: Int) -> Int { frame / block * blockContent - headerSize }

    /// The most bytes of records that a frame holds.
    var frameCapacity: Int { Self.capacity(of: frame.count) }

    /// How full it is, in bytes of how many.
    var usage: (used: Int, capacity: Int) { (end - Self.block, size - Self.block) }

    /// Makes a log without records; it has its name only once all of it is on the device.
    static func create(at path: String, in directory: String, size: Int) throws(DiskFault) {
        let new = "\(path).new"
        do throws(DiskFault) {
            let file = try File(new, create: true)
            var blocks = Slab<UInt8>(repeating: 0, count: 1 << 16)
            for offset in stride(from: block, to: size, by: blocks.count) {
                let count = min(blocks.count, size - offset)
                sealEmpty(&blocks, size: count, offset: offset)
                try file.write(blocks, count: count, at: offset)
            }
            writeFirst(&blocks, size: size)
            try file.write(blocks, count: block, at: 0)
            try file.sync()
        } catch {
            unlink(new)
            throw error
        }
        try Directory.rename(new, to: path, in: directory)
    }

    /// Opens a log.
    ///
    /// - Parameters:
    ///   - frameCapacity: The most bytes of one frame, a multiple of the block.
    ///   - usualSize: How many bytes it has where it does not say so any more.
    init(at path: String, frameCapacity: Int, usualSize: Int) throws(DiskFault) {
        let opened = try File(path)
        var bytes = Slab<UInt8>(repeating: 0, count: frameCapacity)
        let there = opened.size
        let read = try opened.read(&bytes, count: Self.block, at: 0)
        if read >= 4, littleEndian(bytes.span, at: 0, size: 4) == 0x474C_434C {
            throw .unknownFormat(1)
        }
        var said = 0
        if read == Self.block, case .first = LogSector.find(bytes.span, at: 0, offset: 0) {
            said = Int(littleEndian(bytes.span, at: Self.headerSize, size: 4))
        }
        file = opened
        frame = bytes
        isTruncated = said == 0 || there < said
        size = said > 0 ? said : max(there / Self.block * Self.block, usualSize)
    }

    /// What an append would need.
    static func blocks(for recordBytes: Int) -> Int {
        (headerSize + recordBytes + blockContent - 1) / blockContent * block
    }

    /// Whether a frame of so many bytes of records has room.
    func hasRoom(for recordBytes: Int) -> Bool {
        recordBytes <= frameCapacity && end + Self.blocks(for: recordBytes) <= size
    }

    // MARK: Writing

    /// Puts a frame on the device.
    ///
    /// - Precondition: There is room.
    mutating func append(
        _ records: borrowing Slab<UInt8>, count: Int, sequence: UInt64
    ) throws(DiskFault) {
        precondition(hasRoom(for: count), "a frame without room")
        let records = records.span.extracting(0..<count)
        Self.write(&frame, records, sequence: sequence, offset: end)
        let size = Self.blocks(for: count)
        do throws(DiskFault) {
            try file.write(frame, count: size, at: end)
            try file.sync()
        } catch {
            // What is refused must not be found by the next start, as far as that can still be helped.
            Self.clear(&frame, offset: end)
            try? file.write(frame, count: Self.block, at: end)
            throw error
        }
        end += size
    }

    /// Spreads a frame over the sectors of its blocks.
    private static func write(
        _ blocks: inout Slab<UInt8>, _ records: Span<UInt8>, sequence: UInt64, offset: Int
    ) {
        let size = Self.blocks(for: records.count)
        for index in 0..<size { blocks[index] = 0 }
        blocks.put(magic, at: 0, size: 4)
        blocks.put(sequence, at: 4, size: 8)
        blocks.put(UInt64(records.count), at: 12, size: 4)
        var done = 0
        var place = headerSize
        while done < records.count {
            let part = min(records.count - done, LogSector.content - place % LogSector.size)
            blocks.put(records.extracting(done..<(done + part)), at: place)
            done += part
            place += part + LogSector.size - LogSector.content
        }
        let frame = max(1, Checksum.of(records, at: sequence))
        for start in stride(from: 0, to: size, by: LogSector.size) {
            LogSector.seal(
                &blocks, at: start, offset: offset + start, frame: frame, isFirst: start == 0)
        }
    }

    static func writeFirst(_ blocks: inout Slab<UInt8>, size: Int) {
        var bytes = ShortBytes<4>()
        bytes.fill { $0.append(littleEndian: UInt64(size), size: 4) }
        write(&blocks, bytes.span, sequence: 0, offset: 0)
    }

    /// Makes a block that holds no frame.
    static func clear(_ bytes: inout Slab<UInt8>, offset: Int) {
        for index in 0..<block { bytes[index] = 0 }
        sealEmpty(&bytes, size: block, offset: offset)
    }

    private static func sealEmpty(_ bytes: inout Slab<UInt8>, size: Int, offset: Int) {
        for start in stride(from: 0, to: size, by: LogSector.size) {
            LogSector.seal(&bytes, at: start, offset: offset + start, frame: 0, isFirst: false)
        }
    }

    /// The tree has taken all in: the next frame goes to the beginning.
    mutating func rewind() { end = Self.block }
}
