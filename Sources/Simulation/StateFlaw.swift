import Base
import CRDT

/// A deliberate mistake, to show that a `StateHistory` would find it.
public enum StateFlaw: String, CaseIterable, Sendable {
    /// A write forgets one of those that it replaces.
    case dropContextDot = "a context lacks one of its dots"
    /// A write names what it replaces, and not what that had replaced.
    case forgetReplaced = "a context names only what held"
    /// A counter's operation says what was added, not all that was ever added.
    case countSinceLast = "a count says only its last step"
    /// An entry of a log takes the slot of the one before.
    case repeatSlot = "a log's entry takes its neighbour's slot"
    /// A node spends what it does not hold.
    case spendUnchecked = "rights are spent unchecked"
    /// An own operation is said before it is on flash.
    case speakUnflushed = "said before it is on flash"
    /// A sequence number is given to a second operation after a power cut.
    case reuseSequence = "a sequence number is used twice"
    /// A flush claims what it has not written.
    case claimUnflushed = "a flush claims what it did not write"
    /// A receiver takes a skip although something is missing below it.
    case skipOverGap = "a skip is taken over a gap"
    /// What one node has is taken for what all have.
    case settleEarly = "a removal is forgotten before all have it"
    /// A node claims to have what it has not.
    case claimTooMuch = "a claim is of what is not here"
    /// Who was left out comes back under a new number, with what it had.
    case returnAsBefore = "who was left out keeps its state"
    /// From who was left out, others take all that it has.
    case believeAnybody = "who was left out is believed"
    /// What one that was left out writes later counts as known to all.
    case settleAbsent = "late operations of one left out settle"

    /// What a flawed node makes of its operation.
    func spoil(_ operation: Operation, _ change: Change) -> Operation {
        var context = operation.context
        var value = operation.value
        switch (self, change) {
        case (.dropContextDot, _):
            context = Self.context(of: operation) { $0 != 0 }
        case (.forgetReplaced, _):
            // Of several, the latest is what held; those before had been replaced.
            context = Self.context(of: operation) { $0 == operation.context.count - 1 }
        case (.countSinceLast, .count(let amount)) where amount >= 0:
            value = Value([UInt8(amount)]) ?? value
        case (.repeatSlot, .append):
            value = Value([0] + (1..<value.count).map { value[$0] }) ?? value
        default:
            return operation
        }
        return Operation(
            operation.dot, operation.kind, operation.key, operation.stamp, context: context,
            value: value) ?? operation
    }

    private static func context(of operation: Operation, _ keeps: (Int) -> Bool) -> Context {
        var context = Context()
        let whole = operation.context
        for index in 0..<whole.count where keeps(index) { _ = context.add(whole[index]) }
        return context
    }

    /// Spends rights, held or not.
    static func account(
        _ dot: Dot, spent amount: UInt64, of name: KeyName, in replica: borrowing Replica,
        at stamp: Stamp
    ) -> Operation? {
        var value = Value()
        value.fill { out in
            out.append(0)
            out.append(varint: replica.minted(name).spent + amount)
        }
        return Operation(dot, .account, .literal(name), stamp, value: value)
    }
}
