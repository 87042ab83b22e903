import Base

/// What every member has is settled: removals that have done their work are forgotten, and writes
/// need not name what settled ones had replaced.
///
/// It is told by stamps, in three bytes, not by vectors. An author's stamps never go back, so whoever
/// has its operations up to one stamped t has all that it stamped before t; the least of those over
/// all members is what a node has *covered*. Each claims that; the least claim is the *cut*.
extension Replica {
    /// Before when nothing that members have stamped is lacking here, on flash.
    ///
    /// - Parameter members: Who takes part. All that is known of those who were left out must be
    ///   here, too.
    public func covered(of members: ActorSet) -> Stamp {
        var least: Stamp?
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            if let absence = absences[Int(raw)] {
                guard durable.head(of: actor) >= absence.head else { return Stamp(raw: 0) }
            } else if members.contains(actor) {
                let last = lastStamp(of: actor, upTo: durable.head(of: actor))
                least = min(least ?? last, last)
            }
        }
        return least ?? Stamp(raw: 0)
    }

    /// The stamp of the author's last operation that holds, of those up to `sequence`; the first stamp
    /// of all where there is none.
    public func lastStamp(of author: Actor, upTo sequence: UInt32 = .max) -> Stamp {
        live.index(ofLast: author, upTo: sequence).flatMap { live.view(at: $0)?.stamp }
            ?? Stamp(raw: 0)
    }

    /// What is known of an author that was left out; `nil` of all others.
    public func absence(of actor: Actor) -> Absence? { absences[Int(actor.raw)] }

    /// Whether to take operations of an author that was left out from itself, from `sequence` on: those
    /// that the founder did not have then. Earlier ones may have been removed everywhere; others have
    /// what is left of them.
    public func takesFromItself(_ author: Actor, from sequence: UInt32) -> Bool {
        guard let absence = absences[Int(author.raw)] else { return false }
        return sequence > absence.head
    }

    /// Learns that an author was left out.
    public mutating func leaveOut(_ actor: Actor, _ absence: Absence) {
        absences[Int(actor.raw)] = absence
    }

    /// Learns that every member has on flash what was stamped before `cut`, and forgets the removals
    /// that have done their work.
    public mutating func settle(before cut: Stamp) {
        self.cut = max(self.cut, cut)
        guard live.removalCount > 0 else { return }
        for index in 0..<live.capacity where isForgotten(index) { drop(index) }
    }

    private func isForgotten(_ index: Int) -> Bool {
        guard let operation = live.view(at: index) else { return false }
        return !isShared(operation)
    }

    /// Whether all nodes with these heads hold the operation: not so a removal that has done its
    /// work, which each forgets in its own time.
    public func isShared(_ operation: borrowing OperationView) -> Bool {
        guard operation.isRemoval else { return true }
        return !isSettled(operation)
    }

    /// Whether there is something to gain from a later cut: removals that are kept until then, or
    /// writes that name what others had replaced.
    ///
    /// - Parameter now: What was stamped later is of a wrong clock, and waits for its time.
    public func isWorthSettling(before now: Stamp) -> Bool {
        for index in 0..<live.capacity {
            guard let operation = live.view(at: index), operation.stamp < now,
                !isStable(operation)
            else { continue }
            if let absence = absences[Int(operation.dot.actor.raw)],
                operation.dot.sequence > absence.head
            {
                continue
            }
            if operation.isRemoval || operation.context.count > 1 { return true }
        }
        return false
    }

    /// Whether every member has the operation, and nothing that it removed can come in here anew.
    private func isSettled(_ operation: borrowing OperationView) -> Bool {
        guard isStable(operation) else { return false }
        let context = operation.context
        for index in 0..<context.count {
            let seen = context[index]
            guard received.head(of: seen.actor) >= seen.sequence else { return false }
        }
        return true
    }

    /// Whether every member has the operation.
    func isStable(_ operation: borrowing OperationView) -> Bool {
        guard operation.stamp < cut else { return false }
        guard let absence = absences[Int(operation.dot.actor.raw)] else { return true }
        return absence.covers(operation, before: cut)
    }
}
