import Base
import CLinux
import HAL
import LinuxHAL
import TestSupport

/// A connection to a chip, to say what one likes.
final class RawHost {
    private let socket: FileDescriptor

    init(_ path: String) throws {
        let raw = lichen_unix_connect(path)
        guard raw >= 0 else { throw BoardError.gone }
        socket = FileDescriptor(owning: raw)
    }

    func send(_ bytes: [UInt8]) -> Bool { socket.send(bytes.span) }

    /// What comes within two seconds; `nil` for the end of the connection.
    func receive() -> [UInt8]? {
        guard lichen_wait_readable(socket.raw, 2_000_000_000) == 1 else { return [] }
        var buffer = Slab<UInt8>(repeating: 0, count: 64)
        var span = buffer.mutableSpan
        guard case .bytes(let count) = socket.receive(into: &span) else { return nil }
        return (0..<count).map { buffer[$0] }
    }

    /// A message's answer.
    func ask(_ hex: String) -> [UInt8]? { send(bytes(hex: hex)) ? receive() : nil }

    /// Whether the greeting is answered in kind.
    func greets() -> Bool { ask("02 00 01 02")?.prefix(4) == [3, 0, 0x81, 2] }
}
