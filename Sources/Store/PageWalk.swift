import Base

/// Reads LMDB's file without LMDB, and finds all that a card may have changed in it.
///
/// LMDB trusts its file: a wrong page number makes it read or write where it must not, and ends the
/// process or loses what was whole. So the file is walked before it is mapped: each page is where
/// it says, inside the file, reached once; keys ascend; each record's checksum is right; no page is
/// free and in use. Whatever bytes there are, it ends, with all records that are whole.
struct PageWalk: ~Copyable {
    private enum Kind { case main, free }

    private let file: File
    private let pageSize: Int
    private let lastPage: UInt64
    private let freeRoot: UInt64
    private let mainRoot: UInt64
    private var seen: Slab<UInt64>
    private var lastKey = ShortBytes<64>()
    private var hasKey = false
    /// What is wrong with the file.
    private(set) var damage = StoreDamage()

    /// Begins with the newer of the two meta pages, of those that are whole.
    ///
    /// - Parameter fromDevice: Whether to read what is on the device, also where the kernel has it in
    ///   memory.
    /// - Throws: `damaged` where none is: then it is no store.
    init(_ path: String, fromDevice: Bool = false) throws(DiskFault) {
        let opened = try File(path)
        if fromDevice { opened.forgetCache() }
        var page = Slab<UInt8>(repeating: 0, count: TreeFile.pageSize)
        var newest: (transaction: UInt64, last: UInt64, free: UInt64, main: UInt64)?
        let size = try Self.pageSize(opened, &page)
        var isDamaged = false
        for number in 0..<2 {
            let offset = number * size
            let read = try opened.read(&page, count: TreeFile.pageSize, at: offset)
            guard read == TreeFile.pageSize, Self.isMeta(page.span, size),
                littleEndian(page.span, at: 0, size: 8) == UInt64(number)
            else {
                isDamaged = true
                continue
            }
            let transaction = littleEndian(page.span, at: TreeFile.transaction, size: 8)
            if let newest, newest.transaction >= transaction { continue }
            newest = (
                transaction, littleEndian(page.span, at: TreeFile.lastPage, size: 8),
                Self.root(page.span, TreeFile.freeDatabase),
                Self.root(page.span, TreeFile.mainDatabase)
            )
        }
        guard let newest else { throw .damaged }
        let pages = opened.size / size
        file = opened
        pageSize = size
        lastPage = min(newest.last, UInt64(max(pages, 2) - 1))
        freeRoot = newest.free
        mainRoot = newest.main
        seen = Slab(repeating: 0, count: pages / 64 + 1)
        if isDamaged || newest.last > lastPage { damage.pages += 1 }
        // The one that is gone may have been the newer one.
        damage.isStale = isDamaged
    }

    private static func pageSize(_ file: borrowing File, _ page: inout Slab<UInt8>)
        throws(DiskFault) -> Int
    {
        _ = try file.read(&page, count: TreeFile.pageSize, at: 0)
        let size = littleEndian(page.span, at: TreeFile.freeDatabase, size: 4)
        let isSound = size >= 512 && size <= 65_536 && size & (size - 1) == 0
        return isSound && isMeta(page.span, Int(size)) ? Int(size) : TreeFile.pageSize
    }

    private static func isMeta(_ page: Span<UInt8>, _ size: Int) -> Bool {
        littleEndian(page, at: 10, size: 2) & TreeFile.meta != 0
            && littleEndian(page, at: 16, size: 4) == TreeFile.magic
            && littleEndian(page, at: 20, size: 4) == TreeFile.version
            && littleEndian(page, at: TreeFile.freeDatabase, size: 4) == UInt64(size)
            && littleEndian(page, at: TreeFile.freeDatabase + 4, size: 2) == TreeFile.integerKey
            && littleEndian(page, at: TreeFile.mainDatabase + 4, size: 2) == 0
    }

    private static func root(_ page: Span<UInt8>, _ database: Int) -> UInt64 {
        littleEndian(page, at: database + TreeFile.rootOffset, size: 8)
    }

    /// Visits all records that are whole, in the order of their keys.
    mutating func run(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        if mainRoot != TreeFile.noPage { try walk(mainRoot, .main, depth: 0, visit) }
        if freeRoot != TreeFile.noPage { try walk(freeRoot, .free, depth: 0, visit) }
    }

    private mutating func walk(
        _ number: UInt64, _ tree: Kind, depth: Int,
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        guard depth < 16, mark(number) else { return }
        var page = Slab<UInt8>(repeating: 0, count: pageSize)
        guard try file.read(&page, count: pageSize, at: Int(number) * pageSize) == pageSize,
            let nodes = Self.nodes(page.span, number, pageSize)
        else {
            damage.pages += 1
            return
        }
        let isBranch = littleEndian(page.span, at: 10, size: 2) & TreeFile.branch != 0
        let bytes = page.span
        let upper = littleEndian16(bytes, at: 14)
        var last: Range<Int>?
        for index in 0..<nodes {
            let start = littleEndian16(bytes, at: TreeFile.pageHeader + 2 * index)
            // LMDB fills the room below `upper`: a node there would be written over.
            guard start >= upper, start + TreeFile.nodeHeader <= pageSize else {
                damage.pages += 1
                continue
            }
            let low = littleEndian16(bytes, at: start) | littleEndian16(bytes, at: start + 2) << 16
            let flags = littleEndian16(bytes, at: start + 4)
            let keySize = littleEndian16(bytes, at: start + 6)
            let keyStart = start + TreeFile.nodeHeader
            guard keyStart + keySize <= pageSize else {
                damage.pages += 1
                continue
            }
            let key = bytes.extracting(keyStart..<(keyStart + keySize))
            if isBranch {
                if tree == .main, index > 0, hasKey, !lastKey.span.lexicographicallyPrecedes(key) {
                    damage.pages += 1
                }
                try walk(UInt64(low | flags << 32), tree, depth: depth + 1, visit)
            } else if tree == .free {
                try checkFree(bytes, keyStart + keySize, low, UInt64(flags))
            } else {
                let end = keyStart + keySize + low
                guard flags == 0, end <= pageSize else {
                    damage.pages += 1
                    continue
                }
                guard let value = Tree.unseal(key, bytes.extracting((keyStart + keySize)..<end))
                else {
                    damage.records += 1
                    continue
                }
                let isInOrder =
                    if let last {
                        bytes.extracting(last).lexicographicallyPrecedes(key)
                    } else {
                        !hasKey || lastKey.span.lexicographicallyPrecedes(key)
                    }
                if !isInOrder { damage.pages += 1 }
                last = keyStart..<(keyStart + keySize)
                try visit(key, value)
            }
        }
        if let last, let key = ShortBytes<64>(bytes.extracting(last)) {
            lastKey = key
            hasKey = true
        }
    }

    /// How many nodes a page has; `nil` where it is not a page of a tree.
    private static func nodes(_ page: Span<UInt8>, _ number: UInt64, _ size: Int) -> Int? {
        let flags = littleEndian(page, at: 10, size: 2) & 0x7F
        let lower = Int(littleEndian(page, at: 12, size: 2))
        let upper = Int(littleEndian(page, at: 14, size: 2))
        guard littleEndian(page, at: 0, size: 8) == number,
            flags == TreeFile.branch || flags == TreeFile.leaf,
            lower >= TreeFile.pageHeader, lower <= upper, upper <= size, lower & 1 == 0
        else { return nil }
        let nodes = (lower - TreeFile.pageHeader) / 2
        return nodes > 0 && (flags == TreeFile.leaf || nodes > 1) ? nodes : nil
    }

    /// Notes that a page is in use, or free.
    ///
    /// - Returns: Whether it is inside the file and was neither before.
    private mutating func mark(_ number: UInt64) -> Bool {
        guard number >= 2, number <= lastPage,
            seen[Int(number / 64)] >> (number % 64) & 1 == 0
        else {
            damage.pages += 1
            return false
        }
        seen[Int(number / 64)] |= 1 << (number % 64)
        return true
    }

    // MARK: The list of free pages

    /// A list of free pages: how many, and their numbers, 8 bytes each.
    private mutating func checkFree(
        _ page: Span<UInt8>, _ start: Int, _ size: Int, _ flags: UInt64
    ) throws(DiskFault) {
        if flags & TreeFile.bigData == 0 {
            guard start + size <= pageSize else {
                damage.pages += 1
                return
            }
            return checkFree(page.extracting(start..<(start + size)))
        }
        guard start + 8 <= pageSize else {
            damage.pages += 1
            return
        }
        let number = littleEndian(page, at: start, size: 8)
        let count = (TreeFile.pageHeader + size + pageSize - 1) / pageSize
        for page in 0..<UInt64(count) {
            guard mark(number &+ page) else { return }
        }
        var list = Slab<UInt8>(repeating: 0, count: count * pageSize)
        let read = try file.read(&list, count: list.count, at: Int(number) * pageSize)
        guard read == list.count, littleEndian(list.span, at: 0, size: 8) == number,
            littleEndian(list.span, at: 10, size: 2) & TreeFile.overflow != 0
        else {
            damage.pages += 1
            return
        }
        let begin = TreeFile.pageHeader
        checkFree(list.span.extracting(begin..<(begin + size)))
    }

    private mutating func checkFree(_ list: Span<UInt8>) {
        guard list.count >= 8, littleEndian(list, at: 0, size: 8) <= UInt64(list.count / 8 - 1)
        else {
            damage.pages += 1
            return
        }
        let count = littleEndian(list, at: 0, size: 8)
        for index in 0..<Int(count) {
            _ = mark(littleEndian(list, at: 8 * (index + 1), size: 8))
        }
    }
}
