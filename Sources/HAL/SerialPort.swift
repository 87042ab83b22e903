/// What this end of a serial line tells the other by the level of a wire.
public enum SerialOutput: Sendable {
    /// DTR; many USB sticks wire it to their chip's reset or boot pin.
    case dataTerminalReady
    /// RTS. With hardware flow control the driver moves it by itself.
    case requestToSend
}

/// A stream of bytes to a chip or a stick with a processor of its own. Nothing here waits.
public protocol SerialPort: ~Copyable {
    /// Takes what has arrived, as much as `bytes` has room for.
    ///
    /// - Returns: How many bytes; 0 where nothing has arrived.
    /// - Throws: `.gone` where the stick was unplugged.
    mutating func read(into bytes: inout MutableSpan<UInt8>) throws(BoardError) -> Int

    /// Gives bytes away, as many as there is room for.
    ///
    /// - Returns: How many went; fewer, down to 0, where the other side holds them up.
    /// - Throws: `.gone` where the stick was unplugged.
    mutating func write(_ bytes: Span<UInt8>) throws(BoardError) -> Int

    /// Sets the level of a wire.
    mutating func drive(_ output: SerialOutput, high: Bool) throws(BoardError)
}
