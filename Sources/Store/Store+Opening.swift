import Base
import CLinux

extension Store {
    /// What was found in the directory.
    struct Found {
        /// The last frame that the tree has; `nil` where the tree does not say, or is new.
        var position: UInt64?
        var damage = StoreDamage()
        /// Whether the file is as it was written.
        var isWhole = true
        /// What is missing since it was made anew of another, unless somebody has dealt with that.
        var mark = StoreDamage()
    }

    /// Makes the files where there are none, and the tree anew where it is damaged.
    static func prepare(
        _ directory: String, _ mapSize: Int, _ logSize: Int
    ) throws(DiskFault) -> Found {
        let data = "\(directory)/data.mdb"
        let log = "\(directory)/log"
        var hasLog = access(log, F_OK) == 0
        if access(data, F_OK) != 0 {
            // The tree is always made first: what is left without it was more once, unless nothing
            // was ever kept in it.
            if hasLog {
                var opened = try openLog(directory, logSize)
                guard try opened.firstSequence() == nil else { throw .damaged }
                unlink(log)
                hasLog = false
            }
            try TreeFile.create(at: data, in: directory, mapSize: mapSize)
        }
        var found = try walk(data)
        let isLost = !hasLog && found.position != nil
        // A position says that there was a log: what it held is gone. The mark comes first.
        if isLost { found.damage.isStale = true }
        if !found.isWhole || isLost {
            try rebuild(directory, mapSize, isDamaged: true, isStale: found.damage.isStale)
        }
        if !hasLog {
            try createLog(directory, logSize, isNew: found.position == nil && found.isWhole)
        }
        if !hasLog, found.position == nil { found.position = 0 }
        return found
    }

    /// - Parameter isNew: Whether nothing was kept yet: half a store would be a damaged one.
    private static func createLog(
        _ directory: String, _ logSize: Int, isNew: Bool
    ) throws(DiskFault) {
        let log = "\(directory)/log"
        do throws(DiskFault) {
            try Log.create(at: log, in: directory, size: logSize)
        } catch {
            // The log first: without it the tree is an empty store.
            if isNew {
                unlink(log)
                unlink("\(directory)/data.mdb")
            }
            throw error
        }
    }

    static func openLog(
        _ directory: String, _ logSize: Int
    ) throws(DiskFault) -> Log {
        try Log(at: "\(directory)/log", frameCapacity: frameCapacity, usualSize: logSize)
    }

    private static func walk(_ data: String) throws(DiskFault) -> Found {
        var found = Found()
        var walk = try PageWalk(data)
        try walk.run { (key, value) throws(DiskFault) in
            if key.count == 1, key[0] == positionKey, value.count == 8 {
                found.position = littleEndian(value, at: 0, size: 8)
            }
            if key.count == 1, key[0] == damageKey {
                found.mark.records = 1
                found.mark.isStale = value.count != 1 || value[0] != 0
            }
        }
        found.damage.add(walk.damage)
        found.isWhole = walk.damage.isNone
        return found
    }

    /// Makes the tree anew, of all its records that are whole, and keeps the old file as
    /// `data.damaged`, if it is.
    ///
    /// - Parameter position: The last frame that it has, where that is known without it.
    private static func rebuild(
        _ directory: String, _ mapSize: Int, isDamaged: Bool, isStale: Bool = false,
        position: UInt64? = nil
    ) throws(DiskFault) {
        let data = "\(directory)/data.mdb"
        let new = "\(directory)/data.rebuilt"
        unlink(new)
        do throws(DiskFault) {
            try TreeFile.create(at: new, in: directory, mapSize: mapSize)
            var tree = try Tree(at: new, mapSize: mapSize)
            var walk = try PageWalk(data)
            try walk.run { (key, value) throws(DiskFault) in try tree.put(key, value) }
            if isDamaged { try tree.putMark(isStale: isStale) }
            if let position { try tree.put(position: position) }
            try tree.commit()
        } catch {
            unlink(new)
            throw error
        }
        if isDamaged {
            let damaged = "\(directory)/data.damaged"
            unlink(damaged)
            _ = link(data, damaged)
        }
        try Directory.rename(new, to: data, in: directory)
    }

    /// Finds the last frame of the log.
    ///
    /// - Parameter position: The last frame that the tree has. Where the tree has forgotten that,
    ///   all of the log is taken in, in its order: in the end the same holds.
    ///
    /// - Returns: The last frame that the tree has, and the last that is durable.
    static func ends(
        of log: inout Log, _ found: inout Found
    ) throws(DiskFault) -> (position: UInt64, sequence: UInt64) {
        var known = found.position
        if known == nil {
            let first = try log.firstSequence() ?? 1
            // An earlier round was taken in, and the tree does not know of it.
            if first > 1 { found.damage.isStale = true }
            known = first - 1
        }
        let start = known ?? 0
        var mark = found.mark
        let end = try log.replay(after: start) { (record) throws(DiskFault) in
            if record.key.count == 1, record.key[0] == damageKey, !record.isPut {
                mark = StoreDamage()
            }
        }
        found.damage.add(mark)
        if log.isDamaged { found.damage.isStale = true }
        return (start, end)
    }

    /// Takes in what is whole of a damaged log, with the mark that batches may be missing, and makes
    /// the log good. Frames are numbered on from the highest that may come to light.
    ///
    /// - Returns: That number.
    static func replace(
        _ log: inout Log, after position: UInt64, upTo sequence: UInt64, in tree: inout Tree
    ) throws(DiskFault) -> UInt64 {
        let highest = max(sequence, try log.highestSequence())
        if sequence > position {
            try apply(&log, after: position, upTo: sequence, to: &tree)
        }
        do throws(DiskFault) {
            try tree.putMark(isStale: true)
            try tree.put(position: highest)
            try tree.commit()
        } catch {
            tree.abort()
            throw error
        }
        log.rewind()
        try log.mend()
        return highest
    }

    // MARK: Care

    /// Makes the tree's file anew, as small as can be, of all its records that are whole. The old
    /// one stays until the new one is on the device; afterwards as `data.damaged`, if it was.
    public mutating func compact() throws(DiskFault) {
        discard()
        tree.close()
        treeVersion += 1
        let data = "\(directory)/data.mdb"
        let isWhole = try Self.walk(data).isWhole
        if isWhole {
            try checkpoint()
            tree.close()
        }
        try Self.rebuild(directory, mapSize, isDamaged: !isWhole, position: position)
        tree.isDamaged = false
        if isWhole { unlink("\(directory)/data.damaged") }
        try tree.open()
        try checkpoint()
    }
}
