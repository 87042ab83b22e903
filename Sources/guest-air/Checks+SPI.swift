import CLinux
import HAL
import LinuxHAL

/// A chip behind spidev and gpiochip, spoken to byte by byte (SX1262 datasheet, chapter 13).
extension Checks {
    /// With chip select moved by the driver and by a line, and without a BUSY line.
    static func spi() -> Bool {
        var wiring = byLabel
        guard isInStandby(wiring, "selected by the driver"), interrupts(wiring) else {
            return false
        }
        wiring.chip = "/dev/gpiochip0"
        wiring.chipSelect = "21"
        guard isInStandby(wiring, "selected by a line") else { return false }
        wiring = byLabel
        wiring.busy = nil
        return isNeverBusy(wiring)
    }

    private static func isInStandby(_ wiring: SpidevWiring, _ how: String) -> Bool {
        with(wiring) { board throws(BoardError) in
            try board.drive(.reset, high: false)
            board.pause(.milliseconds(1))
            guard try !board.waitUntilLow(.busy, for: .milliseconds(5)) else {
                return says("spi: a chip in reset is not busy")
            }
            try release(board)
            let answer = try exchange(board, [0xC0, 0x00])  // GetStatus
            guard answer[1] >> 4 & 7 == 2 else {
                return says("spi: no chip in standby: status \(answer[1])")
            }
            say("spi: a chip \(how) is in standby after its reset")
            return true
        }
    }

    /// A receiver that hears nothing raises DIO1 after a millisecond.
    private static func interrupts(_ wiring: SpidevWiring) -> Bool {
        with(wiring) { board throws(BoardError) in
            _ = try board.isHigh(.interrupt)
            _ = try exchange(board, [0x8A, 0x01])  // SetPacketType: LoRa
            _ = try exchange(board, [0x86, 0x36, 0x40, 0x00, 0x00])  // SetRfFrequency: 868 MHz
            _ = try exchange(board, [0x8B, 0x07, 0x04, 0x01, 0x00])  // SF7, 125 kHz, 4/5
            _ = try exchange(board, [0x08, 0x02, 0x00, 0x02, 0x00, 0, 0, 0, 0])  // Timeout on DIO1
            let start = lichen_boot_nanoseconds()
            _ = try exchange(board, [0x82, 0x00, 0x00, 0x40])  // SetRx for 64 steps of 15.625 µs
            guard try !board.isHigh(.interrupt), isReadable(board, 50_000_000) else {
                return says("spi: no interrupt wakes whoever waits for one")
            }
            guard try board.isHigh(.interrupt), !isReadable(board, 0) else {
                return says("spi: the interrupt is not taken by who looks at the wire")
            }
            // CLOCK_MONOTONIC and CLOCK_BOOTTIME are one in a machine that never sleeps.
            let stamp = Int64(board.lastInterrupt) - start
            guard (1_000_000..<20_000_000).contains(stamp) else {
                return says("spi: the interrupt is stamped \(stamp) ns after its cause")
            }
            guard try board.isHigh(.interrupt) else { return says("spi: the level has fallen") }
            _ = try exchange(board, [0x02, 0xFF, 0xFF])  // ClearIrqStatus
            guard try !board.isHigh(.interrupt) else { return says("spi: the level stays") }
            say("spi: an interrupt wakes, has a stamp, and lasts until it is cleared")
            return true
        }
    }

    private static func isNeverBusy(_ wiring: SpidevWiring) -> Bool {
        with(wiring) { board throws(BoardError) in
            try board.drive(.reset, high: false)
            guard try board.waitUntilLow(.busy, for: .zero) else {
                return says("spi: a chip without BUSY is waited for")
            }
            try board.drive(.reset, high: true)
            say("spi: a chip without BUSY is waited for by nobody")
            return true
        }
    }

    // MARK: Bytes

    private static func with(
        _ wiring: SpidevWiring, _ body: (SpidevBoard) throws(BoardError) -> Bool
    ) -> Bool {
        let board: SpidevBoard
        do throws(DeviceError) {
            board = try SpidevBoard(wiring)
        } catch {
            return says("spi: \(error.sentence)")
        }
        do throws(BoardError) {
            return try body(board)
        } catch {
            return says("spi: \(error.sentence)")
        }
    }

    private static func release(_ board: SpidevBoard) throws(BoardError) {
        try board.drive(.reset, high: true)
        _ = try board.waitUntilLow(.busy, for: .seconds(1))
    }

    private static func exchange(
        _ board: SpidevBoard, _ bytes: [UInt8]
    ) throws(BoardError) -> [UInt8] {
        guard try board.waitUntilLow(.busy, for: .seconds(1)) else { return bytes }
        var bytes = bytes
        var span = bytes.mutableSpan
        try board.transfer(&span)
        return bytes
    }

    private static func isReadable(_ board: SpidevBoard, _ nanoseconds: Int64) -> Bool {
        lichen_wait_readable(board.raw, nanoseconds) == 1
    }
}
