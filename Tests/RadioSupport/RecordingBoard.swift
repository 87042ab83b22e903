import Base
import Emulation
import HAL

/// What a recording board has seen.
public final class Recording {
    /// Each transaction's bytes, as they went out.
    public var transactions: [[UInt8]] = []
    /// Whether it notes what it sees.
    public var isOn = true
    /// Wires as they were moved.
    public var levels: [(RadioOutput, Bool)] = []
}

/// A board that notes what the driver sends.
public struct RecordingBoard: RadioBoard, ~Copyable {
    /// The board behind it.
    public var inner: EmulatedBoard
    /// What it has seen.
    public let recording: Recording

    /// The board around a chip.
    public init(_ air: Air, _ node: AirNode, _ recording: Recording) {
        inner = EmulatedBoard(air, node)
        self.recording = recording
    }

    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        if recording.isOn {
            recording.transactions.append(bytes.indices.map { bytes[$0] })
        }
        try inner.transfer(&bytes)
    }
    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        try inner.isHigh(input)
    }
    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { try inner.waitUntilLow(input, for: limit) }
    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        if recording.isOn { recording.levels.append((output, high)) }
        try inner.drive(output, high: high)
    }
    public mutating func pause(_ duration: Duration) { inner.pause(duration) }
}
