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

    /// Whether something may be lost.
    public var isNone: Bool { pages == 0 && records == 0 }

    /// No damage.
    public init() {}
}
