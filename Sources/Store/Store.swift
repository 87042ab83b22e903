import Base
import CLinux

/// Records on a card that is to last: a log for what must be durable at once, and LMDB as the tree
/// that takes the log in when it is full.
///
///     data.mdb       the tree, pages of 4 KiB
///     log            batches that the tree does not have yet
///     data.damaged   what the tree was before it was made anew from what was whole of it
///
/// A batch is durable when its frame is in the log: one write of 4 KiB, where LMDB alone needs four.
/// Both files are made before anything is kept in them. What is read is checked; what is damaged
/// is left out and told, never used.
///
/// The reading order: this file, `+Opening`, `+Check`, `Log`, `Log+Reading`, `Tree`,
/// `PageWalk`.
public struct Store: ~Copyable, Disk {
    /// The most bytes of a key, and of a value.
    public static let longestKey = 64, longestValue = 1_024
    /// Also fits a 32-bit address space.
    public static let usualMapSize = 64 << 20
    /// Bytes of a log: 1,023 commits; `DiskLapse` is derived from it. A quarter of that would cost a
    /// node of 10,000 keys 1,400 B more a commit, since the tree takes the log in as often again.
    public static let usualLogSize = 1 << 22
    /// Bytes of a batch that the log takes; a longer one goes to the tree.
    static let frameCapacity = 1 << 15
    /// The key of the number of the last frame that the tree has.
    static let positionKey: UInt8 = 0xFF
    /// The key of the mark that the tree was made anew of what was whole of it.
    static let damageKey: UInt8 = 0xFE

    let directory: String
    let mapSize: Int
    var log: Log
    var tree: Tree
    /// The last frame that is durable, in the log or in the tree.
    var sequence: UInt64
    /// The last frame that the tree has.
    var position: UInt64
    /// Counts the states that the tree has had since it was opened.
    var treeVersion = 0
    var checking: StoreCheck?
    /// Whether the log's end is unknown: a write to it failed. Then the tree takes all, and the log
    /// begins anew.
    var logHasFailed = false
    /// Whether what the log held is lost: whoever has it in memory writes all of it again.
    var logIsLost = false

    private var batch: Slab<UInt8>
    private var batchCount = 0
    /// Whether the batch has outgrown the log and is in a transaction of the tree.
    private var isLarge = false
    /// Whether there is no batch.
    var isIdle: Bool { batchCount == 0 && !isLarge }

    /// What it has done.
    public internal(set) var statistics = StoreStatistics()
    /// What was found damaged when it was opened, or since.
    public internal(set) var damage = StoreDamage()

    /// Opens the store in a directory that exists, or makes one there. Where that fails half way, on
    /// a disk that is full, nothing of it stays: half a store would be a damaged one.
    ///
    /// - Parameters:
    ///   - directory: Its path; the caller holds the lock on it.
    ///   - mapSize: The most bytes of the tree, below 256 MiB.
    ///   - logSize: Bytes of the log where one is made, a multiple of 4,096.
    public init(
        in directory: String, mapSize: Int = Store.usualMapSize,
        logSize: Int = Store.usualLogSize
    ) throws(DiskFault) {
        var found = try Self.prepare(directory, mapSize, logSize)
        var log = try Self.openLog(directory, logSize)
        var (position, sequence) = try Self.ends(of: &log, &found)
        if sequence > position, !log.settle() {
            (position, sequence) = try Self.ends(of: &log, &found)
        }
        var tree = try Tree(at: "\(directory)/data.mdb", mapSize: mapSize)
        if log.isDamaged {
            sequence = try Self.replace(&log, after: position, upTo: sequence, in: &tree)
            position = sequence
        }
        self.directory = directory
        self.mapSize = mapSize
        self.log = log
        self.tree = tree
        self.position = position
        self.sequence = sequence
        damage = found.damage
        batch = Slab(repeating: 0, count: Log.capacity(of: Self.frameCapacity))
    }

    // MARK: Batches

    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(DiskFault) {
        precondition(!Self.isOwn(key), "a key of the store's own")
        try add(isPut: true, key, value)
    }

    public mutating func delete(_ key: Span<UInt8>) throws(DiskFault) {
        precondition(!Self.isOwn(key), "a key of the store's own")
        try add(isPut: false, key, Span())
    }

    /// The keys `FE` and `FF` are kept for the store's own records.
    private static func isOwn(_ key: Span<UInt8>) -> Bool { key.count == 1 && key[0] >= damageKey }

    private mutating func add(
        isPut: Bool, _ key: Span<UInt8>, _ value: Span<UInt8>
    ) throws(DiskFault) {
        precondition(key.count <= Self.longestKey && !key.isEmpty, "a key of unreasonable size")
        precondition(value.count <= Self.longestValue, "a value of unreasonable size")
        if !isLarge, batchCount + 4 + key.count + value.count > batch.count {
            try beginLargeBatch()
        }
        if isLarge { return try apply(isPut: isPut, key, value) }
        batch[batchCount] = isPut ? 1 : 2
        batch[batchCount + 1] = UInt8(key.count)
        batch.put(UInt64(value.count), at: batchCount + 2, size: 2)
        batch.put(key, at: batchCount + 4)
        batch.put(value, at: batchCount + 4 + key.count)
        batchCount += 4 + key.count + value.count
    }

    public var isDamaged: Bool { !damage.isNone }

    public var isStale: Bool { damage.isStale }

    public mutating func forgetDamage() throws(DiskFault) {
        var key = FixedBytes<1>()
        key[0] = Self.damageKey
        try add(isPut: false, key.span, Span())
        damage = StoreDamage()
    }

    public mutating func commit() throws(DiskFault) {
        guard isLarge || batchCount > 0 else { return }
        if !isLarge, !logHasFailed {
            if !log.hasRoom(for: batchCount) { try checkpoint() }
            do throws(DiskFault) {
                try log.append(batch, count: batchCount, sequence: sequence + 1)
                sequence += 1
                statistics.commits += 1
                statistics.logBytes += Log.blocks(for: batchCount)
                batchCount = 0
                return
            } catch {
                logHasFailed = true
                // Whether it is on the device nobody knows. The tree may have room.
            }
        }
        try commitToTree()
    }

    public mutating func discard() {
        batchCount = 0
        if isLarge { tree.abort() }
        isLarge = false
    }

    // MARK: The tree

    /// Takes the log into the tree; also where nobody asks for room, when there is time.
    public mutating func checkpoint() throws(DiskFault) {
        guard sequence > position, !isLarge else { return }
        try applyLog()
        try commitTree(upTo: sequence)
    }

    /// The batch goes to the tree, behind all that is in the log.
    private mutating func commitToTree() throws(DiskFault) {
        if !isLarge { try beginLargeBatch() }
        try commitTree(upTo: sequence + 1)
        sequence += 1
        statistics.commits += 1
        isLarge = false
    }

    private mutating func beginLargeBatch() throws(DiskFault) {
        try applyLog()
        isLarge = true
        var offset = 0
        while offset < batchCount {
            let keySize = Int(batch[offset + 1])
            let valueSize = Int(littleEndian(batch.span, at: offset + 2, size: 2))
            let start = offset + 4 + keySize
            let key = ShortBytes<64>(batch.span.extracting((offset + 4)..<start))
            let value = ShortBytes<1_024>(batch.span.extracting(start..<(start + valueSize)))
            guard let key, let value else { preconditionFailure("sizes were checked") }
            try apply(isPut: batch[offset] == 1, key.span, value.span)
            offset = start + valueSize
        }
        batchCount = 0
    }

    /// Puts what is in the log into a transaction of the tree; where it is lost, the mark of that.
    private mutating func applyLog() throws(DiskFault) {
        guard sequence > position else { return }
        guard !logIsLost else { return try tree.putMark(isStale: true) }
        try Self.apply(&log, after: position, upTo: sequence, to: &tree)
    }

    /// Puts the records of frames into a transaction of the tree.
    static func apply(
        _ log: inout Log, after position: UInt64, upTo sequence: UInt64, to tree: inout Tree
    ) throws(DiskFault) {
        var failure: DiskFault?
        let last = try? log.replay(after: position, upTo: sequence) { (record) throws(DiskFault) in
            do throws(DiskFault) {
                if record.isPut {
                    try tree.put(record.key, record.value)
                } else {
                    try tree.delete(record.key)
                }
            } catch {
                failure = error
                throw error
            }
        }
        if last != sequence {
            tree.abort()
            throw failure ?? .damaged
        }
    }

    private mutating func apply(
        isPut: Bool, _ key: Span<UInt8>, _ value: Span<UInt8>
    ) throws(DiskFault) {
        do throws(DiskFault) {
            if isPut { try tree.put(key, value) } else { try tree.delete(key) }
        } catch {
            tree.abort()
            throw error
        }
    }

    private mutating func commitTree(upTo number: UInt64) throws(DiskFault) {
        treeVersion += 1
        do throws(DiskFault) {
            try tree.put(position: number)
            try tree.commit()
        } catch {
            tree.abort()
            isLarge = false
            throw error
        }
        position = number
        log.rewind()
        if logIsLost { try? log.mend() }
        logHasFailed = false
        logIsLost = false
        statistics.checkpoints += 1
        statistics.treeBytes += treeWrite
    }

    /// Bytes that a commit of the tree writes at most, while no record is added: all of its pages,
    /// the list of free ones, and a meta page.
    private var treeWrite: Int {
        let usage = tree.usage
        return (usage.leafPages + usage.branchPages + 3) * TreeFile.pageSize
    }

    // MARK: Reading

    /// Takes the log into the tree first; where the card has no room for that, only in memory: a node
    /// starts on a full card too.
    public mutating func forEach(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        precondition(!isLarge, "reading in the midst of a large batch")
        do throws(DiskFault) {
            try checkpoint()
        } catch {
            guard error == .full else { throw error }
            try applyLog()
        }
        defer { tree.abort() }
        try tree.forEach { (key, value) throws(DiskFault) in
            if Self.isOwn(key) { return }
            try visit(key, value)
        }
    }

    /// How many records there are, and how many bytes their pages take of how many they may.
    public var usage: (records: Int, bytes: Int, capacity: Int) {
        let usage = tree.usage
        let pages = usage.leafPages + usage.branchPages
        return (max(0, usage.records - 1), pages * TreeFile.pageSize, mapSize)
    }

    /// How many bytes the tree's file has.
    public var fileSize: Int { (try? File("\(directory)/data.mdb").size) ?? 0 }

    /// How full the log is, in bytes of how many.
    public var logUsage: (used: Int, capacity: Int) { log.usage }
}
