/// Why something could not be kept on flash.
public enum DiskFault: Error, Equatable, Sendable {
    /// The file system or the store's own limit is full.
    case full
    /// The file system is read-only, or the files belong to somebody else.
    case readOnly
    /// Another process has the store open.
    case inUse
    /// What was read is not what was written.
    case damaged
    /// The store was written by a version of the format that this program does not know.
    case unknownFormat(UInt8)
    /// The kernel or the library refused, with this error number.
    case system(code: Int32)

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .full: "the disk is full; free some space, nothing was changed"
        case .readOnly:
            "it cannot be written; check its owner and permissions, and that its file system "
                + "is not mounted read-only"
        case .inUse: "another agent is using it; stop that one, or give this one its own directory"
        case .damaged: "its content is damaged; restore it from a copy, or pair this node anew"
        case .unknownFormat(let version):
            "it is of format \(version), which this version does not know; use a newer lichen"
        case .system(let code): "the system refused with error \(code)"
        }
    }
}

/// What is lost at most where a disk falls back to an earlier state.
public enum DiskLapse {
    /// Batches after the record that is read. A store of a tree and a log before it falls back by one
    /// commit of the tree, which took in a log at most and a batch beside it, and may lose the log
    /// that was written since: `2 × log + 1`, with 1,023 batches in a log of 4 MiB.
    public static var batches: UInt64 { 2_048 }
}

/// Records on flash: small keys and values, changed in batches that happen whole or not at all.
public protocol Disk: ~Copyable {
    /// Adds a record to the batch; it replaces one of the same key.
    mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(DiskFault)

    /// Takes a record away with the batch, if there is one of that key.
    mutating func delete(_ key: Span<UInt8>) throws(DiskFault)

    /// Makes the batch durable. When it throws, none of it happened.
    mutating func commit() throws(DiskFault)

    /// Forgets the batch.
    mutating func discard()

    /// Whether records may be missing that were durable once: a card has damaged them. It stays so
    /// over restarts, until a batch with `forgetDamage` is durable.
    var isDamaged: Bool { get }

    /// Whether what is there may be as it was some batches ago, at most `DiskLapse.batches`: a card
    /// has damaged the latest. If so, `isDamaged` is set too, and both stay as long.
    var isStale: Bool { get }

    /// Adds to the batch that whoever uses the disk knows of the damage.
    mutating func forgetDamage() throws(DiskFault)

    /// Visits every durable record, in the order of keys as unsigned bytes.
    mutating func forEach(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault)
}
