import CI2C
import CLinux
import HAL

/// An I2C bus of the kernel (i2c-dev). Kernel drivers and other programs may use it beside this.
public struct LinuxI2CBus: I2CBus, ~Copyable {
    private let descriptor: FileDescriptor

    /// Opens a bus, such as `/dev/i2c-1`.
    public init(_ path: String) throws(DeviceError) {
        descriptor = try Self.open(path)
    }

    private static func open(_ path: String) throws(DeviceError) -> FileDescriptor {
        let raw = unsafe path.withCString { unsafe lichen_i2c_open($0) }
        guard raw >= 0 else { throw .opening(path, .i2c) }
        let bus = FileDescriptor(owning: raw)
        guard lichen_i2c_carries_messages(raw) == 1 else { throw .wrongKind(path: path, .i2c) }
        return bus
    }

    public mutating func exchange(
        with address: UInt8, writing output: Span<UInt8>, reading input: inout MutableSpan<UInt8>
    ) throws(BoardError) {
        precondition((0x08...0x77).contains(address), "a reserved address")
        precondition(!output.isEmpty || !input.isEmpty, "an exchange of nothing")
        precondition(output.count <= 8_192 && input.count <= 8_192, "more than i2c-dev takes")
        let raw = descriptor.raw
        let status = unsafe output.withUnsafeBufferPointer { out in
            unsafe input.withUnsafeMutableBufferPointer { into in
                unsafe lichen_i2c_exchange(
                    raw, UInt16(address), out.baseAddress, UInt16(out.count), into.baseAddress,
                    UInt16(into.count))
            }
        }
        guard status == 0 else { throw Self.fault(lichen_errno(), address) }
    }

    /// Adapters say in two ways that nobody acknowledges (Documentation/i2c/fault-codes).
    private static func fault(_ errno: Int32, _ address: UInt8) -> BoardError {
        switch errno {
        case ENXIO, EREMOTEIO: .absent(address: address)
        case _ where DeviceLoss.isMeant(by: errno): .gone
        default: .system(call: .control, errno: errno)
        }
    }
}
