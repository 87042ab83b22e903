import Base
import Emulation
import HAL

/// What a recording board has seen.
final class Recording {
    var transactions: [[UInt8]] = []
    var levels: [(RadioOutput, Bool)] = []
}

/// A board that notes what the driver sends.
struct RecordingBoard: RadioBoard, ~Copyable {
    var inner: EmulatedBoard
    let recording: Recording

    init(_ air: Air, _ node: AirNode, _ recording: Recording) {
        inner = EmulatedBoard(air, node)
        self.recording = recording
    }

    mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        recording.transactions.append(bytes.indices.map { bytes[$0] })
        try inner.transfer(&bytes)
    }
    mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool { try inner.isHigh(input) }
    mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { try inner.waitUntilLow(input, for: limit) }
    mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        recording.levels.append((output, high))
        try inner.drive(output, high: high)
    }
    mutating func pause(_ duration: Duration) { inner.pause(duration) }
}

/// A board with a broken wire or no chip.
struct BrokenBoard: RadioBoard, ~Copyable {
    var level: UInt8
    var busy: Bool
    var error: BoardError?

    mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        if let error { throw error }
        for index in bytes.indices { bytes[index] = level }
    }
    mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        input == .busy ? busy : true
    }
    mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { !busy }
    mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {}
    mutating func pause(_ duration: Duration) {}
}

/// A board whose chip answers at random, but never with a refusal.
struct NoiseBoard: RadioBoard, ~Copyable {
    var dice: Dice

    mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        let refusals = dice.roll(0..<100) == 0
        for index in bytes.indices { bytes[index] = UInt8(dice.roll(0..<256)) }
        if bytes.count > 1, !refusals { bytes[1] = 0xA2 }
        // Device errors would end nearly every start.
        if bytes.count == 4, dice.roll(0..<4) > 0 { bytes[2] = 0 }
        if bytes.count == 4, dice.roll(0..<4) > 0 { bytes[3] = 0 }
    }
    mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool { dice.roll(0..<2) == 0 }
    mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { dice.roll(0..<200) > 0 }
    mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {}
    mutating func pause(_ duration: Duration) {}
}
