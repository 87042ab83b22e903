import Base

/// The operations that hold: not superseded by any that is here.
///
/// Found by cell, and by author in the order of sequences. Capacity is fixed; nothing is allocated
/// after the start.
public struct LiveOperations: ~Copyable {
    struct Entry {
        /// Where its body is.
        var place: UInt32 = 0
        var sequence: UInt32 = 0
        var raw: UInt8 = 0
        /// Bytes of its body, which is never empty; 0 where the entry is free.
        var size: UInt8 = 0
        var layout = Operation.Layout()

        var dot: Dot { Dot(Actor(raw: raw), sequence) }
    }

    private var entries: Slab<Entry>
    private var bodies: BodyArena
    private var hashes: Slab<UInt32>
    /// Open addressing with linear probing: index + 1, 0 where free. Operations on one cell lie in
    /// one stretch.
    private var table: Slab<Int32>
    /// Each author's operations, a list in ascending order; index + 1, 0 at the end. A free entry's
    /// `next` is the next free one.
    private var next: Slab<Int32>
    private var previous: Slab<Int32>
    private var first: Slab<Int32>
    private var last: Slab<Int32>
    private var firstFree: Int32 = 0
    /// From here on no entry was ever used.
    private var untouched = 0

    /// How many operations there are.
    public private(set) var count = 0
    /// How many of them are removals.
    private(set) var removalCount = 0

    /// Room for `capacity` operations; 40 bytes of memory each, and 4 more than those of its body.
    init(capacity: Int) {
        precondition(capacity > 0 && capacity < 1 << 24, "a state of unreasonable capacity")
        entries = Slab(repeating: Entry(), count: capacity)
        bodies = BodyArena(capacity: capacity)
        hashes = Slab(unwritten: capacity)
        next = Slab(unwritten: capacity)
        previous = Slab(unwritten: capacity)
        first = Slab(repeating: 0, count: Actor.tableSize)
        last = Slab(repeating: 0, count: Actor.tableSize)
        var size = 16
        while size < capacity * 2 { size *= 2 }
        table = Slab(repeating: 0, count: size)
    }

    /// How many operations there may be, and the end of all indices.
    public var capacity: Int { entries.count }

    /// Whether there is room for none.
    public var isFull: Bool { count == capacity }

    /// The operation at an index, if there is one. It stays there as long as it holds.
    public subscript(index: Int) -> Operation? {
        guard let operation = view(at: index) else { return nil }
        return Operation(operation)
    }

    /// The same, without a copy.
    @_lifetime(borrow self)
    public func view(at index: Int) -> OperationView? {
        let entry = entries[index]
        guard entry.size > 0 else { return nil }
        return OperationView(entry.dot, bodies.body(at: entry.place, entry.size), entry.layout)
    }

    /// The name of the operation at an index, if there is one.
    @inline(__always)
    public func dot(at index: Int) -> Dot? {
        let entry = entries[index]
        return entry.size > 0 ? entry.dot : nil
    }

    /// A hash of what the operation at an index writes to, the same on all nodes; 0 where there is
    /// none.
    public func cellHash(at index: Int) -> UInt32 { entries[index].size == 0 ? 0 : hashes[index] }

    /// The same, of an operation that may be elsewhere; `nil` while its key's code is not known.
    public func cellHash(of operation: Operation) -> UInt32? { cell(of: operation.view)?.hash }

    // MARK: By author

    /// The author's first operation after `sequence`.
    public func index(ofNext author: Actor, after sequence: UInt32) -> Int? {
        var found: Int?
        var index = Int(last[Int(author.raw)]) - 1
        while index >= 0, entries[index].sequence > sequence {
            found = index
            index = Int(previous[index]) - 1
        }
        return found
    }

    /// The author's last operation up to `sequence`.
    public func index(ofLast author: Actor, upTo sequence: UInt32) -> Int? {
        var index = Int(last[Int(author.raw)]) - 1
        while index >= 0, entries[index].sequence > sequence {
            index = Int(previous[index]) - 1
        }
        return index >= 0 ? index : nil
    }

    /// The author's operation after the one at `index`.
    public func index(after index: Int) -> Int? { next[index] > 0 ? Int(next[index]) - 1 : nil }

    /// Whether the operation of this name is not here: at once where it is the author's latest.
    @inline(__always)
    func isAbsent(_ dot: Dot) -> Bool {
        let latest = Int(last[Int(dot.actor.raw)]) - 1
        return latest < 0 || entries[latest].sequence < dot.sequence || index(of: dot) == nil
    }

    /// Where the operation of this name is.
    public func index(of dot: Dot) -> Int? {
        guard let index = index(ofNext: dot.actor, after: dot.sequence &- 1) else { return nil }
        return entries[index].dot == dot ? index : nil
    }

    // MARK: By cell

    /// What writes to the cell, one after the other: begin with `place` nil. Nothing may be added
    /// or removed between.
    func index(in cell: Cell, _ hash: UInt32, at place: inout Int?) -> Int? {
        let mask = table.count - 1
        var position = place.map { ($0 + 1) & mask } ?? Int(hash) & mask
        while table[position] != 0 {
            let index = Int(table[position]) - 1
            if hashes[index] == hash, let operation = view(at: index),
                self.cell(of: operation) == cell
            {
                place = position
                return index
            }
            position = (position + 1) & mask
        }
        return nil
    }

    /// Where in the table an operation on a cell of that hash goes; `nil` where one may be here.
    ///
    /// Inlined like `isAbsent`: each call of another than a mutating method copies all tables' headers.
    @inline(__always)
    func position(for hash: UInt32) -> Int? {
        let mask = table.count - 1
        var position = Int(hash) & mask
        while table[position] != 0 {
            if hashes[Int(table[position]) - 1] == hash { return nil }
            position = (position + 1) & mask
        }
        return position
    }

    /// The one operation on a cell that only its author writes.
    func index(in cell: Cell) -> Int? {
        var place: Int?
        return index(in: cell, cell.hash, at: &place)
    }

    /// What the operation writes to; `nil` while its key's code is not known.
    func cell(of operation: borrowing OperationView) -> Cell? {
        guard let name = name(of: operation) else { return nil }
        return Cell(operation, named: name)
    }

    /// The operation's key, in full; `nil` while its code is not known.
    public func name(of operation: Operation) -> KeyName? { name(of: operation.view) }

    private func name(of operation: borrowing OperationView) -> KeyName? {
        switch operation.key {
        case .literal(let name): name
        case .code(let code): name(of: code, by: operation.dot.actor)
        }
    }

    private func name(of code: UInt16, by author: Actor) -> KeyName? {
        guard code >= Schema.firstBound else { return Schema.name(of: code) }
        let binding = Cell(.report, Binding.name(of: code), by: author)
        guard let index = index(in: binding), let operation = view(at: index) else { return nil }
        return Binding.name(operation.value)
    }

    // MARK: Changes

    /// Adds an operation to its cell.
    ///
    /// - Parameter position: What `position(for:)` gave, if nothing was changed since.
    /// - Precondition: There is room, and it is not here.
    mutating func insert(
        _ operation: borrowing OperationView, hash: UInt32, at position: Int?
    ) -> Int {
        precondition(!isFull, "no room for an operation")
        let index = firstFree > 0 ? Int(firstFree) - 1 : untouched
        if firstFree > 0 { firstFree = next[index] } else { untouched += 1 }
        if bodies.isFull(for: operation.body.count) { bodies.squeeze(&entries) }
        entries[index] = Entry(
            place: bodies.append(operation.body, of: index), sequence: operation.dot.sequence,
            raw: operation.dot.actor.raw, size: UInt8(operation.body.count),
            layout: operation.layout)
        hashes[index] = hash
        count += 1
        if operation.isRemoval { removalCount += 1 }
        link(index, operation.dot)
        table[position ?? end(for: hash)] = Int32(index + 1)
        return index
    }

    /// Where the stretch of that hash ends.
    private func end(for hash: UInt32) -> Int {
        let mask = table.count - 1
        var position = Int(hash) & mask
        while table[position] != 0 { position = (position + 1) & mask }
        return position
    }

    private mutating func link(_ index: Int, _ dot: Dot) {
        let author = Int(dot.actor.raw)
        var before = last[author]
        while before > 0, entries[Int(before) - 1].sequence > dot.sequence {
            before = previous[Int(before) - 1]
        }
        let after = before > 0 ? next[Int(before) - 1] : first[author]
        previous[index] = before
        next[index] = after
        let link = Int32(index + 1)
        if before > 0 { next[Int(before) - 1] = link } else { first[author] = link }
        if after > 0 { previous[Int(after) - 1] = link } else { last[author] = link }
    }

    /// Takes an operation away.
    ///
    /// - Precondition: There is one at this index.
    mutating func remove(at index: Int) {
        let entry = entries[index]
        precondition(entry.size > 0, "no such operation")
        if isRemoval(at: index) { removalCount -= 1 }
        unlink(index, entry.dot)
        removeFromTable(index)
        bodies.forget(Int(entry.size))
        entries[index] = Entry()
        next[index] = firstFree
        firstFree = Int32(index + 1)
        count -= 1
    }

    private func isRemoval(at index: Int) -> Bool { view(at: index)?.isRemoval == true }

    private mutating func unlink(_ index: Int, _ dot: Dot) {
        let author = Int(dot.actor.raw)
        let before = previous[index]
        let after = next[index]
        if before > 0 { next[Int(before) - 1] = after } else { first[author] = after }
        if after > 0 { previous[Int(after) - 1] = before } else { last[author] = before }
    }

    /// Moves back what would no longer be found (Knuth, TAOCP 3, 6.4, Algorithm R).
    private mutating func removeFromTable(_ index: Int) {
        let mask = table.count - 1
        var hole = Int(hashes[index]) & mask
        while Int(table[hole]) != index + 1 { hole = (hole + 1) & mask }
        var position = hole
        while true {
            position = (position + 1) & mask
            guard table[position] != 0 else { break }
            let home = Int(hashes[Int(table[position]) - 1]) & mask
            // Whether home lies cyclically outside (hole, position].
            if (position - home) & mask >= (position - hole) & mask {
                table[hole] = table[position]
                hole = position
            }
        }
        table[hole] = 0
    }
}
