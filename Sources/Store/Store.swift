import Base
import CLMDB
import CLinux

/// Records in LMDB: one unnamed database, one transaction a batch, durable when committed.
///
/// Never WRITEMAP or NOSYNC: a stray write or a power cut must not be able to damage the state.
/// The writer's lock is the kernel's, so that a second agent on the same directory is told.
public struct Store: ~Copyable, Disk {
    /// The most bytes the data may take: also fits a 32-bit address space.
    public static let mapSize = 64 << 20

    private let environment: OpaquePointer
    private let database: MDB_dbi
    private var transaction: OpaquePointer?

    /// Opens the store in a directory that exists, or makes one there. Where that fails half way, on
    /// a disk that is full, nothing of it stays: half a store would be a damaged one.
    ///
    /// - Parameter directory: Its path; the caller holds the lock on it.
    public init(in directory: String) throws(DiskFault) {
        let file = "\(directory)/data.mdb"
        let isNew = access(file, F_OK) != 0
        var opened: OpaquePointer?
        try Self.check(mdb_env_create(&opened))
        guard let opened else { throw .system(code: ENOMEM) }
        do throws(DiskFault) {
            try Self.check(mdb_env_set_mapsize(opened, Self.mapSize))
            // One process, one thread, and no reader that outlives a call: no lock file is needed.
            let flags = UInt32(MDB_NOTLS | MDB_NOLOCK)
            try Self.check(mdb_env_open(opened, directory, flags, 0o600))
            database = try Self.openDatabase(opened)
        } catch {
            mdb_env_close(opened)
            if isNew { unlink(file) }
            throw error
        }
        environment = opened
    }

    deinit {
        if let transaction { mdb_txn_abort(transaction) }
        mdb_env_close(environment)
    }

    public mutating func put(
        _ key: Span<UInt8>, _ value: Span<UInt8>
    ) throws(DiskFault) {
        let transaction = try begin()
        let status = key.withUnsafeBufferPointer { key in
            value.withUnsafeBufferPointer { value in
                var mdbKey = MDB_val(
                    mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
                var mdbValue = MDB_val(
                    mv_size: value.count,
                    mv_data: UnsafeMutableRawPointer(mutating: value.baseAddress))
                return mdb_put(transaction, database, &mdbKey, &mdbValue, 0)
            }
        }
        try Self.check(status)
    }

    public mutating func delete(_ key: Span<UInt8>) throws(DiskFault) {
        let transaction = try begin()
        let status = key.withUnsafeBufferPointer { key in
            var mdbKey = MDB_val(
                mv_size: key.count, mv_data: UnsafeMutableRawPointer(mutating: key.baseAddress))
            return mdb_del(transaction, database, &mdbKey, nil)
        }
        if status != MDB_NOTFOUND { try Self.check(status) }
    }

    public mutating func commit() throws(DiskFault) {
        guard let transaction else { return }
        self.transaction = nil
        try Self.check(mdb_txn_commit(transaction))
    }

    public mutating func discard() {
        guard let transaction else { return }
        self.transaction = nil
        mdb_txn_abort(transaction)
    }

    public mutating func forEach(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        var reading: OpaquePointer?
        try Self.check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &reading))
        defer { mdb_txn_abort(reading) }
        var cursor: OpaquePointer?
        try Self.check(mdb_cursor_open(reading, database, &cursor))
        defer { mdb_cursor_close(cursor) }
        while true {
            var key = MDB_val()
            var value = MDB_val()
            let status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            if status == MDB_NOTFOUND { return }
            try Self.check(status)
            try visit(Self.span(key), Self.span(value))
        }
    }

    /// How many records there are, and how many bytes their pages take.
    public var usage: (records: Int, bytes: Int) {
        var statistics = MDB_stat()
        guard mdb_env_stat(environment, &statistics) == 0 else { return (0, 0) }
        let pages =
            statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
        return (statistics.ms_entries, pages * Int(statistics.ms_psize))
    }

    private mutating func begin() throws(DiskFault) -> OpaquePointer {
        if let transaction { return transaction }
        var begun: OpaquePointer?
        try Self.check(mdb_txn_begin(environment, nil, 0, &begun))
        guard let begun else { throw .system(code: ENOMEM) }
        transaction = begun
        return begun
    }

    private static func openDatabase(_ environment: OpaquePointer) throws(DiskFault) -> MDB_dbi {
        var transaction: OpaquePointer?
        try check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction))
        defer { mdb_txn_abort(transaction) }
        var database = MDB_dbi()
        try check(mdb_dbi_open(transaction, nil, 0, &database))
        return database
    }

    /// Valid until the transaction ends; whoever visits copies what it keeps.
    @_lifetime(immortal)
    private static func span(_ value: MDB_val) -> Span<UInt8> {
        guard let data = value.mv_data else { return Span() }
        let bytes = data.assumingMemoryBound(to: UInt8.self)
        return unsafe _overrideLifetime(
            Span(_unsafeStart: UnsafePointer(bytes), count: value.mv_size), copying: ())
    }

    private static func check(_ status: Int32) throws(DiskFault) {
        switch status {
        case 0: return
        case ENOSPC, EDQUOT, MDB_MAP_FULL: throw .full
        case EACCES, EROFS, EPERM: throw .readOnly
        case EAGAIN: throw .inUse
        case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH: throw .damaged
        default: throw .system(code: status)
        }
    }
}
