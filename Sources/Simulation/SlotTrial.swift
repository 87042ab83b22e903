import Base
import CRDT
import Reconcile

/// A node whose card has lost some cells, and another of the same heads: a whole repair by slots
/// where every frame arrives.
public struct SlotTrial {
    /// Whether the first holds what the second does in the end.
    public private(set) var isComplete = false
    /// Bytes of the frames that tell which cells differ, headers and tags included.
    public private(set) var bytesOfSlots = 0
    /// Bytes of the frames that tell what they hold.
    public private(set) var bytesOfValues = 0
    /// Values that were told, and of these such as were not lacking: they share a slot with one.
    public private(set) var told = 0
    public private(set) var inVain = 0

    private static let authors = 100
    private static let overhead = 13

    /// Tries one pair of states.
    ///
    /// - Parameters:
    ///   - lost: How many cells the first lacks; the first question has room for as many, up to 44.
    public init(cells: Int, lost: Int, dice: inout Dice) {
        var whole = Replica(capacity: cells)
        var damaged = Replica(capacity: cells)
        let isLost = Self.choose(lost, of: cells, &dice)
        for index in 0..<cells {
            guard let operation = Self.write(index, to: whole, &dice) else { return }
            _ = whole.keep(operation)
            if !isLost[index] { _ = damaged.restore(operation.view) }
            damaged.restore(operation.dot.sequence, of: operation.dot.actor)
        }
        var asker = Self.reconciler(1, of: damaged, dice.split())
        var answerer = Self.reconciler(2, of: whole, dice.split())
        run(&asker, &damaged, &answerer, whole, room: min(max(lost, 1), 44))
        isComplete =
            damaged.live.count == cells && asker.state(of: damaged) == answerer.state(of: whole)
        inVain = told - lost
    }

    private static func choose(_ count: Int, of cells: Int, _ dice: inout Dice) -> [Bool] {
        var isChosen = [Bool](repeating: false, count: cells)
        var left = count
        while left > 0 {
            let index = dice.roll(0..<cells)
            if !isChosen[index] { left -= 1 }
            isChosen[index] = true
        }
        return isChosen
    }

    private static func write(
        _ index: Int, to replica: borrowing Replica, _ dice: inout Dice
    ) -> Operation? {
        let actor = Actor(raw: UInt8(1 + index % authors))
        let dot = Dot(actor, replica.received.head(of: actor) + 1)
        guard let key = Key("sensor/\(index)"), let value = Value("\(dice.roll(0..<1_000))") else {
            return nil
        }
        return try? replica.operation(
            dot, .set(value), of: KeyName(.shared, key), at: Stamp(raw: UInt32(index)))
    }

    private static func reconciler(
        _ own: UInt8, of replica: borrowing Replica, _ dice: Dice
    ) -> Reconciler<TrialHash> {
        let roots = HeadsRoot(hash: TrialHash())
        var reconciler = Reconciler(
            roots: roots, slot: .milliseconds(50), frame: .seconds(1), settling: .zero, dice: dice)
        reconciler.enter(own: Actor(raw: own), roots: roots, of: replica)
        return reconciler
    }

    private mutating func run(
        _ asker: inout Reconciler<TrialHash>, _ damaged: inout Replica,
        _ answerer: inout Reconciler<TrialHash>, _ whole: borrowing Replica, room: Int
    ) {
        var effects = Effects<Reconciler<TrialHash>.Effect>(capacity: 64)
        var now = Instant.start
        asker.inquireState(capacity: room, at: now, into: &effects)
        for _ in 0..<1_000 where asker.isInquiringState {
            now = now + .milliseconds(50)
            while effects.popFirst() != nil {}
            asker.timer(at: now, into: &effects)
            if let frame = say(.slots, &asker, damaged, at: now, &effects) {
                bytesOfSlots += Self.overhead + frame.count
                try? answerer.heardSlots(frame.span, of: whole, at: now, into: &effects)
            }
            answerer.timer(at: now, into: &effects)
            if let frame = say(.values, &answerer, whole, at: now, &effects) {
                bytesOfValues += Self.overhead + 4 + frame.count
                hear(frame, &asker, &damaged, at: now, &effects)
            }
        }
    }

    private func say(
        _ intent: Reconciler<TrialHash>.Intent, _ reconciler: inout Reconciler<TrialHash>,
        _ replica: borrowing Replica, at now: Instant,
        _ effects: inout Effects<Reconciler<TrialHash>.Effect>
    ) -> ShortBytes<255>? {
        var frame = ShortBytes<255>()
        let hasContent = frame.fill { out in
            reconciler.write(intent, frame: 0, of: replica, limit: 183, to: &out)
        }
        guard hasContent else { return nil }
        reconciler.sent(intent, at: now, into: &effects)
        return frame
    }

    private mutating func hear(
        _ frame: ShortBytes<255>, _ asker: inout Reconciler<TrialHash>,
        _ damaged: inout Replica, at now: Instant,
        _ effects: inout Effects<Reconciler<TrialHash>.Effect>
    ) {
        guard let bytes = try? Reconciler<TrialHash>.runs(ofValues: frame.span) else { return }
        var runs = LiveRunReader(bytes)
        while let item = try? runs.nextItem() {
            guard case .operation(let operation) = item else { continue }
            told += 1
            _ = damaged.reinstate(operation)
        }
        damaged.flushed()
        _ = try? asker.heardValues(
            frame.span, from: Actor(raw: 2), of: damaged, at: now, into: &effects)
    }
}
