import Base
import CLMDB
import CLinux

/// Records in LMDB: one unnamed database in one file, durable when committed.
///
/// Never WRITEMAP or NOSYNC: a stray write or a power cut must not be able to damage the state.
/// The writer's lock is the kernel's, on the directory, so that no lock file is needed.
///
///     value: checksum 4, the record's value
public struct Tree: ~Copyable {
    private let path: String
    private let mapSize: Int
    /// `nil` after a failure that LMDB cannot go on from, until the next use.
    private var environment: OpaquePointer?
    /// Whether transactions that write may begin. LMDB makes tables of 3 MiB for them, so it is opened
    /// to read until there is one.
    private var isWritable = false
    private var database = MDB_dbi()
    private var transaction: OpaquePointer?
    /// LMDB must not see a file whose pages are damaged: until it is made anew, it is not opened.
    var isDamaged = false

    /// Opens a file that `PageWalk` has found whole.
    init(at path: String, mapSize: Int) throws(DiskFault) {
        self.path = path
        self.mapSize = mapSize
        try open()
    }

    deinit { shut() }

    /// Opens the file again, unless it is open.
    @discardableResult
    mutating func open(toWrite: Bool = false) throws(DiskFault) -> OpaquePointer {
        if let environment, isWritable || !toWrite { return environment }
        close()
        guard !isDamaged else { throw .damaged }
        var opened: OpaquePointer?
        try Self.check(mdb_env_create(&opened))
        guard let opened else { throw .system(code: ENOMEM) }
        do throws(DiskFault) {
            try Self.check(mdb_env_set_mapsize(opened, mapSize))
            let flags = MDB_NOSUBDIR | MDB_NOTLS | MDB_NOLOCK | (toWrite ? 0 : MDB_RDONLY)
            try Self.check(mdb_env_open(opened, path, UInt32(flags), 0o600))
            database = try Self.openDatabase(opened)
        } catch {
            mdb_env_close(opened)
            throw error
        }
        environment = opened
        isWritable = toWrite
        return opened
    }

    private func shut() {
        if let transaction { mdb_txn_abort(transaction) }
        if let environment { mdb_env_close(environment) }
    }

    /// Lets go of the file, until the next use.
    mutating func close() {
        shut()
        transaction = nil
        environment = nil
    }

    /// Adds a record to the transaction.
    mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(DiskFault) {
        var sealed = ShortBytes<1_100>()
        sealed.fill { out in
            out.append(littleEndian: UInt64(Checksum.of(key: key, value: value)), size: 4)
            out.append(contentsOf: value)
        }
        let transaction = try begin()
        let status = key.withUnsafeBufferPointer { key in
            sealed.span.withUnsafeBufferPointer { value in
                var mdbKey = Self.value(key)
                var mdbValue = Self.value(value)
                return mdb_put(transaction, database, &mdbKey, &mdbValue, 0)
            }
        }
        try Self.check(status)
    }

    /// Takes a record away with the transaction.
    mutating func delete(_ key: Span<UInt8>) throws(DiskFault) {
        let transaction = try begin()
        let status = key.withUnsafeBufferPointer { key in
            var mdbKey = Self.value(key)
            return mdb_del(transaction, database, &mdbKey, nil)
        }
        if status != MDB_NOTFOUND { try Self.check(status) }
    }

    /// Adds the number of the last frame that the tree has.
    mutating func put(position: UInt64) throws(DiskFault) {
        var key = FixedBytes<1>()
        key[0] = Store.positionKey
        var value = ShortBytes<8>()
        value.fill { $0.append(littleEndian: position, size: 8) }
        try put(key.span, value.span)
    }

    /// Adds the mark that records may be missing, or batches.
    mutating func putMark(isStale: Bool) throws(DiskFault) {
        var key = FixedBytes<1>()
        key[0] = Store.damageKey
        var value = FixedBytes<1>()
        value[0] = isStale ? 1 : 0
        try put(key.span, value.span)
    }

    /// Makes the transaction durable.
    mutating func commit() throws(DiskFault) {
        guard let transaction else { return }
        self.transaction = nil
        let status = mdb_txn_commit(transaction)
        // LMDB does not go on after a failed commit; what was durable before still is.
        if status != 0 { close() }
        // To LMDB a write that is cut short is an I/O error; mostly the file system is full.
        if status == EIO, lichen_free_bytes(path) < 1 << 16 { throw .full }
        try Self.check(status)
    }

    /// Forgets the transaction.
    mutating func abort() {
        guard let transaction else { return }
        self.transaction = nil
        mdb_txn_abort(transaction)
    }

    /// Visits all records in the order of their keys, as the transaction has them if there is one.
    /// Their checksums are not compared: `PageWalk` has just done so.
    mutating func forEach(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        let environment = try open()
        var reading: OpaquePointer?
        if transaction == nil {
            try Self.check(mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &reading))
        }
        defer { if let reading { mdb_txn_abort(reading) } }
        var cursor: OpaquePointer?
        try Self.check(mdb_cursor_open(transaction ?? reading, database, &cursor))
        defer { mdb_cursor_close(cursor) }
        while true {
            var key = MDB_val()
            var value = MDB_val()
            let status = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
            if status == MDB_NOTFOUND { return }
            try Self.check(status)
            let sealed = Self.span(value)
            guard sealed.count >= 4 else { throw .damaged }
            try visit(Self.span(key), sealed.extracting(4..<sealed.count))
        }
    }

    /// The content of a record whose checksum is right.
    @_lifetime(copy sealed)
    static func unseal(_ key: Span<UInt8>, _ sealed: Span<UInt8>) -> Span<UInt8>? {
        guard sealed.count >= 4, sealed.count <= 1_100, key.count <= Store.longestKey else {
            return nil
        }
        let value = sealed.extracting(4..<sealed.count)
        let checksum = UInt32(littleEndian16(sealed, at: 0) | littleEndian16(sealed, at: 2) << 16)
        return Checksum.of(key: key, value: value) == checksum ? value : nil
    }

    /// How many records there are, and pages of records and above them.
    var usage: (records: Int, leafPages: Int, branchPages: Int) {
        var statistics = MDB_stat()
        guard let environment, mdb_env_stat(environment, &statistics) == 0 else { return (0, 0, 0) }
        return (
            statistics.ms_entries, statistics.ms_leaf_pages + statistics.ms_overflow_pages,
            statistics.ms_branch_pages
        )
    }

    private mutating func begin() throws(DiskFault) -> OpaquePointer {
        if let transaction { return transaction }
        var begun: OpaquePointer?
        try Self.check(mdb_txn_begin(try open(toWrite: true), nil, 0, &begun))
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

    private static func value(_ bytes: UnsafeBufferPointer<UInt8>) -> MDB_val {
        MDB_val(
            mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
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
        case MDB_MAP_FULL: throw .full
        case MDB_INVALID, MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_VERSION_MISMATCH: throw .damaged
        default: throw DiskFault(errno: status)
        }
    }
}
