import Base
import HAL

/// One message of the emulator's protocol on its way to a socket.
public struct OutgoingMessage: ~Copyable {
    private var bytes: Slab<UInt8>
    private var count = 0

    /// Room for the longest.
    public init() {
        bytes = Slab(
            repeating: 0, count: EmulatorMessage.headerSize + EmulatorMessage.maximumSize)
    }

    /// A request, with the bytes of `transfer` and `exchange`.
    public mutating func set(_ request: EmulatorRequest, _ payload: Span<UInt8>) {
        bytes.overwrite(bytes.indices, count: &count) { out in request.write(payload, to: &out) }
    }

    /// A request without bytes.
    public mutating func set(_ request: EmulatorRequest) {
        bytes.overwrite(bytes.indices, count: &count) { out in
            request.write(Span(), to: &out)
        }
    }

    /// An answer, with the first `size` bytes of a slab for `bytes`.
    public mutating func set(
        _ answer: EmulatorAnswer, _ payload: borrowing Slab<UInt8>, size: Int
    ) {
        let span = payload.span.extracting(0..<size)
        bytes.overwrite(bytes.indices, count: &count) { out in answer.write(span, to: &out) }
    }

    /// Sends it.
    /// - Returns: Whether the other side has taken it.
    public borrowing func send(on socket: borrowing FileDescriptor) -> Bool {
        socket.send(bytes.span.extracting(0..<count))
    }
}
