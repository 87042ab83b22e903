import CLinux

/// A Unix stream socket that others connect to; its file goes with the value.
public struct UnixListener: ~Copyable {
    private let descriptor: FileDescriptor

    /// Where its file is.
    public let path: String

    /// Listens; a file that nobody serves any more is replaced.
    ///
    /// - Parameter mode: Who may connect, as `chmod` has it; the owner only unless said.
    /// - Throws: `EADDRINUSE` where somebody serves it, `EEXIST` where something else is there,
    ///   `ENAMETOOLONG` above 107 bytes.
    public init(at path: String, mode: UInt32 = 0o600) throws(SystemError) {
        let raw = unsafe path.withCString { unsafe lichen_unix_listen($0, mode) }
        guard raw >= 0 else { throw SystemError(.listen) }
        descriptor = FileDescriptor(owning: raw)
        self.path = path
    }

    deinit { _ = unsafe path.withCString { unsafe unlink($0) } }

    /// For `Epoll`.
    public var raw: Int32 { descriptor.raw }

    /// The next connection, non-blocking, if somebody waits for one.
    public borrowing func accept() throws(SystemError) -> FileDescriptor? {
        let connection = lichen_accept(descriptor.raw)
        if connection >= 0 { return FileDescriptor(owning: connection) }
        switch lichen_errno() {
        case EAGAIN, EINTR, ECONNABORTED: return nil
        default: throw SystemError(.accept)
        }
    }
}
