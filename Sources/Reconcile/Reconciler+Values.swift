import Base
import CRDT

/// Repair by slots, as the one who answers, or tells in return.
extension Reconciler {
    /// Somebody told the sketch of its slots.
    public mutating func heardSlots(
        _ bytes: Span<UInt8>, of replica: borrowing Replica, at now: Instant,
        into effects: inout Effects<Effect>
    ) throws(Truncated) {
        var reader = ByteReader(bytes)
        let theirs = UInt32(try reader.littleEndian(size: 4))
        let part = try SlotsPart(reading: &reader)
        let sums = reader.rest()
        guard sums.count >= 4 else { throw Truncated() }
        // The answer serves this node, too, or the next beacon tells that it did not.
        if case .asking = states.inquiry { states.inquiry = .idle }
        guard tells == .all, isSettled(replica), states.inquiry == .idle, states.reply == .none
        else { return }
        let own = state(of: replica)
        states.begin(ValuesHeader(state: own, part: part))
        var pause = slot * dice.roll(0..<Self.slots)
        if own == theirs {
            // Only a node in doubt waits for that; others have something to tell.
            pause += slot * Self.slots
        } else {
            sketch(part, of: replica, capacity: min(sums.count / 4, SlotSketch.mostChanges))
            try states.sketch.add(sums)
            if !noteDifferences(part) {
                states.header.kind = .tooMany
                states.count = 0
            }
            states.header.empty = weigh(replica)
        }
        states.reply = .due(at: now + pause)
        effects.append(.wake(at: now + pause))
    }

    /// Decodes the difference of two sketches.
    ///
    /// - Returns: Whether that gave slots of this part.
    private mutating func noteDifferences(_ part: SlotsPart) -> Bool {
        guard states.sketch.decode() else { return false }
        for index in 0..<states.sketch.count {
            let slot = states.sketch.place(index)
            guard part.contains(slot) else { return false }
            _ = states.note(slot)
        }
        return true
    }

    /// Adds what holds here to the values of the slots that were noted, and marks those that are
    /// not as they were told to be.
    ///
    /// - Returns: How many of them hold nothing here.
    mutating func weigh(_ replica: borrowing Replica) -> Int {
        var empty = states.count
        for index in 0..<replica.live.capacity {
            guard let operation = replica.live.view(at: index), replica.isShared(operation) else {
                continue
            }
            let cell = replica.live.cellHash(at: index)
            guard let place = states.place(of: SlotSketch.slot(cell)) else { continue }
            if !states.isHeld[place] { empty -= 1 }
            states.isHeld[place] = true
            states.values[place] ^= states.sketch.value(operation.dot, cell: cell, roots: roots)
        }
        return empty
    }

    mutating func writeValues(
        of replica: borrowing Replica, limit: Int, to out: inout OutputSpan<UInt8>
    ) -> Bool {
        guard states.reply == .sending else { return false }
        let size = ValuesHeader.size + 2 * states.header.empty
        var runs = ShortBytes<255>()
        let isWhole = runs.fill { out in
            writeRuns(of: replica, limit: limit - size, to: &out)
        }
        states.header.hasMore = !isWhole
        states.header.write(to: &out)
        if states.header.empty > 0 {
            for index in 0..<states.count where !states.isHeld[index] {
                out.append(littleEndian: UInt64(states.places[index]), size: 2)
            }
        }
        out.append(contentsOf: runs.span)
        return true
    }

    /// - Returns: Whether that was all.
    private mutating func writeRuns(
        of replica: borrowing Replica, limit: Int, to out: inout OutputSpan<UInt8>
    ) -> Bool {
        var last: Operation?
        for raw in Int(states.cursor.actor.raw)..<Actor.tableSize {
            let actor = Actor(raw: UInt8(raw))
            let after = actor == states.cursor.actor ? states.cursor.sequence : 0
            var next = replica.live.index(ofNext: actor, after: after)
            while let index = next, let operation = replica.live[index] {
                next = replica.live.index(after: index)
                let slot = SlotSketch.slot(replica.live.cellHash(at: index))
                guard let place = states.place(of: slot), states.isHeld[place],
                    replica.isShared(operation.view)
                else { continue }
                guard LiveRuns.append(operation, after: &last, limit: limit, to: &out) else {
                    return false
                }
                states.cursor = operation.dot
            }
        }
        return true
    }

    mutating func valuesWereSent(at now: Instant, into effects: inout Effects<Effect>) {
        guard states.reply == .sending, states.header.hasMore else {
            states.reply = .none
            return
        }
        states.header.empty = 0
        // Two that began in the same slot would else go on in step, and never hear each other.
        let next = now + slot * dice.roll(0..<4)
        states.reply = .due(at: next)
        effects.append(.wake(at: next))
    }
}
