import Base
import CRDT

/// Names a whole version vector in four bytes: equal roots, equal state, but for odds of 2⁻³².
///
/// The exclusive or of a keyed hash of each actor's head, so that it is linear in operations and
/// can be brought up to date by the actor that changed.
public struct HeadsRoot<Hash: KeyedHash> {
    private let hash: Hash

    /// Roots under this key; nodes that share it can compare.
    public init(hash: Hash) { self.hash = hash }

    /// One actor's share; 0 for an actor that wrote nothing.
    public func term(_ actor: Actor, head: UInt32) -> UInt32 {
        head == 0 ? 0 : UInt32(truncatingIfNeeded: hash.hash(UInt64(actor.raw), UInt64(head)))
    }

    /// The root of all heads.
    public func root(of vector: borrowing VersionVector) -> UInt32 {
        var root: UInt32 = 0
        for raw in 0..<Actor.tableSize {
            let actor = Actor(raw: UInt8(raw))
            root ^= term(actor, head: vector.head(of: actor))
        }
        return root
    }
}
