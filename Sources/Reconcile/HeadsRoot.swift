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

    /// By how much the root changes when an actor's head moves.
    func step(_ raw: Int, from old: UInt32, to new: UInt32) -> UInt32 {
        let actor = Actor(raw: UInt8(raw))
        return term(actor, head: old) ^ term(actor, head: new)
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

    /// The root of all heads.
    public func root(of heads: borrowing HeadTable) -> UInt32 {
        var root: UInt32 = 0
        for raw in 0..<Actor.tableSize { root ^= step(raw, from: 0, to: heads[raw]) }
        return root
    }

    /// The check of one operation's bytes: 32 bits of its dot and body.
    func check(_ dot: Dot, _ body: Span<UInt8>) -> UInt32 {
        var state = hash.hash(
            UInt64(dot.actor.raw) << 32 | UInt64(dot.sequence), ~UInt64(body.count))
        var index = 0
        while index < body.count {
            var word: UInt64 = 0
            for offset in 0..<8 where index + offset < body.count {
                word |= UInt64(body[index + offset]) << UInt64(8 * offset)
            }
            state = hash.hash(state, word)
            index += 8
        }
        return UInt32(truncatingIfNeeded: state)
    }
}
