import Base
import HAL

/// Bytes of a socket on their way to becoming messages: received, and not yet taken.
public struct MessageBuffer: ~Copyable {
    private var bytes: Slab<UInt8>
    private var count = 0

    /// Room for one message more than the longest.
    public init() { bytes = Slab(repeating: 0, count: 2 * 1_028) }

    /// The size of the first message, once all of it is there.
    public func messageSize() throws(EmulatorMessageError) -> Int? {
        try EmulatorMessage.size(in: bytes.span.extracting(0..<count))
    }

    /// The first bytes, to read.
    @_lifetime(borrow self)
    public borrowing func prefix(_ size: Int) -> Span<UInt8> {
        bytes.span.extracting(0..<min(size, count))
    }

    /// Copies as many bytes as `bytes` has room for, from `offset` on.
    public borrowing func copy(from offset: Int, to bytes: inout MutableSpan<UInt8>) {
        precondition(offset + bytes.count <= count, "more than there is")
        for index in bytes.indices { bytes[index] = self.bytes[offset + index] }
    }

    /// Forgets the first bytes.
    public mutating func drop(_ size: Int) {
        precondition(size <= count, "more than there is")
        for index in size..<count { bytes[index - size] = bytes[index] }
        count -= size
    }

    /// Reads once from a socket, without waiting.
    public mutating func fill(from socket: borrowing FileDescriptor) -> FileDescriptor.Reading {
        let room = bytes.count - count
        guard room > 0 else { return .nothing }
        var free = bytes.mutableRange(count..<bytes.count)
        let reading = socket.receive(into: &free)
        if case .bytes(let more) = reading { count += more }
        return reading
    }
}
