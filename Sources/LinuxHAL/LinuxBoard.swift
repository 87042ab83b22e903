import HAL

/// The ways a Linux computer reaches its radio: one type, so that there is one driver.
public enum LinuxBoard: ~Copyable, RadioBoard {
    /// An emulated chip behind a socket.
    case emulator(EmulatorBoard)
    /// The kernel's SPI and GPIO devices.
    case spidev(SpidevBoard)

    /// For `Epoll`: readable when the radio may have something to tell.
    public var raw: Int32 {
        switch self {
        case .emulator(let board): board.raw
        case .spidev(let board): board.raw
        }
    }

    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        switch self {
        case .emulator(let board): try board.transfer(&bytes)
        case .spidev(let board): try board.transfer(&bytes)
        }
    }

    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        switch self {
        case .emulator(let board): try board.isHigh(input)
        case .spidev(let board): try board.isHigh(input)
        }
    }

    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool {
        switch self {
        case .emulator(let board): try board.waitUntilLow(input, for: limit)
        case .spidev(let board): try board.waitUntilLow(input, for: limit)
        }
    }

    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        switch self {
        case .emulator(let board): try board.drive(output, high: high)
        case .spidev(let board): try board.drive(output, high: high)
        }
    }

    public mutating func pause(_ duration: Duration) {
        switch self {
        case .emulator(let board): board.pause(duration)
        case .spidev(let board): board.pause(duration)
        }
    }
}
