import Base
import CRDT

/// The last operations by origin time, and the root after each: what heads were at any moment.
///
/// All nodes that hold the same operations agree on it, in whatever order these arrived. A node
/// that lacks only what is newest is found in it, without a byte spent.
///
///     base root ── operation ── operation ── … ── operation ── root now
///                 actor, stamp, steps, root after it
public struct HeadsHistory: ~Copyable {
    /// One operation, or a run of an actor that was skipped to.
    struct Entry {
        /// Time above, actor below: entries stand in this order.
        var key: UInt32
        /// The root once this and all before it have happened.
        var root: UInt32
        /// By how much the actor's head moved: more than one where superseded operations never
        /// came.
        var steps: UInt16

        var raw: Int { Int(key & 0xFF) }
        /// Half minutes, as in the operation's body.
        var stamp: UInt32 { key >> 8 }
    }

    private var ring: Slab<Entry>
    private var first = 0
    private var base: UInt32 = 0
    private var latest: Slab<UInt32>

    /// How many operations it knows.
    public private(set) var count = 0

    /// A history of the last `capacity` operations, a power of two; 12 bytes each.
    public init(capacity: Int = 4096) {
        precondition(capacity & (capacity - 1) == 0, "not a power of two")
        ring = Slab(repeating: Entry(key: 0, root: 0, steps: 0), count: capacity)
        latest = Slab(repeating: 0, count: Actor.tableSize)
    }

    /// The operation at `index`, `0..<count`, oldest first.
    @inline(__always)
    subscript(index: Int) -> Entry { ring[(first + index) & (ring.count - 1)] }

    /// The root before the operation at `index`, `0...count`.
    @inline(__always)
    func root(before index: Int) -> UInt32 { index == 0 ? base : self[index - 1].root }

    /// The root of all.
    var root: UInt32 { root(before: count) }

    /// Forgets all; heads of this root are where it begins.
    mutating func reset(root: UInt32) {
        first = 0
        count = 0
        base = root
        for raw in latest.indices { latest[raw] = 0 }
    }

    /// An actor's head moved by `steps`, and the root by `change`.
    ///
    /// - Parameter stamp: When the newest of the operations was written, in half minutes. An
    ///   actor's stamps never fall: a lower one counts as its last.
    mutating func insert(_ raw: Int, stamp: UInt32, steps: UInt32, change: UInt32) {
        guard steps <= UInt32(UInt16.max) else { return reset(root: root ^ change) }
        let stamp = max(stamp & 0xFF_FFFF, latest[raw])
        latest[raw] = stamp
        if count == ring.count {
            base = self[0].root
            first = (first + 1) & (ring.count - 1)
            count -= 1
        }
        let key = stamp << 8 | UInt32(raw)
        var index = count
        count += 1
        while index > 0, self[index - 1].key > key {
            var later = self[index - 1]
            later.root ^= change
            put(later, at: index)
            index -= 1
        }
        let root = root(before: index) ^ change
        put(Entry(key: key, root: root, steps: UInt16(steps)), at: index)
    }

    /// An actor's next operation, and what it does to the root; for trials.
    package mutating func note(_ actor: Actor, stamp: UInt32, change: UInt32) {
        insert(Int(actor.raw), stamp: stamp, steps: 1, change: change)
    }

    /// Takes over another history of the same capacity; for trials.
    package mutating func copy(from other: borrowing HeadsHistory) {
        ring.copy(from: other.ring)
        latest.copy(from: other.latest)
        first = other.first
        base = other.base
        count = other.count
    }

    private mutating func put(_ entry: Entry, at index: Int) {
        ring[(first + index) & (ring.count - 1)] = entry
    }

    /// How many operations were written up to this time.
    func count(upTo stamp: UInt32) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].stamp <= stamp { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Turns heads of now into those before the operation at `index`.
    func rewind(_ heads: inout HeadTable, to index: Int) {
        var last = count
        while last > index {
            last -= 1
            let entry = self[last]
            let head = heads[entry.raw]
            heads[entry.raw] = head >= UInt32(entry.steps) ? head - UInt32(entry.steps) : 0
        }
    }
}
