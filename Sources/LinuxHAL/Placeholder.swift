import Base
import HAL
public struct LinuxBoard: RadioBoard, ~Copyable {
    public init(emulatorAt path: String) throws(BoardError) { throw .gone }
    public var fileDescriptor: Int32 { 0 }
    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {}
    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool { false }
    public mutating func waitUntilLow(_ input: RadioInput, for limit: Duration) throws(BoardError)
        -> Bool
    { true }
    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {}
    public mutating func pause(_ duration: Duration) {}
}
