import Base

/// One node's copy of the control state: what it holds, what it has heard, and what of that is on
/// flash.
///
/// Operations of others are merged in RAM first; only what is on flash is spoken of (law 8).
public struct Replica: ~Copyable {
    /// The state itself.
    public private(set) var map: LastWriterMap
    /// What has been merged, on flash or not.
    public private(set) var received = VersionVector()
    /// What is on flash.
    public private(set) var durable = VersionVector()

    private var entryIsDirty: Slab<Bool>
    private var actorIsDirty: Slab<Bool>
    /// Whether anything waits for the next flush.
    public private(set) var isDirty = false
    /// How many operations were refused because the map is full.
    public private(set) var refused = 0

    /// An empty replica of up to `capacity` keys.
    public init(capacity: Int) {
        map = LastWriterMap(capacity: capacity)
        entryIsDirty = Slab(repeating: false, count: capacity)
        actorIsDirty = Slab(repeating: false, count: Actor.tableSize)
    }

    /// What an operation changed.
    public enum Merged: Equatable, Sendable {
        /// It was here already, or is too far ahead to be remembered, or there is no room.
        case nothing
        /// It is new, though a later write of its key is here.
        case counted
        /// It is new, and its key's value, at this index of the map.
        case changed(index: Int)
    }

    /// Takes in an operation, of whomever.
    public mutating func merge(_ operation: Operation) -> Merged {
        guard !received.contains(operation.dot) else { return .nothing }
        switch map.merge(operation) {
        case .full:
            refused += 1
            return .nothing
        case .lost:
            guard count(operation.dot) else { return .nothing }
            return .counted
        case .won(let index):
            entryIsDirty[index] = true
            isDirty = true
            // Where it is too far ahead to be counted, it comes again, and loses to itself.
            _ = count(operation.dot)
            return .changed(index: index)
        }
    }

    /// Learns that the actor's operations up to `sequence` are superseded by others, which travel
    /// by themselves.
    ///
    /// - Parameter first: The first that is superseded; below it something may be missing still,
    ///   and then nothing is learned.
    /// - Returns: Whether that was news.
    public mutating func skip(
        _ actor: Actor, from first: UInt32, to sequence: UInt32
    ) -> Bool {
        guard first <= received.head(of: actor) + 1, sequence > received.head(of: actor) else {
            return false
        }
        received.raise(actor, to: sequence)
        actorIsDirty[Int(actor.raw)] = true
        isDirty = true
        return true
    }

    private mutating func count(_ dot: Dot) -> Bool {
        guard received.add(dot) else { return false }
        actorIsDirty[Int(dot.actor.raw)] = true
        isDirty = true
        return true
    }

    // MARK: Flash

    /// Takes in an operation that was on flash.
    public mutating func restore(_ operation: Operation) { _ = map.merge(operation) }

    /// Takes in an actor's part of the version vector that was on flash.
    public mutating func restore(_ interval: VersionVector.Interval, of actor: Actor) {
        received[actor] = interval
        durable[actor] = interval
    }

    /// The entries that the next flush must write, one after the other.
    /// - Parameter index: Where to look from.
    public func nextDirtyEntry(from index: Int) -> Int? {
        var index = index
        while index < map.count {
            if entryIsDirty[index] { return index }
            index += 1
        }
        return nil
    }

    /// The actors whose intervals the next flush must write, one after the other.
    /// - Parameter raw: The address to look from.
    public func nextDirtyActor(from raw: Int) -> Actor? {
        var raw = raw
        while raw < Actor.tableSize {
            if actorIsDirty[raw] { return Actor(raw: UInt8(raw)) }
            raw += 1
        }
        return nil
    }

    /// All that is here is on flash now.
    public mutating func flushed() {
        guard isDirty else { return }
        for index in 0..<map.count { entryIsDirty[index] = false }
        for raw in 0..<Actor.tableSize where actorIsDirty[raw] {
            actorIsDirty[raw] = false
            let actor = Actor(raw: UInt8(raw))
            durable[actor] = received[actor]
        }
        isDirty = false
    }
}
