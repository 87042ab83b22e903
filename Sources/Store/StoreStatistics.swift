/// What a store has done since it was opened.
public struct StoreStatistics: Equatable, Sendable {
    /// Batches made durable, and times the log was taken into the tree.
    public var commits = 0, checkpoints = 0
    /// Bytes written to the log; and to the tree, as far as can be told from outside of LMDB:
    /// rather too many.
    public var logBytes = 0, treeBytes = 0

    /// Bytes written.
    public var bytes: Int { logBytes + treeBytes }

    /// Nothing yet.
    public init() {}
}

/// What was found to be damaged: each is left out, and told.
public struct StoreDamage: Equatable, Sendable {
    /// Pages of the tree that made no sense, with all records below them.
    public var pages = 0
    /// Records whose checksum was wrong.
    public var records = 0
    /// Whether whole batches may be: what is there may be as it was some batches ago.
    public var isStale = false

    /// Whether nothing is lost.
    public var isNone: Bool { pages == 0 && records == 0 && !isStale }

    /// No damage.
    public init() {}

    mutating func add(_ other: StoreDamage) {
        pages += other.pages
        records += other.records
        isStale = isStale || other.isStale
    }
}
