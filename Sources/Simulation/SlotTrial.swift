import Base
import CRDT
import Reconcile

/// Two states of the same cells that differ in some, and what a sketch of slots tells of them.
public struct SlotTrial {
    /// Whether all cells that differ were found.
    public let isComplete: Bool
    /// Cells that do not differ, and would be said because they share a slot with one that does.
    public let inVain: Int

    /// Tries one pair of states; the sketch has room for as many changes as there are.
    public init(cells count: Int, changed: Int, dice: inout Dice) {
        let roots = HeadsRoot(hash: TrialHash())
        var ours = SlotSketch()
        var theirs = SlotSketch()
        ours.start(capacity: changed)
        theirs.start(capacity: changed)
        let cells = (0..<count).map { _ in UInt32(truncatingIfNeeded: dice.next()) }
        for (index, cell) in cells.enumerated() {
            let actor = Actor(raw: UInt8(1 + index % 100))
            let dot = Dot(actor, UInt32(1 + index / 100))
            ours.toggle(dot, cell: cell, roots: roots)
            theirs.toggle(
                index < changed ? Dot(actor, dot.sequence + 50) : dot, cell: cell, roots: roots)
        }
        var frame = ShortBytes<255>()
        frame.fill { out in theirs.write(to: &out) }
        guard (try? ours.add(frame.span)) != nil, ours.decode() else {
            isComplete = false
            inVain = 0
            return
        }
        let found = cells.map { ours.differs($0) }
        isComplete = found[..<changed].allSatisfy { $0 }
        inVain = found[changed...].filter { $0 }.count
    }
}
