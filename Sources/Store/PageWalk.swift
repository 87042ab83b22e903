import Base

/// Reads LMDB's file without LMDB, and finds all that a card may have changed in it.
///
/// LMDB trusts its file: a wrong page number makes it read or write where it must not, and ends the
/// process or loses what was whole. So the file is walked before it is mapped: each page is where
/// it says, inside the file, reached once; keys ascend; each record's checksum is right; no page is
/// free and in use. Whatever bytes there are, it ends, with all records that are whole.
///
/// It can be left off after any page and gone on with, as long as the tree is not changed meanwhile.
struct PageWalk: ~Copyable {
    private enum Kind { case main, free, none }

    /// A page that was begun, and those above it: the path from the root.
    private struct Place {
        var kind = Kind.none
        var isBranch = false
        var nodes = 0
        var next = 0
    }

    /// A sound tree of 64 MiB has a depth of 5.
    private static let deepest = 16

    private let file: File
    private let pageSize: Int
    private let freeRoot: UInt64
    private let mainRoot: UInt64
    private var begun = Kind.none
    /// The pages of the path, one behind the other.
    private var pages: Slab<UInt8>
    private var path = InlineArray<16, Place>(repeating: Place())
    private var depth = 0
    private var findings: PageFindings
    /// How many pages were read.
    private(set) var pagesRead = 0

    /// What is wrong with the file.
    var damage: StoreDamage { findings.damage }

    /// How many pages the tree has, free ones too.
    var pageCount: Int { Int(findings.lastPage) + 1 }

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
        freeRoot = newest.free
        mainRoot = newest.main
        self.pages = Slab(unwritten: Self.deepest * size)
        findings = PageFindings(lastPage: min(newest.last, UInt64(max(pages, 2) - 1)))
        if isDamaged || newest.last > findings.lastPage { findings.damage.pages += 1 }
        // The one that is gone may have been the newer one.
        findings.damage.isStale = isDamaged
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
        while try step(visit) {}
    }

    /// Reads on: a page, or a list of free ones.
    ///
    /// - Returns: Whether there is more.
    mutating func step(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) -> Bool {
        guard depth > 0 else {
            switch begun {
            case .none:
                begun = .main
                if mainRoot != TreeFile.noPage { try enter(mainRoot) }
                return true
            case .main:
                begun = .free
                if freeRoot != TreeFile.noPage { try enter(freeRoot) }
                return true
            case .free:
                return false
            }
        }
        let place = path[depth - 1]
        if place.next == place.nodes {
            depth -= 1
        } else if place.isBranch {
            path[depth - 1].next += 1
            let child = findings.readBranch(
                pages, at: (depth - 1) * pageSize, size: pageSize, place.next,
                isOrdered: place.kind == .main)
            if let child { try enter(child) }
        } else {
            path[depth - 1].next = place.nodes
            if place.kind == .main {
                try findings.readLeaf(
                    pages, at: (depth - 1) * pageSize, size: pageSize, place.nodes, visit)
            } else {
                for index in 0..<place.nodes { try readFree(index) }
            }
        }
        return true
    }

    /// Reads a page of the tree that was begun, below those of the path.
    private mutating func enter(_ number: UInt64) throws(DiskFault) {
        guard depth < Self.deepest, findings.mark(number) else { return }
        let start = depth * pageSize
        pagesRead += 1
        guard
            try file.read(&pages, at: start, count: pageSize, from: Int(number) * pageSize)
                == pageSize,
            let nodes = Self.nodes(
                pages.span.extracting(start..<(start + pageSize)), number, pageSize)
        else {
            findings.damage.pages += 1
            return
        }
        let isBranch = littleEndian16(pages.span, at: start + 10) & Int(TreeFile.branch) != 0
        path[depth] = Place(kind: begun, isBranch: isBranch, nodes: nodes)
        depth += 1
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

    /// A list of free pages: how many, and their numbers, 8 bytes each.
    private mutating func readFree(_ index: Int) throws(DiskFault) {
        let list = findings.readFree(pages, at: (depth - 1) * pageSize, size: pageSize, index)
        guard let list else { return }
        let count = (TreeFile.pageHeader + list.size + pageSize - 1) / pageSize
        for page in 0..<UInt64(count) {
            guard findings.mark(list.number &+ page) else { return }
        }
        pagesRead += count
        var bytes = Slab<UInt8>(repeating: 0, count: count * pageSize)
        let read = try file.read(&bytes, count: bytes.count, at: Int(list.number) * pageSize)
        guard read == bytes.count, littleEndian(bytes.span, at: 0, size: 8) == list.number,
            littleEndian(bytes.span, at: 10, size: 2) & TreeFile.overflow != 0
        else {
            findings.damage.pages += 1
            return
        }
        let content = TreeFile.pageHeader..<(TreeFile.pageHeader + list.size)
        findings.checkFree(bytes.span.extracting(content))
    }
}
