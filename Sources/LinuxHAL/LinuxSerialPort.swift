import CLinux
import HAL

/// A serial port of the kernel: raw bytes, eight bits, no parity, one stop bit.
public struct LinuxSerialPort: SerialPort, ~Copyable {
    private let descriptor: FileDescriptor

    /// Opens a port for this process alone, such as `/dev/ttyUSB0`. What was in it is dropped.
    ///
    /// - Parameters:
    ///   - rate: Bits a second: 9,600 to 1,000,000 in the usual steps.
    ///   - hardwareFlowControl: Whether RTS and CTS hold bytes up.
    public init(_ path: String, rate: Int, hardwareFlowControl: Bool) throws(DeviceError) {
        descriptor = try Self.open(path, rate: rate, hardwareFlowControl)
    }

    private static func open(
        _ path: String, rate: Int, _ hardwareFlowControl: Bool
    ) throws(DeviceError) -> FileDescriptor {
        let raw = unsafe path.withCString { unsafe lichen_serial_open($0) }
        guard raw >= 0 else { throw .opening(path, .serial) }
        let port = FileDescriptor(owning: raw)
        guard lichen_lock(raw) == 0 else { throw .inUse(path: path) }
        guard lichen_serial_set_up(raw, Int32(clamping: rate), hardwareFlowControl ? 1 : 0) == 0
        else {
            throw lichen_errno() == EINVAL
                ? .setting(path: path, .serial) : .opening(path, .serial)
        }
        return port
    }

    /// For `Epoll`: readable when bytes have arrived, or the port is gone.
    public var raw: Int32 { descriptor.raw }

    public mutating func read(into bytes: inout MutableSpan<UInt8>) throws(BoardError) -> Int {
        let raw = descriptor.raw
        guard !bytes.isEmpty else { return 0 }
        while true {
            let count = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe CLinux.read(raw, buffer.baseAddress, buffer.count)
            }
            if count > 0 { return count }
            if count == 0 { throw .gone }  // A tty reads nothing only once it has hung up.
            if try isOver(.read) { return 0 }
        }
    }

    public mutating func write(_ bytes: Span<UInt8>) throws(BoardError) -> Int {
        let raw = descriptor.raw
        while true {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe CLinux.write(raw, buffer.baseAddress, buffer.count)
            }
            if count >= 0 { return count }
            if try isOver(.write) { return 0 }
        }
    }

    public mutating func drive(_ output: SerialOutput, high: Bool) throws(BoardError) {
        let level: Int32 = high ? 1 : 0
        let status =
            switch output {
            case .dataTerminalReady: lichen_serial_set_dtr(descriptor.raw, level)
            case .requestToSend: lichen_serial_set_rts(descriptor.raw, level)
            }
        guard status == 0 else { throw Self.fault(.control, lichen_errno()) }
    }

    /// - Returns: Whether there is nothing to be done now; `false` where the call is to be repeated.
    private func isOver(_ call: BoardCall) throws(BoardError) -> Bool {
        switch lichen_errno() {
        case EAGAIN: true
        case EINTR: false
        case let errno: throw Self.fault(call, errno)
        }
    }

    /// A tty that was unplugged fails with EIO.
    private static func fault(_ call: BoardCall, _ errno: Int32) -> BoardError {
        errno == EIO || DeviceLoss.isMeant(by: errno) ? .gone : .system(call: call, errno: errno)
    }
}
