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
    init(_ operation: borrowing OperationView, named name: KeyName) {
        self.name = name
        family = operation.family
        if operation.kind.isOwn { author = operation.dot.actor }
        let value = operation.value
        for index in 0..<operation.elementSize { element.append(value[index]) }
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

    /// Where it lies in a table, and among slots.
    var hash: UInt32 {
        Self.hash(family, name.collection.rawValue, author, name.key.span, element.span)
    }

    /// FNV-1a of 64 bits, whose upper half takes no notice of the last bytes until it is multiplied
    /// (Knuth, TAOCP 3, 6.4). Only members can choose keys, so no secret is needed.
    static func hash(
        _ family: Family, _ collection: UInt8, _ author: Actor, _ key: Span<UInt8>,
        _ element: Span<UInt8>
    ) -> UInt32 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        add(family.rawValue << 4 | collection)
        add(author.raw)
        for index in key.indices { add(key[index]) }
        for index in element.indices { add(element[index]) }
        return UInt32(truncatingIfNeeded: hash &* 0x9E37_79B9_7F4A_7C15 >> 32)
    }
}

extension OperationView {
    /// What it writes to is of this family.
    fileprivate var family: Cell.Family {
        switch kind {
        case .write: .register
        case .add: .set
        case .remove: Int(layout.value) == body.count ? .register : .set
        case .count: .counter
        case .account: .account
        case .append: .log
        case .report: .report
        }
    }

    /// How many bytes of its value tell what it writes to.
    fileprivate var elementSize: Int {
        switch family {
        case .set: body.count - Int(layout.value)
        case .account, .log: 1
        case .register, .counter, .report: 0
        }
    }

    /// The hash of what it writes to, without a copy of that; `nil` where its key is a code.
    var literalHash: UInt32? {
        guard Head(raw: body[0]).hasLiteralKey else { return nil }
        let family = family
        let value = Int(layout.value)
        return Cell.hash(
            family, body[1] >> 5, kind.isOwn ? dot.actor : Actor(raw: 0),
            body.extracting(2..<Int(layout.stamp)),
            body.extracting(value..<(value + elementSize)))
    }
}
