/// Names one frame's bytes in a `FramePool`.
public struct FrameSlot: Equatable, Sendable {
    /// Which slot: `0..<capacity` of its pool.
    public let index: Int

    fileprivate init(index: Int) { self.index = index }
}

/// The bytes of frames on their way: as many slots as were made at start, 255 bytes each.
///
/// An event or effect names a slot instead of carrying bytes; whoever took the slot releases it.
public struct FramePool: ~Copyable {
    /// The most bytes a LoRa modem can send in one frame (SX1262 datasheet §6.1.3).
    public static let frameCapacity = 255

    private var bytes: Slab<UInt8>
    private var sizes: Slab<Int>
    private var taken: Slab<Bool>

    /// A pool of `capacity` free slots.
    public init(capacity: Int) {
        bytes = Slab(repeating: 0, count: capacity * Self.frameCapacity)
        sizes = Slab(repeating: 0, count: capacity)
        taken = Slab(repeating: false, count: capacity)
    }

    /// How many slots are free.
    public var free: Int {
        var count = 0
        for index in taken.indices where !taken[index] { count += 1 }
        return count
    }

    /// An empty slot, or `nil` while all are taken.
    public mutating func take() -> FrameSlot? {
        for index in taken.indices where !taken[index] {
            taken[index] = true
            sizes[index] = 0
            return FrameSlot(index: index)
        }
        return nil
    }

    /// A slot with a copy of the bytes, or `nil` while all are taken.
    public mutating func take(copying bytes: ShortBytes<255>) -> FrameSlot? {
        guard let slot = take() else { return nil }
        fill(slot) { out in out.append(contentsOf: bytes.span) }
        return slot
    }

    /// Gives a slot back.
    ///
    /// - Precondition: It was taken, and nobody still uses it.
    public mutating func release(_ slot: FrameSlot) {
        precondition(taken[slot.index], "slot released twice")
        taken[slot.index] = false
    }

    /// How many bytes the slot holds.
    public func size(of slot: FrameSlot) -> Int { sizes[slot.index] }

    /// The slot's bytes.
    @_lifetime(borrow self)
    public borrowing func bytes(of slot: FrameSlot) -> Span<UInt8> {
        precondition(taken[slot.index], "slot is not taken")
        let start = slot.index * Self.frameCapacity
        return bytes.span.extracting(start..<(start + sizes[slot.index]))
    }

    /// Replaces the slot's bytes by what `write` appends, at most 255.
    public mutating func fill<Result: ~Copyable, Failure: Error>(
        _ slot: FrameSlot, _ write: (inout OutputSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(taken[slot.index], "slot is not taken")
        let start = slot.index * Self.frameCapacity
        return try bytes.overwrite(
            start..<(start + Self.frameCapacity), count: &sizes[slot.index], write)
    }
}

extension FramePool {
    /// A copy of the slot's bytes, in place: to read or decrypt while other parts of the pool's
    /// owner change.
    public func copy(of slot: FrameSlot) -> ShortBytes<255> {
        ShortBytes(bytes(of: slot)) ?? ShortBytes()
    }
}
