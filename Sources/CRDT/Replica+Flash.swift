import Base

extension Replica {
    /// Takes in an operation that was on flash. An author's come in the order of their sequences.
    ///
    /// - Returns: `nothing` where there is no room for it.
    public mutating func restore(_ operation: borrowing OperationView) -> Merged {
        let merged = place(operation)
        if merged == .counted, outdatedCount < outdated.count {
            outdated[outdatedCount] = operation.dot
            outdatedCount += 1
        }
        return merged
    }

    /// Takes in an own operation that is on flash: the author's next.
    public mutating func keep(_ operation: Operation) -> Merged {
        let merged = place(operation.view)
        received.raise(operation.dot.actor, to: operation.dot.sequence)
        durable.raise(operation.dot.actor, to: operation.dot.sequence)
        return merged
    }

    /// Takes in an actor's head that was on flash.
    public mutating func restore(_ head: UInt32, of actor: Actor) {
        received.raise(actor, to: head)
        durable.raise(actor, to: head)
    }

    /// A card has lost some of what was on it, nobody knows what: all is to be told again. What is
    /// here stays.
    public mutating func doubt() {
        received = VersionVector()
        durable = VersionVector()
        for raw in 0..<Actor.tableSize { actorIsDirty[raw] = true }
        isDirty = true
    }

    /// All that is here is to be written again: what is on flash is damaged.
    public mutating func rewrite() {
        for index in 0..<live.capacity where live.dot(at: index) != nil {
            entryIsDirty[index] = true
        }
        for raw in 0..<Actor.tableSize { actorIsDirty[raw] = true }
        isDirty = true
    }

    /// The operations that the next flush must write, one after the other.
    /// - Parameter index: Where to look from.
    public func nextDirtyEntry(from index: Int) -> Int? {
        var index = index
        while index < live.capacity {
            if entryIsDirty[index] { return index }
            index += 1
        }
        return nil
    }

    /// The actors whose heads the next flush must write, one after the other.
    /// - Parameter raw: The address to look from.
    public func nextDirtyActor(from raw: Int) -> Actor? {
        var raw = raw
        while raw < Actor.tableSize {
            if actorIsDirty[raw] { return Actor(raw: UInt8(raw)) }
            raw += 1
        }
        return nil
    }

    /// The names of what the next flush must take off flash: `0..<outdatedCount`.
    public func outdatedDot(_ index: Int) -> Dot? { index < outdatedCount ? outdated[index] : nil }

    /// All that is here is on flash now.
    public mutating func flushed() {
        outdatedCount = 0
        guard isDirty else { return }
        var entry = 0
        while let index = nextDirtyEntry(from: entry) {
            entryIsDirty[index] = false
            entry = index + 1
        }
        for raw in 0..<Actor.tableSize where actorIsDirty[raw] {
            actorIsDirty[raw] = false
            let actor = Actor(raw: UInt8(raw))
            durable.raise(actor, to: received.head(of: actor))
        }
        isDirty = false
    }
}
