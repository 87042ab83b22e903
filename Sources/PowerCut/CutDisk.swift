/// A disk during the replay of a record: what is on flash for certain, and what may be.
///
/// Names, sizes made smaller, and new files are a journal: a beginning of it is on flash, in order,
/// as ext4 and f2fs keep them. A sync of the folder puts all of it there; the sync of a file what
/// concerns that file, and all before it, unless names are asked to be `strict`: POSIX promises
/// nothing for a name but by a sync of its folder.
struct CutDisk {
    /// Which names are on flash.
    enum Names: String, Sendable { case ordered, strict }

    /// One step of the journal: these names lead to these files from now on.
    typealias NameChange = [(name: String, file: CutFile?)]

    private let rule: Names
    /// What names lead to on flash, and changes of that which may be there.
    private(set) var flash: [String: CutFile] = [:]
    private(set) var journal: [NameChange] = []
    /// What names lead to for the program.
    private var names: [String: CutFile] = [:]
    private var files: [UInt32: CutFile] = [:]

    /// - Parameter image: What is on flash at first.
    init(names rule: Names, image: CutImage? = nil) {
        self.rule = rule
        for file in image?.files ?? [] { flash[file.name] = CutFile(file) }
        names = flash
    }

    /// - Returns: Whether the disk may differ from before.
    mutating func apply(_ event: DiskEvent) throws -> Bool {
        switch event {
        case .open(let file, let name, let wasCreated, let wasEmptied):
            if wasCreated {
                let made = CutFile()
                files[file] = made
                change([(name, made)])
            } else if let known = names[name] {
                files[file] = known
                if wasEmptied { shorten(file, to: 0) }
            } else {
                throw PowerCutError.program("\(name) is older than the record")
            }
            return wasCreated || wasEmptied
        case .write(let file, let offset, let data):
            files[file]?.write(data, at: offset)
        case .sync(0, _):
            settle(journal.count)
        case .sync(let number, let range):
            guard let file = files[number] else { return false }
            file.sync(range)
            let last = journal.lastIndex { $0.contains { $0.file === file } }
            if rule == .ordered, let last { settle(last + 1) }
        case .syncFailed(let file):
            files[file]?.failToSync()
        case .truncate(let number, let size):
            guard let file = files[number] else { return false }
            if size < file.size { shorten(number, to: size) } else { file.extend(to: size) }
        case .rename(let old, let new):
            guard let file = names[old] else { return false }
            change([(old, nil), (new, file)])
        case .link(let old, let new):
            guard let file = names[old] else { return false }
            change([(new, file)])
        case .unlink(let name):
            change([(name, nil)])
        case .unseen(let call):
            throw PowerCutError.unseen(call: call)
        case .begun, .acknowledged, .remark:
            return false
        }
        return true
    }

    private mutating func shorten(_ number: UInt32, to size: Int) {
        guard let old = files[number] else { return }
        let new = CutFile(old, size: size)
        files[number] = new
        change(names.filter { $0.value === old }.map { ($0.key, new) })
    }

    private mutating func change(_ change: NameChange) {
        Self.apply(change, to: &names)
        journal.append(change)
    }

    private mutating func settle(_ count: Int) {
        for change in journal[..<count] { Self.apply(change, to: &flash) }
        journal.removeFirst(count)
    }

    private static func apply(_ change: NameChange, to names: inout [String: CutFile]) {
        for (name, file) in change { names[name] = file }
    }

    /// What names lead to if so many steps of the journal are on flash.
    func names(afterSteps count: Int) -> [String: CutFile] {
        var names = flash
        for change in journal[..<count] { Self.apply(change, to: &names) }
        return names
    }
}
