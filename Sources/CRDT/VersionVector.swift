import Base

/// Which operations of each actor are here: all up to a head.
///
/// There are no gaps: what comes before its turn waits (see `Held`), so that equal vectors mean
/// equal states.
public struct VersionVector: ~Copyable {
    private var heads: Slab<UInt32>

    /// Nothing is here.
    public init() { heads = Slab(repeating: 0, count: Actor.tableSize) }

    /// All operations of the actor up to this one are here.
    public func head(of actor: Actor) -> UInt32 { heads[Int(actor.raw)] }

    /// Whether the operation is here.
    public func contains(_ dot: Dot) -> Bool { dot.sequence <= head(of: dot.actor) }

    /// All of the actor's operations up to `sequence` are here, or superseded by others.
    public mutating func raise(_ actor: Actor, to sequence: UInt32) {
        heads[Int(actor.raw)] = max(heads[Int(actor.raw)], sequence)
    }

    /// Takes over another's whole content.
    public mutating func copy(from other: borrowing VersionVector) {
        heads.copy(from: other.heads)
    }
}
