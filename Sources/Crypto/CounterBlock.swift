/// Frame counters already given away on flash, so that no power cut repeats one (law 2).
public struct CounterBlock {
    private var reserved: Range<UInt64>

    /// Counters that flash knows as given away, and that nobody has used.
    public init(reserved: Range<UInt64>) { self.reserved = reserved }

    /// How many are left.
    public var left: Int { reserved.count }

    /// The next block to put on flash: as many counters as `size`, after all that were given away.
    public func next(size: UInt64) -> Range<UInt64> {
        reserved.upperBound..<(reserved.upperBound + size)
    }

    /// The next counter, or `nil` until the store has reserved more.
    public mutating func take() -> UInt64? { reserved.popFirst() }

    /// - Precondition: `block` is on flash and continues the last one.
    public mutating func extend(by block: Range<UInt64>) {
        precondition(block.lowerBound == reserved.upperBound, "counters skip or repeat")
        reserved = reserved.lowerBound..<block.upperBound
    }
}
