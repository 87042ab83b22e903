/// A bus of many chips with two wires, its addresses of seven bits.
///
/// Calls last as long as the wires need: 100 µs for a few bytes at 100 kHz; more where a chip
/// stretches the clock.
public protocol I2CBus: ~Copyable {
    /// Writes to a chip, then reads from it, without giving the bus up in between (a repeated
    /// start, I2C specification §3.1.10). Either may be of no bytes, not both.
    ///
    /// - Parameters:
    ///   - address: `0x08...0x77`.
    ///   - output: At most 8,192 bytes, as `input`.
    ///   - input: Filled from its start to its end.
    /// - Throws: `.absent` where no chip acknowledges that address; `.gone` where the bus is.
    mutating func exchange(
        with address: UInt8, writing output: Span<UInt8>, reading input: inout MutableSpan<UInt8>
    ) throws(BoardError)
}
