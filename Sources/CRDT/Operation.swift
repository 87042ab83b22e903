import Base

/// What an operation belongs to: each collection has keys of its own.
public enum Collection: UInt8, CaseIterable, Sendable {
    /// Who belongs to the mesh: key is the node number, value its record.
    case members = 0
    /// What operators and programs set: `lichen set`.
    case shared = 1
}

/// A key, at most 31 bytes.
public typealias Key = ShortBytes<31>
/// A value, at most 96 bytes: with the longest key, it still fits one frame.
public typealias Value = ShortBytes<96>

/// One write: the value of a key, and when whose.
public struct Operation: Sendable {
    /// Its name.
    public var dot: Dot
    /// When it was written; the later of two writes to a key wins.
    public var time: HybridTime
    /// What the key belongs to.
    public var collection: Collection
    /// What is written to.
    public var key: Key
    /// What is written.
    public var value: Value

    /// An operation.
    public init(dot: Dot, time: HybridTime, collection: Collection, key: Key, value: Value) {
        self.dot = dot
        self.time = time
        self.collection = collection
        self.key = key
        self.value = value
    }

    /// Whether this write wins over the other: it is later, or as late and of a higher actor.
    public func supersedes(_ other: Operation) -> Bool {
        time != other.time ? time > other.time : dot > other.dot
    }
}
