import CLinux

/// An open file, socket or timer; closed when it goes out of scope.
public struct FileDescriptor: ~Copyable {
    /// The kernel's number for it.
    public let number: Int32

    /// Takes over an open descriptor; `nil` for what a failed call returned.
    public init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    deinit { _ = close(number) }

    /// Reads what is there, at most as much as fits behind the bytes in `buffer`.
    ///
    /// - Returns: How many bytes; 0 at the end; -1 where there are none yet or it failed.
    public func read(into bytes: inout [UInt8], atMost limit: Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { buffer in
            let count = CLinux.read(number, buffer.baseAddress, limit)
            if count > 0 { bytes.append(contentsOf: buffer.prefix(count)) }
            return count
        }
    }

    /// Whether the last call failed only because it would have had to wait.
    public static var wouldBlock: Bool {
        let error = clinux_errno()
        return error == EAGAIN || error == EINTR
    }
}
