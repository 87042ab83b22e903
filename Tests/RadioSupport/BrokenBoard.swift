import Base
import HAL

/// A board with a broken wire or no chip.
public struct BrokenBoard: RadioBoard, ~Copyable {
    private let level: UInt8
    private let busy: Bool
    private let error: BoardError?

    /// - Parameters:
    ///   - level: What all bytes read as.
    ///   - busy: Whether BUSY is stuck.
    public init(level: UInt8, busy: Bool = false, error: BoardError? = nil) {
        self.level = level
        self.busy = busy
        self.error = error
    }

    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        if let error { throw error }
        for index in bytes.indices { bytes[index] = level }
    }
    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        input == .busy ? busy : true
    }
    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { !busy }
    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {}
    public mutating func pause(_ duration: Duration) {}
}

/// A board whose chip answers at random, but never with a refusal.
public struct NoiseBoard: RadioBoard, ~Copyable {
    private var dice: Dice

    /// Noise of a seed.
    public init(dice: Dice) { self.dice = dice }

    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        let refusals = dice.roll(0..<100) == 0
        for index in bytes.indices { bytes[index] = UInt8(dice.roll(0..<256)) }
        if bytes.count > 1, !refusals { bytes[1] = 0xA2 }
        // Device errors would end nearly every start.
        if bytes.count == 4, dice.roll(0..<4) > 0 { bytes[2] = 0 }
        if bytes.count == 4, dice.roll(0..<4) > 0 { bytes[3] = 0 }
    }
    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        dice.roll(0..<2) == 0
    }
    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { dice.roll(0..<200) > 0 }
    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {}
    public mutating func pause(_ duration: Duration) {}
}

/// A board whose chip answers well, and whose interrupt line is stuck high.
public struct StuckInterruptBoard: RadioBoard, ~Copyable {
    /// A board.
    public init() {}

    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        // Status bytes all of them, but for device errors and interrupt flags: a preamble.
        let opcode = bytes[0]
        for index in bytes.indices { bytes[index] = 0xA2 }
        if opcode == 0x17 || opcode == 0x12 {
            bytes[2] = 0
            bytes[3] = opcode == 0x12 ? 0x04 : 0
        }
    }
    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        input == .interrupt
    }
    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool { true }
    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {}
    public mutating func pause(_ duration: Duration) {}
}
