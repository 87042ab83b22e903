import Base

/// What a board's radio tells by the level of a wire.
public enum RadioInput: Sendable {
    /// High while the chip cannot take a command.
    case busy
    /// High while an interrupt waits: DIO1 on an SX126x.
    case interrupt
}

/// What a board tells its radio by the level of a wire.
public enum RadioOutput: Sendable {
    /// NRESET, low active.
    case reset
    /// The antenna switch, on boards where the chip does not drive it by itself.
    case transmitEnable, receiveEnable
}

/// A board as the driver of its SPI radio sees it: one chip select and a few wires.
///
/// Calls last as long as the wires need, microseconds to a few milliseconds; they never wait for
/// the air.
public protocol RadioBoard: ~Copyable {
    /// One SPI transaction: chip select falls, the bytes go out and are replaced by those that
    /// came in meanwhile, chip select rises. Returns no sooner than 600 ns after that, so that BUSY
    /// is not read before the chip has raised it (SX1262 datasheet §8.3.1).
    mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError)

    /// The level of a wire.
    mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool

    /// Waits until a wire is low.
    /// - Returns: Whether it was, before `limit` had passed.
    mutating func waitUntilLow(_ input: RadioInput, for limit: Duration) throws(BoardError) -> Bool

    /// Sets the level of a wire.
    mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError)

    /// Lets at least `duration` pass.
    mutating func pause(_ duration: Duration)
}
