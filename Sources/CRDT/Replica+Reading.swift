import Base

/// The types, as they are read. Each is a way to look at what holds.
extension Replica {
    // MARK: Registers

    /// The values of a register, one after the other: more than one where they were written without
    /// knowledge of each other. Begin with `place` nil.
    public func nextValue(of name: KeyName, at place: inout Int?) -> Int? {
        let cell = Cell(.register, name)
        let hash = cell.hash
        while let index = live.index(in: cell, hash, at: &place) {
            if live[index]?.kind == .write { return index }
        }
        return nil
    }

    /// The value of a register to act on: of several the one written last, of those the one whose
    /// dot is highest; the same on all nodes.
    public func latest(_ name: KeyName) -> Operation? {
        var latest: Operation?
        var place: Int?
        while let index = nextValue(of: name, at: &place), let operation = live[index] {
            guard let best = latest else {
                latest = operation
                continue
            }
            if (operation.stamp, operation.dot) > (best.stamp, best.dot) { latest = operation }
        }
        return latest
    }

    /// An author's own value of a key, a reading for example.
    public func report(_ name: KeyName, by author: Actor) -> Operation? {
        guard let index = live.index(in: Cell(.report, name, by: author)),
            let operation = live[index], !operation.isRemoval
        else { return nil }
        return operation
    }

    // MARK: Sets

    /// Whether an element is in a set.
    public func contains(_ element: Value, in name: KeyName) -> Bool {
        var cell = Cell(.set, name)
        cell.element = element
        let hash = cell.hash
        var place: Int?
        while let index = live.index(in: cell, hash, at: &place) {
            if live[index]?.kind == .add { return true }
        }
        return false
    }

    // MARK: Counters

    /// An author's share of a counter.
    public func count(_ name: KeyName, by author: Actor) -> Count? {
        guard let index = live.index(in: Cell(.counter, name, by: author)),
            let operation = live[index]
        else { return nil }
        return Count(operation.value)
    }

    /// What a counter comes to; `nil` where nobody has counted.
    public func total(_ name: KeyName) -> Count? {
        var total: Count?
        for raw in UInt8(1)...254 {
            guard let share = count(name, by: Actor(raw: raw)) else { continue }
            let sum = total ?? Count()
            total = Count()
            total?.added = sum.added &+ share.added
            total?.subtracted = sum.subtracted &+ share.subtracted
        }
        return total
    }

    // MARK: Bounded counters

    /// All rights that ever went from one author to another, or that it minted for itself.
    func given(_ name: KeyName, by author: Actor, to peer: Actor) -> UInt64 {
        guard let index = live.index(in: Cell(.account, name, by: author, peer.raw)),
            let operation = live[index]
        else { return 0 }
        return AccountEntry(operation.value)?.amount ?? 0
    }

    /// The rights that an author holds, as far as is known here. Only its own node may act on that;
    /// on others it can be out of date in both directions.
    public func rights(_ name: KeyName, of author: Actor) -> UInt64 {
        var gained: UInt64 = 0
        var gone = given(name, by: author, to: AccountEntry.spent)
        for raw in UInt8(1)...254 {
            let peer = Actor(raw: raw)
            gained &+= given(name, by: peer, to: author)
            if peer != author { gone &+= given(name, by: author, to: peer) }
        }
        return gained > gone ? gained - gone : 0
    }

    /// All that was ever minted, and all that was spent.
    public func minted(_ name: KeyName) -> (minted: UInt64, spent: UInt64) {
        var minted: UInt64 = 0
        var spent: UInt64 = 0
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            minted &+= given(name, by: actor, to: actor)
            spent &+= given(name, by: actor, to: AccountEntry.spent)
        }
        return (minted, spent)
    }

    // MARK: Logs

    /// An author's next entry of a log after `sequence`, in the order in which it wrote them; an
    /// entry's text is its value without the first byte.
    public func nextEntry(of name: KeyName, by author: Actor, after sequence: UInt32) -> Operation?
    {
        var found = live.index(ofNext: author, after: sequence)
        while let index = found, let operation = live[index] {
            if operation.kind == .append, live.name(of: operation) == name { return operation }
            found = live.index(after: index)
        }
        return nil
    }
}
