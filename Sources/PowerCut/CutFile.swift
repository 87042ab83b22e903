import Foundation

/// A file of a disk that may lose its power: for each page what is on flash, and what was written
/// since.
///
/// The kernel keeps pages of 4 KiB and writes each as it is at some moment. So a page is found in
/// any of the versions that it has had since it was last put on flash, whatever other pages are
/// found in; torn, each sector of 512 B is of either of two versions.
final class CutFile {
    static let pageSize = 4_096, sectorSize = 512

    /// The versions that a page may be found in, the oldest first. One only: it is on flash.
    struct Page {
        var versions: [PageContent]
        /// A sync of the last version has failed: later ones say nothing about it.
        var isDoubtful = false
    }

    private(set) var pages: [Page] = []
    /// Pages of more than one version.
    private(set) var pending: Set<Int> = []
    /// The size as the program sees it, and as the device has it at least.
    private(set) var size = 0
    private(set) var durableSize = 0

    /// An empty file.
    init() {}

    /// The beginning of another one as the program sees that, as if it were on flash.
    init(_ file: CutFile, size: Int) {
        pages = file.pages.prefix((size + Self.pageSize - 1) / Self.pageSize).map {
            Page(versions: [$0.versions[$0.versions.count - 1]])
        }
        if size % Self.pageSize > 0, let last = pages.last {
            var bytes = last.versions[0].bytes
            for index in (size % Self.pageSize)..<bytes.count { bytes[index] = 0 }
            pages[pages.count - 1] = Page(versions: [PageContent(bytes)])
        }
        self.size = size
        durableSize = size
    }

    /// A file of an image, all of it on flash.
    init(_ file: CutImage.File) {
        size = file.size
        durableSize = file.size
        for (index, content) in file.pages {
            while pages.count < index { pages.append(Page(versions: [.zero])) }
            pages.append(Page(versions: [content]))
        }
    }

    func write(_ data: ArraySlice<UInt8>, at offset: Int) {
        var start = offset
        var rest = data
        size = max(size, offset + data.count)
        while !rest.isEmpty {
            let index = start / Self.pageSize
            let within = start % Self.pageSize
            let part = rest.prefix(Self.pageSize - within)
            while pages.count <= index { pages.append(Page(versions: [.zero])) }
            let versions = pages[index].versions
            var bytes = versions[versions.count - 1].bytes
            bytes.replaceSubrange(within..<(within + part.count), with: part)
            pages[index].versions.append(PageContent(bytes))
            pages[index].isDoubtful = false
            pending.insert(index)
            start += part.count
            rest = rest.dropFirst(part.count)
        }
    }

    /// A part of it is on flash.
    func sync(_ range: Range<Int>) {
        for index in pending where !pages[index].isDoubtful {
            let page = (index * Self.pageSize)..<((index + 1) * Self.pageSize)
            guard page.overlaps(range) else { continue }
            pages[index].versions.removeFirst(pages[index].versions.count - 1)
            pending.remove(index)
        }
        durableSize = max(durableSize, min(size, range.upperBound))
    }

    /// What a sync was to put on flash may be there or not, and later ones do not try again: that is
    /// how Linux reports a failed write (fsync(2), EIO).
    func failToSync() {
        for index in pending { pages[index].isDoubtful = true }
    }

    /// - Precondition: It does not become shorter: that makes another file of it.
    func extend(to size: Int) {
        precondition(size >= self.size, "what is cut off may come back")
        self.size = size
    }
}

/// The bytes of a page, and what tells them from others.
struct PageContent {
    let bytes: [UInt8]
    let hash: Int

    static let zero = PageContent([UInt8](repeating: 0, count: CutFile.pageSize))

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var hasher = Hasher()
        bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        hash = hasher.finalize()
    }

    /// A page of which some sectors are of another one. Bit n of `sectors` is for sector n.
    func torn(with other: PageContent, sectors: Int) -> PageContent {
        var torn = bytes
        for sector in 0..<(CutFile.pageSize / CutFile.sectorSize) where sectors >> sector & 1 == 1 {
            let range = (sector * CutFile.sectorSize)..<((sector + 1) * CutFile.sectorSize)
            torn.replaceSubrange(range, with: other.bytes[range])
        }
        return PageContent(torn)
    }
}
