import Base

/// What is settled of an author that was left out of the cut: silent for too long, nobody waits for
/// what it may have written.
///
///       0          3
///     ┌──────────┬──────────
///     │ cut      │ head
///     │ 3 bytes  │ varint
///     └──────────┴──────────
public struct Absence: Equatable, Sendable {
    /// The cut when it was left out: what it had stamped before, all have.
    public var cut: Stamp
    /// Which of its operations were known then: all members fetch them, later ones never settle.
    public var head: UInt32
    /// When it was left out.
    public var since: Stamp

    /// An absence.
    public init(cut: Stamp, head: UInt32, since: Stamp) {
        self.cut = cut
        self.head = head
        self.since = since
    }

    /// The absence that an operation's value tells, or `nil` where it tells none.
    public init?(_ operation: borrowing Operation) {
        let value = operation.value
        var reader = ByteReader(value.span)
        guard let cut = try? reader.littleEndian(size: 3), let head = try? reader.varint(),
            reader.isAtEnd, head <= UInt64(UInt32.max)
        else { return nil }
        self.init(cut: Stamp(raw: UInt32(cut)), head: UInt32(head), since: operation.stamp)
    }

    /// All but its beginning, as a value.
    public var value: Value {
        var value = Value()
        value.fill { out in
            out.append(littleEndian: UInt64(cut.raw), size: 3)
            out.append(varint: UInt64(head))
        }
        return value
    }

    /// Whether every member has an operation of the absent author, stamped before `cut`. Who claimed
    /// to have what came before `cut` had not necessarily heard of an absence that began after it.
    func covers(_ operation: borrowing OperationView, before cut: Stamp) -> Bool {
        if operation.stamp < self.cut { return true }
        return operation.dot.sequence <= head && since < cut
    }
}
