import Base

/// What an operation writes to: operations on one cell can supersede each other, those on two never
/// do.
struct Cell: Equatable {
    /// Kinds whose operations supersede each other.
    enum Family: UInt8 { case register, set, counter, account, log, report }

    var family: Family
    var name: KeyName
    /// Whose it is; nobody's where all may write.
    var author = Actor(raw: 0)
    /// Which element of a set, peer of an account or slot of a log.
    var element = Value()

    /// The cell of an operation whose key is known.
    init(_ operation: borrowing Operation, named name: KeyName) {
        self.name = name
        let value = operation.value
        switch operation.kind {
        case .write: family = .register
        case .add: family = .set
        case .remove: family = value.isEmpty ? .register : .set
        case .count: family = .counter
        case .account: family = .account
        case .append: family = .log
        case .report: family = .report
        }
        if operation.kind.isOwn { author = operation.dot.actor }
        switch family {
        case .set: element = value
        case .account, .log: element.append(value[0])
        case .register, .counter, .report: break
        }
    }

    /// A cell to look for.
    init(_ family: Family, _ name: KeyName, by author: Actor = Actor(raw: 0)) {
        self.family = family
        self.name = name
        self.author = author
    }

    /// A cell to look for, of those that have one for each element, peer or slot.
    init(_ family: Family, _ name: KeyName, by author: Actor = Actor(raw: 0), _ part: UInt8) {
        self.init(family, name, by: author)
        element.append(part)
    }

    static func == (a: Cell, b: Cell) -> Bool {
        a.family == b.family && a.author == b.author && a.name == b.name && a.element == b.element
    }

    /// FNV-1a of 64 bits, whose upper half takes no notice of the last bytes until it is multiplied
    /// (Knuth, TAOCP 3, 6.4). Only members can choose keys, so no secret is needed.
    var hash: UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        add(family.rawValue << 4 | name.collection.rawValue)
        add(author.raw)
        for index in 0..<name.key.count { add(name.key[index]) }
        for index in 0..<element.count { add(element[index]) }
        return UInt32(truncatingIfNeeded: hash &* 0x9E37_79B9_7F4A_7C15 >> 32)
    }
}
