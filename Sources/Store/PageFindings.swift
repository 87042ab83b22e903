import Base

/// What a walk over pages has found so far.
struct PageFindings: ~Copyable {
    /// The last page that is part of the file.
    let lastPage: UInt64
    /// The key of the last record that was whole.
    var lastKey: ShortBytes<64>?
    var damage = StoreDamage()
    private var seen: Slab<UInt64>

    init(lastPage: UInt64) {
        self.lastPage = lastPage
        seen = Slab(repeating: 0, count: Int(lastPage) / 64 + 1)
    }

    /// Notes that a page is in use, or free.
    ///
    /// - Returns: Whether it is inside the file and was neither before.
    mutating func mark(_ number: UInt64) -> Bool {
        guard number >= 2, number <= lastPage,
            seen[Int(number / 64)] >> (number % 64) & 1 == 0
        else {
            damage.pages += 1
            return false
        }
        seen[Int(number / 64)] |= 1 << (number % 64)
        return true
    }

    // MARK: Pages that were read, in the midst of others

    /// Where a node of a page begins; `nil` where its key would not be inside the page.
    private mutating func node(_ page: Span<UInt8>, _ index: Int) -> Int? {
        let start = littleEndian16(page, at: TreeFile.pageHeader + 2 * index)
        // LMDB fills the room below `upper`: a node there would be written over.
        guard start >= littleEndian16(page, at: 14), start + TreeFile.nodeHeader <= page.count,
            start + TreeFile.nodeHeader + littleEndian16(page, at: start + 6) <= page.count
        else {
            damage.pages += 1
            return nil
        }
        return start
    }

    /// The next key is to be higher than those before.
    private mutating func expect(_ key: Span<UInt8>) {
        if let lastKey, !lastKey.span.lexicographicallyPrecedes(key) { damage.pages += 1 }
    }

    /// The page that a node of a branch names.
    ///
    /// - Parameter isOrdered: Whether its key is to be higher than those of records before.
    mutating func readBranch(
        _ pages: borrowing Slab<UInt8>, at begin: Int, size: Int, _ index: Int, isOrdered: Bool
    ) -> UInt64? {
        let page = pages.span.extracting(begin..<(begin + size))
        guard let start = node(page, index) else { return nil }
        let key = start + TreeFile.nodeHeader
        if isOrdered, index > 0 {
            expect(page.extracting(key..<(key + littleEndian16(page, at: start + 6))))
        }
        return littleEndian(page, at: start, size: 6)
    }

    /// Visits the records of a leaf that are whole.
    mutating func readLeaf(
        _ pages: borrowing Slab<UInt8>, at begin: Int, size: Int, _ nodes: Int,
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        let page = pages.span.extracting(begin..<(begin + size))
        var last: Range<Int>?
        for index in 0..<nodes {
            guard let start = node(page, index) else { continue }
            let keyStart = start + TreeFile.nodeHeader
            let keyEnd = keyStart + littleEndian16(page, at: start + 6)
            let size = littleEndian16(page, at: start) | littleEndian16(page, at: start + 2) << 16
            guard littleEndian16(page, at: start + 4) == 0, keyEnd + size <= page.count else {
                damage.pages += 1
                continue
            }
            let key = page.extracting(keyStart..<keyEnd)
            guard let value = Tree.unseal(key, page.extracting(keyEnd..<(keyEnd + size))) else {
                damage.records += 1
                continue
            }
            if let last {
                if !page.extracting(last).lexicographicallyPrecedes(key) { damage.pages += 1 }
            } else {
                expect(key)
            }
            last = keyStart..<keyEnd
            try visit(key, value)
        }
        if let last { lastKey = ShortBytes(page.extracting(last)) }
    }

    /// Checks a list of free pages.
    ///
    /// - Returns: Where the list is and how many bytes it has, if it is on pages of its own.
    mutating func readFree(
        _ pages: borrowing Slab<UInt8>, at begin: Int, size: Int, _ index: Int
    ) -> (number: UInt64, size: Int)? {
        let page = pages.span.extracting(begin..<(begin + size))
        guard let node = node(page, index) else { return nil }
        let start = node + TreeFile.nodeHeader + littleEndian16(page, at: node + 6)
        let listSize = Int(littleEndian(page, at: node, size: 4))
        let isElsewhere = littleEndian(page, at: node + 4, size: 2) & TreeFile.bigData != 0
        guard start + (isElsewhere ? 8 : listSize) <= size else {
            damage.pages += 1
            return nil
        }
        if isElsewhere { return (littleEndian(page, at: start, size: 8), listSize) }
        checkFree(page.extracting(start..<(start + listSize)))
        return nil
    }

    mutating func checkFree(_ list: Span<UInt8>) {
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
