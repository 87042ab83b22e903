import Base
import CLinux

/// Batches in a file that is as long as it will ever be, in front of the tree.
///
/// A durable change of the tree costs the card four pages; here it costs one. The file is made
/// once, full of zeros, so that a write changes none of the file system's own structures.
///
///     frame, at a multiple of 4,096:
///       0        4          12      16         24 …
///     ┌────────┬──────────┬───────┬──────────┬─────────
///     │ "LCLG" │ sequence │ size  │ checksum │ records
///     └────────┴──────────┴───────┴──────────┴─────────
///     record: operation 1 (1 put, 2 delete), key size 1, value size 2, key, value
///
/// Frames are numbered without gaps, over all rounds. Each takes whole blocks that hold nothing
/// else, so that a torn write damages no other. When the tree has taken all in (it says up to which
/// number), the next frame goes to the beginning, which is the second block: the first holds frame
/// 0, without records, and is never written again. Where it is gone, so may all else be: zeros alone
/// would pass for a log that nothing was written to.
public struct Log: ~Copyable {
    /// What one write costs: a block of the file system, and of most cards.
    static let block = 4_096
    /// Bytes before a frame's records.
    static let headerSize = 24

    private let file: File
    /// How many bytes the file has.
    let size: Int
    /// Where the next frame goes.
    private(set) var end = Log.block
    private var frame: Slab<UInt8>

    /// The most bytes of records that a frame holds.
    var frameCapacity: Int { frame.count - Self.headerSize }

    /// How full it is, in bytes of how many.
    var usage: (used: Int, capacity: Int) { (end - Self.block, size - Self.block) }

    /// Makes a log without records; it has its name only once all of it is on the device.
    static func create(at path: String, in directory: String, size: Int) throws(DiskFault) {
        let new = "\(path).new"
        do throws(DiskFault) {
            let file = try File(new, create: true)
            var zeros = Slab<UInt8>(repeating: 0, count: 1 << 16)
            var offset = 0
            while offset < size {
                try file.write(zeros, count: min(zeros.count, size - offset), at: offset)
                offset += zeros.count
            }
            seal(&zeros, count: 0, sequence: 0)
            try file.write(zeros, count: block, at: 0)
            try file.sync()
        } catch {
            unlink(new)
            throw error
        }
        try Directory.rename(new, to: path, in: directory)
    }

    /// Opens a log.
    ///
    /// - Parameter frameCapacity: The most bytes of one frame, a multiple of the block.
    /// - Throws: `damaged` where it is no log, or its first block is not as it was made.
    init(at path: String, frameCapacity: Int) throws(DiskFault) {
        let opened = try File(path)
        let whole = opened.size / Self.block * Self.block
        guard whole >= frameCapacity + Self.block else { throw .damaged }
        var expected = Slab<UInt8>(repeating: 0, count: Self.block)
        Self.seal(&expected, count: 0, sequence: 0)
        var first = Slab<UInt8>(repeating: 0, count: Self.block)
        guard try opened.read(&first, count: Self.block, at: 0) == Self.block,
            first.span.elementsEqual(expected.span)
        else { throw .damaged }
        file = opened
        size = whole
        frame = Slab(repeating: 0, count: frameCapacity)
    }

    /// What an append would need.
    static func blocks(for recordBytes: Int) -> Int {
        (headerSize + recordBytes + block - 1) / block * block
    }

    /// Whether a frame of so many bytes of records has room.
    func hasRoom(for recordBytes: Int) -> Bool {
        recordBytes <= frameCapacity && end + Self.blocks(for: recordBytes) <= size
    }

    /// Puts a frame on the device.
    ///
    /// - Precondition: There is room.
    mutating func append(
        _ records: borrowing Slab<UInt8>, count: Int, sequence: UInt64
    ) throws(DiskFault) {
        precondition(hasRoom(for: count), "a frame without room")
        let size = Self.blocks(for: count)
        frame.put(records.span.extracting(0..<count), at: Self.headerSize)
        for index in (Self.headerSize + count)..<size { frame[index] = 0 }
        Self.seal(&frame, count: count, sequence: sequence)
        do throws(DiskFault) {
            try file.write(frame, count: size, at: end)
            try file.sync()
        } catch {
            // What is refused must not be found by the next start, as far as that can still be helped.
            frame.put(0, at: 0, size: 8)
            try? file.write(frame, count: Self.block, at: end)
            throw error
        }
        end += size
    }

    /// Writes the header of a frame whose records are in their place.
    private static func seal(_ frame: inout Slab<UInt8>, count: Int, sequence: UInt64) {
        frame.put(0x474C_434C, at: 0, size: 4)
        frame.put(sequence, at: 4, size: 8)
        frame.put(UInt64(count), at: 12, size: 4)
        frame.put(0, at: 16, size: 8)
        frame.put(Checksum.of(frame.span.extracting(0..<(headerSize + count))), at: 16, size: 8)
    }

    /// The tree has taken all in: the next frame goes to the beginning.
    mutating func rewind() { end = Self.block }

    /// Visits the records of the frames after `position`, in order, and finds the end.
    ///
    /// - Parameter limit: The last frame that counts: one after it was refused, though it may well
    ///   be there.
    /// - Returns: The number of the last frame.
    /// - Throws: `damaged` where a frame is missing before a later one: what it held was
    ///   acknowledged, and is lost.
    mutating func replay(
        after position: UInt64, upTo limit: UInt64 = .max,
        _ visit: (LogRecord) throws(DiskFault) -> Void
    ) throws(DiskFault) -> UInt64 {
        var next = Self.block
        var last = position
        while last < limit, let (sequence, count) = try readFrame(at: next, after: last) {
            guard sequence == last + 1 else { throw .damaged }
            var offset = Self.headerSize
            while offset < Self.headerSize + count {
                let keySize = Int(frame[offset + 1])
                let valueSize = Int(littleEndian(frame.span, at: offset + 2, size: 2))
                let start = offset + 4 + keySize
                guard start + valueSize <= Self.headerSize + count else { throw .damaged }
                let key = frame.span.extracting((offset + 4)..<start)
                try visit(
                    LogRecord(
                        isPut: frame[offset] == 1, key: key,
                        value: frame.span.extracting(start..<(start + valueSize))))
                offset = start + valueSize
            }
            last = sequence
            next += Self.blocks(for: count)
        }
        if limit == .max { try expectNothing(after: last, from: next + Self.block) }
        // Only now: whoever visits may throw, and the frames from there on still count.
        end = next
        return last
    }

    /// The number of the frame at the beginning, if there is one.
    mutating func firstSequence() throws(DiskFault) -> UInt64? {
        try readFrame(at: Self.block, after: 0)?.sequence
    }

    /// A frame with a higher number than the last one means that one between is damaged.
    private mutating func expectNothing(after last: UInt64, from start: Int) throws(DiskFault) {
        var offset = start
        while offset < size {
            // Only what begins like a later frame is worth its checksum.
            let count = min(frame.count, size - offset)
            let read = try file.read(&frame, count: count, at: offset)
            var candidates: UInt64 = 0
            for index in 0..<(read / Self.block) {
                let start = index * Self.block
                if littleEndian(frame.span, at: start, size: 4) == 0x474C_434C,
                    littleEndian(frame.span, at: start + 4, size: 8) > last
                {
                    candidates |= 1 << UInt64(index)
                }
            }
            for index in 0..<(count / Self.block) where candidates >> UInt64(index) & 1 == 1 {
                if try readFrame(at: offset + index * Self.block, after: last) != nil {
                    throw .damaged
                }
            }
            offset += count
        }
    }

    /// Reads a frame into memory, if there is a whole one with a higher number.
    private mutating func readFrame(
        at offset: Int, after last: UInt64
    ) throws(DiskFault) -> (sequence: UInt64, count: Int)? {
        guard offset + Self.block <= size else { return nil }
        guard try file.read(&frame, count: Self.block, at: offset) == Self.block,
            littleEndian(frame.span, at: 0, size: 4) == 0x474C_434C
        else { return nil }
        let sequence = littleEndian(frame.span, at: 4, size: 8)
        let count = Int(littleEndian(frame.span, at: 12, size: 4))
        let whole = Self.blocks(for: count)
        guard sequence > last, count <= frameCapacity, offset + whole <= size else { return nil }
        if whole > Self.block {
            guard try file.read(&frame, count: whole, at: offset) == whole else { return nil }
        }
        let checksum = littleEndian(frame.span, at: 16, size: 8)
        frame.put(0, at: 16, size: 8)
        let bytes = frame.span.extracting(0..<(Self.headerSize + count))
        guard Checksum.of(bytes) == checksum else { return nil }
        return (sequence, count)
    }

    /// Puts on the device what a process that was ended has left in the kernel's memory, where a power
    /// cut would take it.
    ///
    /// - Returns: Whether it could; if not, the next replay does not read it.
    func settle() -> Bool {
        do throws(DiskFault) {
            try file.sync()
            return true
        } catch {
            file.forgetCache()
            return false
        }
    }

    /// Has the next replay read the device.
    func forgetCache() { file.forgetCache() }
}

/// One change of a batch.
struct LogRecord: ~Escapable {
    /// Otherwise it is a deletion.
    let isPut: Bool
    let key: Span<UInt8>
    let value: Span<UInt8>

    @_lifetime(copy key)
    init(isPut: Bool, key: Span<UInt8>, value: Span<UInt8>) {
        self.isPut = isPut
        self.key = key
        self.value = unsafe _overrideLifetime(value, copying: key)
    }
}

/// Names in a directory.
enum Directory {
    /// Renames a file, and returns when that is on the device.
    static func rename(_ old: String, to new: String, in directory: String) throws(DiskFault) {
        guard lichen_rename(old, new) == 0, lichen_sync_directory(directory) == 0 else {
            throw DiskFault(errno: lichen_errno())
        }
    }
}
