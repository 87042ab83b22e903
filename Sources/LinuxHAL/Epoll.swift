import Base
import CLinux

/// Waits for many descriptors at once.
public struct Epoll: ~Copyable {
    /// What to wait for, and what was found.
    public struct Events: OptionSet, Sendable {
        public let rawValue: UInt32

        /// A set of events.
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// There is something to read.
        public static var readable: Events { Events(rawValue: LICHEN_READABLE) }
        /// There is room to write.
        public static var writable: Events { Events(rawValue: LICHEN_WRITABLE) }
        /// The other side is gone; always waited for.
        public static var hungUp: Events { Events(rawValue: LICHEN_HUNG_UP) }
    }

    /// A descriptor that is ready, by the token that its owner gave.
    public struct Ready: Equatable, Sendable {
        /// The owner's token.
        public var token: Int
        /// What it is ready for.
        public var events: Events
    }

    private let descriptor: FileDescriptor
    private var found: Slab<lichen_ready>

    /// An empty set of descriptors.
    public init() throws(SystemError) {
        let raw = lichen_epoll_create()
        guard raw >= 0 else { throw SystemError(.epoll) }
        descriptor = FileDescriptor(owning: raw)
        found = Slab(repeating: lichen_ready(), count: 32)
    }

    /// Its own descriptor, readable while one of the set is ready: sets may be nested.
    public var raw: Int32 { descriptor.raw }

    /// Waits for a descriptor from now on.
    public mutating func add(
        _ descriptor: Int32, token: Int, for events: Events = .readable
    ) throws(SystemError) {
        guard lichen_epoll_add(raw, descriptor, events.rawValue, UInt64(token)) == 0 else {
            throw SystemError(.epoll)
        }
    }

    /// Waits for something else on a descriptor.
    public mutating func modify(
        _ descriptor: Int32, token: Int, for events: Events
    ) throws(SystemError) {
        guard lichen_epoll_modify(raw, descriptor, events.rawValue, UInt64(token)) == 0 else {
            throw SystemError(.epoll)
        }
    }

    /// Forgets a descriptor; closing it does the same.
    public mutating func remove(_ descriptor: Int32) throws(SystemError) {
        guard lichen_epoll_remove(raw, descriptor) == 0 else { throw SystemError(.epoll) }
    }

    /// Waits until one or more are ready.
    ///
    /// - Parameter timeout: `nil` waits for ever; zero does not wait.
    /// - Returns: How many; `ready(_:)` has them until the next call. 0 after a timeout or a signal.
    public mutating func wait(for timeout: Duration?) throws(SystemError) -> Int {
        let nanoseconds = timeout.map { max(0, $0.wholeNanoseconds) } ?? -1
        let epoll = descriptor.raw
        var room = found.mutableSpan
        let count = unsafe room.withUnsafeMutableBufferPointer { buffer in
            unsafe lichen_epoll_wait(
                epoll, buffer.baseAddress, Int32(buffer.count), nanoseconds)
        }
        if count >= 0 { return Int(count) }
        guard lichen_errno() == EINTR else { throw SystemError(.epoll) }
        return 0
    }

    /// One of those that the last `wait` has found.
    public func ready(_ index: Int) -> Ready {
        Ready(token: Int(found[index].token), events: Events(rawValue: found[index].events))
    }
}

extension Duration {
    /// Nanoseconds, rounded down; what does not fit is the most that does.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < 9_000_000_000 else { return .max }
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
