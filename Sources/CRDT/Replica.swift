import Base

/// One node's copy of the control state: what holds, what it has heard, and what of that is on
/// flash.
///
/// A dot is an operation's name; what is neither here as *live* nor missing from `received` has been
/// superseded or removed. So a removal leaves nothing behind once every member has it: no
/// tombstones (Almeida et al.: "Delta State Replicated Data Types", 2018, for the semantics; each
/// delta here is one operation). Merging is idempotent and ignores order; an author's operations
/// take effect in the order in which it wrote them, so that the version vector tells the state.
///
/// Operations of others are merged in RAM first; only what is on flash is spoken of (law 8).
///
/// The reading order: this file, `+Reading`, `+Making`, `+Flash`, `+Stability`.
public struct Replica: ~Copyable {
    /// What holds.
    public internal(set) var live: LiveOperations
    /// What has been merged, on flash or not.
    public internal(set) var received = VersionVector()
    /// What is on flash.
    public internal(set) var durable = VersionVector()
    /// Before when nothing that was stamped is lacking anywhere: see `settle`.
    public internal(set) var cut = Stamp(raw: 0)
    /// Authors that were left out of the cut.
    var absences: Slab<Absence?>
    /// How many operations were refused because there is no room.
    public private(set) var refused = 0

    private var held = Held()
    var entryIsDirty: Slab<Bool>
    var actorIsDirty: Slab<Bool>
    /// Names of operations that are on flash and hold no longer.
    var outdated: Slab<Dot>
    var outdatedCount = 0
    /// Whether anything waits for the next flush.
    public internal(set) var isDirty = false

    /// An empty replica that holds up to `capacity` operations.
    public init(capacity: Int) {
        live = LiveOperations(capacity: capacity)
        entryIsDirty = Slab(repeating: false, count: capacity)
        actorIsDirty = Slab(repeating: false, count: Actor.tableSize)
        outdated = Slab(unwritten: capacity)
        absences = Slab(repeating: nil, count: Actor.tableSize)
    }

    /// What an operation changed.
    public enum Merged: Equatable, Sendable {
        /// It was here already, or there is no room.
        case nothing
        /// It is new, and waits for what its author wrote before it.
        case held
        /// It is new, though what supersedes it is here.
        case counted
        /// It is new, and holds, at this index of `live`.
        case changed(index: Int)
    }

    /// Takes in an operation, of whomever. What had waited for it is to be merged next: see
    /// `takeHeld`.
    public mutating func merge(_ operation: Operation) -> Merged {
        let head = received.head(of: operation.dot.actor)
        guard operation.dot.sequence > head else { return .nothing }
        guard operation.dot.sequence == head + 1 else {
            return held.keep(operation) ? .held : .nothing
        }
        let merged = place(operation.view)
        if merged == .nothing { return .nothing }
        if case .changed(let index) = merged { entryIsDirty[index] = true }
        raise(operation.dot.actor, to: operation.dot.sequence)
        return merged
    }

    /// Takes in an operation that counts as here and is not: damaged on flash, or thought to be
    /// superseded by what is lost. Another node holds it, so it holds.
    ///
    /// - Returns: `nothing` where it is here, or superseded, or not counted yet, or a removal that
    ///   has done its work.
    public mutating func reinstate(_ operation: Operation) -> Merged {
        guard received.contains(operation.dot), live.index(of: operation.dot) == nil,
            isShared(operation.view)
        else { return .nothing }
        guard case .changed(let index) = place(operation.view) else { return .nothing }
        entryIsDirty[index] = true
        isDirty = true
        return .changed(index: index)
    }

    /// The actor's next operation, if it had come before its turn and is to be merged now.
    public mutating func takeHeld(_ actor: Actor) -> Operation? {
        held.take(actor, after: received.head(of: actor))
    }

    /// Puts an operation where it belongs, if it holds, and takes away what it supersedes.
    ///
    /// - Returns: `changed`; `counted` where it does not hold, or its author has never bound its
    ///   key's code; `nothing` where there is no room.
    mutating func place(_ operation: borrowing OperationView) -> Merged {
        guard let hash = operation.literalHash ?? cellHash(of: operation),
            live.isAbsent(operation.dot)
        else { return .counted }
        // Most are the first of their cell, at start: then there is no need for the cell itself.
        let position = live.position(for: hash)
        if position == nil, supersede(hash, by: operation) { return .counted }
        guard !live.isFull else {
            refused += 1
            return .nothing
        }
        return .changed(index: live.insert(operation, hash: hash, at: position))
    }

    @inline(never)
    private func cellHash(of operation: borrowing OperationView) -> UInt32? {
        live.cell(of: operation)?.hash
    }

    /// Takes away what an operation supersedes; even one that is superseded itself may be the only
    /// one to name it.
    ///
    /// - Returns: Whether it is superseded.
    @inline(never)
    private mutating func supersede(
        _ hash: UInt32, by operation: borrowing OperationView
    ) -> Bool {
        guard let cell = live.cell(of: operation) else { return false }
        var isSuperseded = false
        var place: Int?
        while let index = live.index(in: cell, hash, at: &place) {
            guard let other = live.dot(at: index) else { break }
            if operation.covers(other) {
                drop(index)
                place = nil
                isSuperseded = false
            } else if live.view(at: index)?.covers(operation.dot) == true {
                isSuperseded = true
            }
        }
        return isSuperseded
    }

    /// Takes away an operation that holds no longer. That alone asks for no flush: until the next
    /// one, what supersedes it is on flash beside it.
    mutating func drop(_ index: Int) {
        guard let dot = live.dot(at: index) else { return }
        if entryIsDirty[index] {
            entryIsDirty[index] = false
        } else {
            outdated[outdatedCount] = dot
            outdatedCount += 1
        }
        live.remove(at: index)
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
        forget(actor, from: received.head(of: actor) + 1, to: sequence)
        raise(actor, to: sequence)
        return true
    }

    /// Takes away what is here and was not counted, after a doubt, and is superseded.
    private mutating func forget(_ actor: Actor, from first: UInt32, to last: UInt32) {
        while let index = live.index(ofNext: actor, after: first - 1),
            let dot = live.dot(at: index), dot.sequence <= last
        {
            drop(index)
        }
    }

    private mutating func raise(_ actor: Actor, to sequence: UInt32) {
        received.raise(actor, to: sequence)
        actorIsDirty[Int(actor.raw)] = true
        isDirty = true
    }
}
