import CLinux

/// Sockets, in buffers that are there already.
extension FileDescriptor {
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
            let count = buffer.withUnsafeMutableBytes { bytes in
                clinux_receive(number, bytes.baseAddress, bytes.count)
            }
            if count > 0 { return .bytes(count) }
            if count == 0 { return .end }
            switch clinux_errno() {
            case EINTR: continue
            case EAGAIN: return .nothing
            default: return .end
            }
        }
    }

    /// Writes all bytes to a socket, waiting where it blocks; a peer that is gone raises no signal.
    ///
    /// - Returns: Whether all were written. On a non-blocking socket, a peer that does not read
    ///   counts as gone.
    public borrowing func send(_ bytes: Span<UInt8>) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.extracting(sent..<bytes.count).withUnsafeBytes { rest in
                clinux_send(number, rest.baseAddress, rest.count)
            }
            if count > 0 {
                sent += count
            } else if count < 0, clinux_errno() != EINTR {
                return false
            }
        }
        return true
    }
}
