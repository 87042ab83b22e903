import Base
import CRDT
import Mesh

/// One replica of a `StateHistory`, with its flash and what it has heard and not taken in yet.
final class StateMember {
    let actor: Actor
    var replica = Replica(capacity: StateMember.capacity)
    /// Who had been left out when it was admitted.
    var leftOut = ActorSet()
    /// A flaw: it takes all from anybody.
    var believesAnybody = false
    /// Frames on their way to it.
    var inbox: [Operation] = []
    /// Only those of one group hear each other.
    var group = 0
    /// Operations whose content it has known, for the model.
    private(set) var seen: Set<Dot> = []

    private static let capacity = 256
    private var mayHaveSettled = false

    private var flash: [Dot: Operation] = [:]
    private var heads: [Actor: UInt32] = [:]
    private var flashSeen: Set<Dot> = []
    /// What it has told others that it has on flash.
    private var told: [Actor: UInt32] = [:]

    init(_ actor: Actor) { self.actor = actor }

    /// A flaw: a newcomer that keeps what it had under another number.
    init(_ actor: Actor, keeping other: StateMember) {
        self.actor = actor
        flash = other.flash
        heads = other.heads
        flashSeen = other.flashSeen
        _ = restart()
    }

    var nextDot: Dot { Dot(actor, replica.received.head(of: actor) + 1) }

    /// What it has on flash, as it tells others.
    func claimed(_ actor: Actor) -> UInt32 {
        let head = replica.durable.head(of: actor)
        told[actor] = head
        return head
    }

    /// All that holds, as text that can be compared.
    var state: Set<String> {
        var state: Set<String> = []
        for index in 0..<replica.live.capacity {
            guard let operation = replica.live[index], !operation.isRemoval else { continue }
            let body = operation.body.span.withUnsafeBufferPointer { Array($0) }
            state.insert("\(operation.dot.actor.raw).\(operation.dot.sequence) \(body)")
        }
        return state
    }

    /// Takes an operation in, and what had waited for it.
    func merge(_ operation: Operation) {
        var next: Operation? = operation
        while let each = next {
            let merged = replica.merge(each)
            guard merged != .nothing, merged != .held else { return }
            seen.insert(each.dot)
            note(each)
            next = replica.takeHeld(each.dot.actor)
        }
        learnStability()
    }

    private func note(_ operation: Operation) {
        if operation.key.isOfMembers { mayHaveSettled = true }
    }

    private func learnStability() {
        guard mayHaveSettled else { return }
        mayHaveSettled = false
        replica.learnStability()
    }

    /// Whether that number is no longer waited for, as far as it knows.
    func isLeftOut(_ number: Actor) -> Bool {
        replica.absence(of: number) != nil || leftOut.contains(number)
    }

    private func takes(_ first: Dot, from sender: StateMember) -> Bool {
        believesAnybody || replica.takes(first, from: sender.actor, leftOut: leftOut)
    }

    /// Takes in an own operation.
    func keep(_ operation: Operation, onFlash: Bool) {
        if onFlash {
            flash[operation.dot] = operation
            heads[actor] = operation.dot.sequence
        }
        _ = replica.keep(operation)
        seen.insert(operation.dot)
        note(operation)
        learnStability()
        if onFlash { flashSeen.insert(operation.dot) }
    }

    /// Puts on flash what is not there yet; or only believes that it did.
    func flush(pretends: Bool) {
        if !pretends {
            var entry = 0
            while let index = replica.nextDirtyEntry(from: entry) {
                if let operation = replica.live[index] { flash[operation.dot] = operation }
                entry = index + 1
            }
            var outdated = 0
            while let dot = replica.outdatedDot(outdated) {
                flash[dot] = nil
                outdated += 1
            }
            var raw = 0
            while let actor = replica.nextDirtyActor(from: raw) {
                heads[actor] = replica.received.head(of: actor)
                raw = Int(actor.raw) + 1
            }
            flashSeen = seen
        }
        replica.flushed()
    }

    /// Takes over what another holds and this one only believes to be superseded.
    func reinstate(from other: StateMember) {
        for index in 0..<other.replica.live.capacity {
            guard let operation = other.replica.live[index],
                takes(Dot(Actor(raw: 0), 0), from: other)
            else {
                continue
            }
            _ = replica.reinstate(operation)
        }
    }

    /// Power is lost and comes back: what was on flash is there.
    ///
    /// - Returns: What it had claimed and has no more, if anything.
    func restart() -> Dot? {
        replica = Replica(capacity: Self.capacity)
        for (actor, head) in heads { replica.restore(head, of: actor) }
        for dot in flash.keys.sorted() {
            if let operation = flash[dot] { _ = replica.restore(operation.view) }
        }
        replica.learnStability()
        seen = flashSeen
        inbox.removeAll()
        for (actor, head) in told where replica.durable.head(of: actor) < head {
            return Dot(actor, head)
        }
        return nil
    }

    /// A flaw: the last own sequence number is given out anew.
    func forgetLast() {
        guard let head = heads[actor], head > 0 else { return }
        heads[actor] = head - 1
        flash[Dot(actor, head)] = nil
        _ = restart()
    }

    /// Learns from another what it has above this one's head.
    func learn(
        _ actor: Actor, from other: StateMember, atMost limit: UInt32, isLossy: Bool,
        skipsOverGaps: Bool, _ dice: inout Dice
    ) {
        let above = replica.received.head(of: actor)
        guard takes(Dot(actor, above + 1), from: other) else { return }
        let end = other.claimed(actor)
        guard end > above else { return }
        var sequence = above
        var count: UInt32 = 0
        while sequence < end, count < limit {
            let next = other.replica.live.index(ofNext: actor, after: sequence)
                .flatMap { other.replica.live[$0] }
            let gapEnd = min(next.map { $0.dot.sequence - 1 } ?? end, end)
            if gapEnd > sequence {
                let first = skipsOverGaps ? replica.received.head(of: actor) + 1 : sequence + 1
                _ = replica.skip(actor, from: first, to: gapEnd)
                while let held = replica.takeHeld(actor) { merge(held) }
                sequence = gapEnd
            }
            guard let next, next.dot.sequence <= end else { break }
            if !isLossy || dice.roll(0..<10) < 8 { merge(next) }
            sequence = next.dot.sequence
            count += 1
        }
    }
}
