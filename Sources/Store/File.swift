import Base
import CLinux

/// A file that is read and written at offsets.
public struct File: ~Copyable {
    private let descriptor: Int32

    /// Opens a file, or makes it anew.
    init(_ path: String, create: Bool = false) throws(DiskFault) {
        descriptor = lichen_open_file(path, create ? 1 : 0)
        guard descriptor >= 0 else { throw DiskFault(errno: lichen_errno()) }
    }

    deinit { close(descriptor) }

    /// How many bytes it has.
    var size: Int { Int(max(0, lichen_file_size(descriptor))) }

    /// Fills the first `count` bytes of a buffer; what lies beyond the file's end is left out, and
    /// what lies from a place on that the device cannot read.
    ///
    /// - Returns: How many bytes were read.
    func read(_ buffer: inout Slab<UInt8>, count: Int, at offset: Int) throws(DiskFault) -> Int {
        try read(&buffer, at: 0, count: count, from: offset)
    }

    /// The same, into the midst of a buffer.
    func read(
        _ buffer: inout Slab<UInt8>, at start: Int, count: Int, from offset: Int
    ) throws(DiskFault) -> Int {
        var done = 0
        while done < count {
            var part = buffer.mutableRange((start + done)..<(start + count))
            let read = part.withUnsafeMutableBufferPointer {
                pread(descriptor, $0.baseAddress, $0.count, off_t(offset + done))
            }
            if read < 0 {
                if lichen_errno() == EINTR { continue }
                if lichen_errno() == EIO { break }
                throw DiskFault(errno: lichen_errno())
            }
            if read == 0 { break }
            done += read
        }
        return done
    }

    /// Writes the first `count` bytes of a buffer.
    func write(_ buffer: borrowing Slab<UInt8>, count: Int, at offset: Int) throws(DiskFault) {
        var done = 0
        let bytes = buffer.span
        while done < count {
            let written = bytes.extracting(done..<count).withUnsafeBufferPointer {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + done))
            }
            guard written > 0 else {
                if written < 0, lichen_errno() == EINTR { continue }
                throw written == 0 ? .full : DiskFault(errno: lichen_errno())
            }
            done += written
        }
    }

    /// Returns when all that was written is on the device.
    func sync() throws(DiskFault) {
        guard fdatasync(descriptor) == 0 else { throw DiskFault(errno: lichen_errno()) }
    }

    /// Has the next reading come from the device.
    func forgetCache() { lichen_forget_cache(descriptor) }
}

extension DiskFault {
    init(errno: Int32) {
        switch errno {
        case ENOSPC, EDQUOT: self = .full
        case EACCES, EROFS, EPERM: self = .readOnly
        default: self = .system(code: errno)
        }
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
