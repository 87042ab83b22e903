import CLinux

/// An open file, socket or other kernel object; closed with the value.
public struct FileDescriptor: ~Copyable {
    /// The kernel's number for it.
    public let raw: Int32

    /// Takes an open descriptor over.
    public init(owning raw: Int32) {
        precondition(raw >= 0, "not a descriptor")
        self.raw = raw
    }

    deinit { _ = close(raw) }

    /// How a read ended that never waits.
    public enum Reading: Equatable, Sendable {
        /// That many bytes came, at least one.
        case bytes(Int)
        /// Nothing is there yet.
        case nothing
        /// The other side has closed, or the connection broke.
        case end
    }

    /// Reads what a socket has, up to the buffer's size, and never waits.
    public borrowing func receive(into buffer: inout MutableSpan<UInt8>) -> Reading {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe lichen_receive(raw, bytes.baseAddress, bytes.count)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch lichen_errno() {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return .end
            }
        }
    }

    /// Writes all bytes to a socket, waiting where it blocks. A peer that is gone raises no signal.
    /// - Returns: Whether all were written. On a non-blocking socket, a peer that does not read is
    ///   one that is gone.
    public borrowing func send(_ bytes: Span<UInt8>) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.extracting(sent..<bytes.count).withUnsafeBytes { rest in
                unsafe lichen_send(raw, rest.baseAddress, rest.count)
            }
            if count > 0 {
                sent += count
            } else if count < 0, lichen_errno() != EINTR {
                return false
            }
        }
        return true
    }

    /// Reads what a file has next, at most `limit` bytes, behind the others.
    ///
    /// - Returns: How many; 0 at the end, -1 where it failed.
    public borrowing func read(into bytes: inout [UInt8], atMost limit: Int) -> Int {
        unsafe withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { buffer in
            while true {
                let count = unsafe CLinux.read(raw, buffer.baseAddress, limit)
                if count < 0, lichen_errno() == EINTR { continue }
                if count > 0 { unsafe bytes.append(contentsOf: buffer.prefix(count)) }
                return count
            }
        }
    }
}
