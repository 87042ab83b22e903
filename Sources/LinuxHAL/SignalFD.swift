import CLinux

/// Signals that make a descriptor readable instead of interrupting.
public struct SignalFD: ~Copyable {
    private let descriptor: FileDescriptor

    /// Takes the signals over, in this thread and in those it makes later.
    public init(_ signals: Int32...) throws(SystemError) {
        var mask: UInt64 = 0
        for signal in signals { mask |= 1 << UInt64(signal - 1) }
        let raw = lichen_signalfd(mask)
        guard raw >= 0 else { throw SystemError(.signalfd) }
        descriptor = FileDescriptor(owning: raw)
    }

    /// For `Epoll`.
    public var raw: Int32 { descriptor.raw }

    /// The number of the next signal that came, if any did.
    public borrowing func next() -> Int32? {
        let number = lichen_next_signal(raw)
        return number > 0 ? number : nil
    }
}
