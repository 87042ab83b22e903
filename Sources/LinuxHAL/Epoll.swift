import CLinux

/// Waits for many descriptors at once.
public struct Epoll: ~Copyable {
    /// Something to attend to.
    public struct Event: Equatable {
        /// What the descriptor was registered with.
        public var token: UInt64
        /// Whether there is room to write; there may be something to read in any case.
        public var isWritable: Bool
    }

    private let descriptor: FileDescriptor

    /// `nil` where the process has no descriptor left.
    public init?() {
        guard let descriptor = FileDescriptor(clinux_epoll_create()) else { return nil }
        self.descriptor = descriptor
    }

    /// Watches a descriptor; closing it ends that.
    public func add(_ descriptor: borrowing FileDescriptor, token: UInt64) {
        _ = clinux_epoll_set(self.descriptor.number, descriptor.number, 1, 0, token)
    }

    /// Watches a descriptor by number.
    public func add(number: Int32, token: UInt64) {
        _ = clinux_epoll_set(descriptor.number, number, 1, 0, token)
    }

    /// Watches for room to write, too, or no longer.
    public func watch(
        _ descriptor: borrowing FileDescriptor, forWriting: Bool, token: UInt64
    ) {
        _ = clinux_epoll_set(
            self.descriptor.number, descriptor.number, 0, forWriting ? 1 : 0, token)
    }

    /// The next event; `nil` when none came within `milliseconds` (-1: ever).
    public func next(within milliseconds: Int32 = -1) -> Event? {
        var token: UInt64 = 0
        var isWritable: Int32 = 0
        guard
            clinux_epoll_next(descriptor.number, milliseconds, &token, &isWritable) == 1
        else { return nil }
        return Event(token: token, isWritable: isWritable != 0)
    }
}
