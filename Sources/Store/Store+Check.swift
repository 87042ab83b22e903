import Base

/// A check that is under way.
struct StoreCheck: ~Copyable {
    /// Which state of the tree it reads.
    let version: Int
    /// How often it was begun anew, since the tree was changed.
    let restarts: Int
    var walk: PageWalk
    var reading: Log.Reading
    var isTreeRead = false
}

extension Store {
    /// After so many beginnings a check is not left off any more: it has to end some time.
    private static let mostRestarts = 4

    /// How far the check that is under way is, in pages; `nil` where there is none.
    public var checkProgress: (pages: Int, of: Int)? {
        switch checking {
        case .none:
            return nil
        case .some(let check):
            let inTree = check.walk.pageCount
            let inLog = (log.end - Log.block) / Log.block
            let read = (check.reading.next - Log.block) / Log.block
            return (check.isTreeRead ? inTree + read : check.walk.pagesRead, inTree + inLog)
        }
    }

    /// Reads all from the device again and compares checksums; some milliseconds for each megabyte.
    ///
    /// - Returns: What is damaged; it is also added to `damage`, and `compact` leaves it out.
    /// - Precondition: There is no batch.
    public mutating func check() throws(DiskFault) -> StoreDamage {
        checking = nil
        while true {
            if let found = try goOnChecking(pages: .max) { return found }
        }
    }

    /// The same bit by bit: begins a check, or reads on in the one that is under way. Batches may be
    /// committed between. Where that changes the tree, all of it is read anew.
    ///
    /// - Parameter limit: About how many pages of 4 KiB to read. Once something is damaged all the
    ///   rest is read, since LMDB must not go on with it.
    /// - Returns: What is damaged, once all has been read. When it throws, the check has ended.
    /// - Precondition: There is no batch.
    public mutating func goOnChecking(pages limit: Int) throws(DiskFault) -> StoreDamage? {
        precondition(isIdle, "a check in the midst of a batch")
        var check = try takeCheck()
        defer { _ = try? tree.open() }
        guard try goOn(&check, pages: check.restarts < Self.mostRestarts ? limit : .max) else {
            checking = consume check
            return nil
        }
        var found = check.walk.damage
        if !logHasFailed, check.reading.isDamaged || check.reading.last != sequence {
            found.records += 1
            logHasFailed = true
            logIsLost = true
        }
        damage.add(found)
        tree.isDamaged = found.pages > 0
        return found
    }

    /// The check that is under way, if the tree is still the one it reads; or a new one.
    private mutating func takeCheck() throws(DiskFault) -> StoreCheck {
        guard let check = checking.take() else { return try beginCheck(restarts: 0) }
        if check.version == treeVersion { return check }
        return try beginCheck(restarts: check.restarts + 1)
    }

    private mutating func beginCheck(restarts: Int) throws(DiskFault) -> StoreCheck {
        // What is mapped stays in memory, whatever the card holds by now.
        tree.close()
        defer { _ = try? tree.open() }
        log.forgetCache()
        return StoreCheck(
            version: treeVersion, restarts: restarts,
            walk: try PageWalk("\(directory)/data.mdb", fromDevice: true),
            reading: log.begin(after: position))
    }

    /// - Returns: Whether all has been read.
    private mutating func goOn(
        _ check: inout StoreCheck, pages limit: Int
    ) throws(DiskFault) -> Bool {
        let first = check.walk.pagesRead
        while !check.isTreeRead {
            if check.walk.damage.isNone, check.walk.pagesRead - first >= limit { return false }
            check.isTreeRead = try !check.walk.step { (_, _) throws(DiskFault) in }
            if check.walk.damage.pages > 0 {
                tree.isDamaged = true
                tree.close()
            }
        }
        let begin = check.reading.next
        while true {
            if check.walk.damage.isNone, !check.reading.isDamaged,
                (check.reading.next - begin) / Log.block >= limit - (check.walk.pagesRead - first)
            {
                return false
            }
            let isMore = try? log.step(&check.reading) { (_) throws(DiskFault) in }
            guard let isMore else {
                check.reading.isDamaged = true
                return true
            }
            if !isMore { return true }
        }
    }
}
