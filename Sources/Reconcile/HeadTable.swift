import Base
import CRDT

/// Heads of all actors: somebody's, or what they were at some moment.
public struct HeadTable: ~Copyable {
    private var heads: Slab<UInt32>

    /// Nobody has written anything.
    public init() { heads = Slab(repeating: 0, count: Actor.tableSize) }

    /// An actor's head, by its address.
    @inline(__always)
    subscript(raw: Int) -> UInt32 {
        get { heads[raw] }
        set { heads[raw] = newValue }
    }

    /// An actor's head.
    public subscript(actor: Actor) -> UInt32 {
        get { heads[Int(actor.raw)] }
        set { heads[Int(actor.raw)] = newValue }
    }

    /// Takes over all heads of a vector.
    public mutating func copy(from vector: borrowing VersionVector) {
        for raw in heads.indices { heads[raw] = vector.head(of: Actor(raw: UInt8(raw))) }
    }

    /// Takes over all heads of another table.
    public mutating func copy(from other: borrowing HeadTable) { heads.copy(from: other.heads) }

    /// The highest address that wrote something; 0 where none did.
    public var highest: Int {
        var raw = heads.count - 1
        while raw > 0, heads[raw] == 0 { raw -= 1 }
        return raw
    }

    /// How many operations of `other` are not here, over all actors.
    public func lacks(of other: borrowing HeadTable) -> Int {
        var count = 0
        for raw in heads.indices where other.heads[raw] > heads[raw] {
            count += Int(other.heads[raw] - heads[raw])
        }
        return count
    }

    /// The first actor of whom `other` has more; 0 where it has of none.
    func firstLack(of other: borrowing HeadTable) -> Int {
        for raw in heads.indices where other.heads[raw] > heads[raw] { return raw }
        return 0
    }

    /// The most operations of one actor that `other` has and are not here.
    public func longestLag(behind other: borrowing HeadTable) -> Int {
        var longest = 0
        for raw in heads.indices where other.heads[raw] > heads[raw] {
            longest = max(longest, Int(other.heads[raw] - heads[raw]))
        }
        return longest
    }
}
