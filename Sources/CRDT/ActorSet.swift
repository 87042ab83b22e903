import Base

/// A set of actors, one bit each.
public struct ActorSet: Equatable, Sendable {
    private var bits = FixedBytes<32>()

    /// Nobody.
    public init() {}

    /// The set that `write` wrote; `nil` where that cannot be.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count <= 32 else { return nil }
        for index in 0..<bytes.count { bits[index] = bytes[index] }
    }

    /// Whether it has the actor.
    public func contains(_ actor: Actor) -> Bool {
        bits[Int(actor.raw) / 8] >> (actor.raw % 8) & 1 != 0
    }

    /// Takes the actor in.
    public mutating func insert(_ actor: Actor) { bits[Int(actor.raw) / 8] |= 1 << (actor.raw % 8) }

    /// Appends the set, up to its last byte that is not zero: nothing where it is empty.
    public func write(to out: inout OutputSpan<UInt8>) {
        var size = 32
        while size > 0, bits[size - 1] == 0 { size -= 1 }
        for index in 0..<size { out.append(bits[index]) }
    }
}
