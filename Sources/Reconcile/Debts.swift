import Base
import CRDT

/// What this node means to say: for each actor, the operations above some head, unless others say
/// it first. One transmission serves every neighbour that lacks something.
public struct Debts: ~Copyable {
    struct Debt {
        /// Operations above this are owed; `nothing` where none are.
        var above = Debt.nothing
        /// How often others must say it before this node need not.
        var copies: UInt8 = 0

        static var nothing: UInt32 { .max }
    }

    private var debts: Slab<Debt>

    /// Nothing is owed.
    public init() { debts = Slab(repeating: Debt(), count: Actor.tableSize) }

    /// The actor's operations above `head` are to be said.
    ///
    /// - Parameter copies: How often others must be heard saying it before this node is silent:
    ///   `1...254`, or 255 for never.
    public mutating func owe(_ actor: Actor, above head: UInt32, copies: UInt8) {
        let debt = debts[Int(actor.raw)]
        debts[Int(actor.raw)] = Debt(
            above: min(debt.above, head),
            copies: debt.above == Debt.nothing ? copies : max(debt.copies, copies))
    }

    /// All that somebody with these heads lacks is to be said once.
    ///
    /// - Returns: Whether that is anything.
    mutating func owe(above heads: borrowing HeadTable, of own: borrowing HeadTable) -> Bool {
        var isOwing = false
        for raw in 1..<Actor.tableSize where heads[raw] < own[raw] {
            owe(Actor(raw: UInt8(raw)), above: heads[raw], copies: 1)
            isOwing = true
        }
        return isOwing
    }

    /// Whoever lacked something has it: nothing is owed but what is to be forwarded, or news.
    mutating func forgive() {
        for raw in debts.indices where debts[raw].copies == 1 { debts[raw] = Debt() }
    }

    /// What is owed of others is not to be said after all.
    mutating func keep(only actor: Actor) {
        for raw in debts.indices where raw != Int(actor.raw) { debts[raw] = Debt() }
    }

    /// Above which head the actor's operations are owed; `nil` where none are.
    public func head(owedBy actor: Actor) -> UInt32? {
        let above = debts[Int(actor.raw)].above
        return above == Debt.nothing ? nil : above
    }

    /// The first actor at or after `raw` of whom operations are owed.
    public func next(from raw: Int) -> Actor? {
        var raw = raw
        while raw < Actor.tableSize {
            if debts[raw].above != Debt.nothing { return Actor(raw: UInt8(raw)) }
            raw += 1
        }
        return nil
    }

    /// Whether nothing is owed.
    public var isEmpty: Bool { next(from: 0) == nil }

    /// Somebody else said the actor's operations `first...last`; all there are end at `head`.
    public mutating func heard(_ actor: Actor, _ run: ClosedRange<UInt32>, of head: UInt32) {
        var debt = debts[Int(actor.raw)]
        guard debt.above != Debt.nothing, run.lowerBound <= debt.above &+ 1 else { return }
        guard debt.copies < 255 else { return }
        debt.copies -= 1
        if debt.copies == 0 {
            debt = run.upperBound >= head ? Debt() : Debt(above: run.upperBound, copies: 1)
        }
        debts[Int(actor.raw)] = debt
    }

    /// This node said the actor's operations up to `sequence`; all there are end at `head`.
    public mutating func said(_ actor: Actor, upTo sequence: UInt32, of head: UInt32) {
        let copies = debts[Int(actor.raw)].copies
        debts[Int(actor.raw)] =
            sequence >= head ? Debt() : Debt(above: sequence, copies: copies)
    }
}
