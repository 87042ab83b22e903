import Foundation

/// One state that a disk may be found in after its power was cut.
struct CutImage {
    struct File {
        let name: String
        let size: Int
        /// Pages that are not all zeros.
        let pages: [(index: Int, content: PageContent)]
    }

    let files: [File]
    /// Which of the possible states this is, for a person.
    let description: String
    /// Whether a page of it is of two versions.
    let isTorn: Bool
    /// Equal for equal images, in this process.
    let hash: Int

    /// - Parameters:
    ///   - names: What is in the folder.
    ///   - isWholeSize: Whether files have grown to what the program made of them; otherwise only
    ///     as far as their pages need.
    ///   - content: What a page that may be found in several versions is found as.
    init(
        names: [String: CutFile], isWholeSize: Bool, description: String, isTorn: Bool = false,
        content: (String, Int, [PageContent]) -> PageContent
    ) {
        var files: [File] = []
        var hasher = Hasher()
        for (name, file) in names.sorted(by: { $0.key < $1.key }) {
            var size = isWholeSize ? file.size : file.durableSize
            var pages: [(index: Int, content: PageContent)] = []
            for (index, page) in file.pages.enumerated() {
                let isPending = page.versions.count > 1
                let found = isPending ? content(name, index, page.versions) : page.versions[0]
                guard found.hash != PageContent.zero.hash else { continue }
                if isPending, found.hash != page.versions[0].hash {
                    size = max(size, min(file.size, (index + 1) * CutFile.pageSize))
                }
                pages.append((index, found))
                hasher.combine(index)
                hasher.combine(found.hash)
            }
            hasher.combine(name)
            hasher.combine(size)
            files.append(File(name: name, size: size, pages: pages))
        }
        self.files = files
        self.description = description
        self.isTorn = isTorn
        hash = hasher.finalize()
    }

    /// Makes a folder of it; what was there before is gone.
    func write(to folder: String) throws {
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for file in files {
            let path = "\(folder)/\(file.name)"
            let parent = (path as NSString).deletingLastPathComponent
            if parent != folder {
                try FileManager.default.createDirectory(
                    atPath: parent, withIntermediateDirectories: true)
            }
            let descriptor = creat(path, 0o600)
            guard descriptor >= 0, ftruncate(descriptor, file.size) == 0 else {
                throw PowerCutError.file(path, errno: errno)
            }
            defer { close(descriptor) }
            for (index, content) in file.pages {
                let start = index * CutFile.pageSize
                let count = min(CutFile.pageSize, file.size - start)
                guard count > 0 else { continue }
                guard pwrite(descriptor, content.bytes, count, start) == count else {
                    throw PowerCutError.file(path, errno: errno)
                }
            }
        }
    }
}
