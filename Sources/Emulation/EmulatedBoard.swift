import Base
import HAL

/// A board whose radio is a chip on an `Air` in the same process, in virtual time.
///
/// The world stands still while a driver talks to its chip: transfers and waits move this board's
/// clock only. Whoever runs the world sets `now` before each call of the driver; a board that is
/// ahead of the world, because its driver has been waiting, stays ahead until the world has caught
/// up.
public struct EmulatedBoard: RadioBoard, ~Copyable {
    private let air: Air
    private let node: AirNode

    /// Time on the bus for each byte: 8 MHz, as boards commonly run it.
    private let byteTime = Duration.microseconds(1)

    /// How late it is on this board; never goes back.
    public var now: Instant {
        get { clock }
        set { clock = max(clock, newValue) }
    }
    private var clock: Instant

    /// The board around a chip.
    public init(_ air: Air, _ node: AirNode) {
        self.air = air
        self.node = node
        clock = air.now
    }

    /// One transaction, as long as its bytes take.
    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        air.select(node, at: clock)
        for index in bytes.indices { bytes[index] = air.exchange(bytes[index], with: node) }
        clock = clock + byteTime * bytes.count
        air.deselect(node, at: clock)
    }

    /// The level of a wire as late as it is on this board.
    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        air.isHigh(input, of: node, at: clock)
    }

    /// Moves this board's clock to when the wire falls, or by all of `limit`.
    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool {
        guard air.isHigh(input, of: node, at: clock) else { return true }
        // Only BUSY falls without the world moving.
        guard input == .busy, air.busyUntil(node) <= clock + limit else {
            clock = clock + limit
            return false
        }
        clock = air.busyUntil(node)
        return true
    }

    /// Moves a wire.
    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        air.drive(output, high: high, of: node, at: clock)
    }

    /// Moves this board's clock.
    public mutating func pause(_ duration: Duration) { clock = clock + duration }
}
