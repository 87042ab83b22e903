import Base

/// Keys with the latest value each: of two writes to a key the later wins, everywhere.
///
/// Merging is idempotent and ignores order. Capacity is fixed; see `Merged.full`.
public struct LastWriterMap: ~Copyable {
    /// What became of an operation.
    public enum Merged: Equatable, Sendable {
        /// It is the key's value now, at this index.
        case won(index: Int)
        /// A later write of the same key is here already, or this very one.
        case lost
        /// The key is new and there is no room: the operation was not taken, and must not be
        /// counted as here.
        case full
    }

    private var entries: Slab<Operation?>
    /// Open addressing with linear probing; entry index + 1, 0 where free. Keys are never removed.
    private var table: Slab<Int32>

    /// How many keys there are.
    public private(set) var count = 0

    /// A map of up to `capacity` keys; 200 bytes of memory each.
    public init(capacity: Int) {
        precondition(capacity > 0 && capacity < 1 << 24, "a map of unreasonable capacity")
        entries = Slab(repeating: nil, count: capacity)
        var size = 16
        while size < capacity * 2 { size *= 2 }
        table = Slab(repeating: 0, count: size)
    }

    /// How many keys there may be.
    public var capacity: Int { entries.count }

    /// The write that holds at `index`, `0..<count`, in no particular order.
    public subscript(index: Int) -> Operation {
        guard let operation = entries[index] else { preconditionFailure("no such entry") }
        return operation
    }

    /// Takes a write in.
    public mutating func merge(_ operation: Operation) -> Merged {
        var place = Self.hash(operation.collection, operation.key.span) & (table.count - 1)
        while table[place] != 0 {
            let index = Int(table[place]) - 1
            let present = self[index]
            if present.collection == operation.collection && present.key == operation.key {
                guard operation.supersedes(present) else { return .lost }
                entries[index] = operation
                return .won(index: index)
            }
            place = (place + 1) & (table.count - 1)
        }
        guard count < entries.count else { return .full }
        entries[count] = operation
        count += 1
        table[place] = Int32(count)
        return .won(index: count - 1)
    }

    /// Where the key's value is.
    public func index(of key: Key, in collection: Collection) -> Int? {
        var place = Self.hash(collection, key.span) & (table.count - 1)
        while table[place] != 0 {
            let index = Int(table[place]) - 1
            if self[index].collection == collection && self[index].key == key { return index }
            place = (place + 1) & (table.count - 1)
        }
        return nil
    }

    /// The actor's first live operation after `sequence`.
    public func index(ofNext actor: Actor, after sequence: UInt32) -> Int? {
        var best: Int?
        var bestSequence = UInt32.max
        for index in 0..<count {
            let dot = self[index].dot
            if dot.actor == actor && dot.sequence > sequence && dot.sequence <= bestSequence {
                best = index
                bestSequence = dot.sequence
            }
        }
        return best
    }

    /// FNV-1a. Only members can choose keys, so no secret is needed.
    private static func hash(_ collection: Collection, _ key: Span<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(collection.rawValue)
        for index in key.indices {
            hash = (hash ^ UInt64(key[index])) &* 0x0000_0100_0000_01B3
        }
        return Int(truncatingIfNeeded: (hash ^ (hash >> 32)) & 0x7FFF_FFFF)
    }
}
