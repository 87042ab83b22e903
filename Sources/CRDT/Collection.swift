import Base

/// What an operation belongs to: each collection has keys of its own.
public enum Collection: UInt8, CaseIterable, Sendable {
    /// Who belongs to the mesh: key is the node number, value its record.
    case members = 0
    /// What operators and programs write: `lichen set`.
    case shared = 1
    /// Which short codes authors use for keys: key is the code, each author has its own.
    case dictionary = 2
    /// What nodes tell of themselves for the sake of the state: which operations they have.
    case state = 3
}

/// A key, at most 31 bytes.
public typealias Key = ShortBytes<31>
/// A value, at most 96 bytes: with the longest key, it still fits one frame.
public typealias Value = ShortBytes<96>

/// A key and the collection it belongs to.
public struct KeyName: Equatable, Sendable {
    /// What the key belongs to.
    public var collection: Collection
    /// The key.
    public var key: Key

    /// The name of a key.
    public init(_ collection: Collection, _ key: Key) {
        self.collection = collection
        self.key = key
    }

    public static func == (a: Self, b: Self) -> Bool {
        a.collection == b.collection && a.key == b.key
    }
}
