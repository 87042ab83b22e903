import Base

/// An author's share of a counter: all it has ever added and subtracted.
///
/// A grow-only counter is one whose authors never subtract.
public struct Count: Equatable, Sendable {
    /// All that was added.
    public var added: UInt64 = 0
    /// All that was subtracted.
    public var subtracted: UInt64 = 0

    /// A share of nothing.
    public init() {}

    /// What it comes to, held at what 64 bits hold.
    public var total: Int64 {
        added >= subtracted
            ? Int64(min(added - subtracted, UInt64(Int64.max)))
            : -Int64(min(subtracted - added, UInt64(Int64.max)))
    }

    /// The share after another change; `nil` where it would no longer fit.
    public func changed(by amount: Int64) -> Count? {
        var changed = self
        let magnitude = amount.magnitude
        let (sum, overflow) =
            amount >= 0
            ? added.addingReportingOverflow(magnitude)
            : subtracted.addingReportingOverflow(magnitude)
        guard !overflow else { return nil }
        if amount >= 0 { changed.added = sum } else { changed.subtracted = sum }
        return changed
    }

    /// As the value of an operation: what was added, and what was subtracted unless nothing.
    var value: Value {
        var value = Value()
        value.fill { out in
            out.append(varint: added)
            if subtracted > 0 { out.append(varint: subtracted) }
        }
        return value
    }

    init?(_ value: Value) {
        var reader = ByteReader(value.span)
        guard let added = try? reader.varint() else { return nil }
        self.added = added
        if !reader.isAtEnd {
            guard let subtracted = try? reader.varint(), reader.isAtEnd else { return nil }
            self.subtracted = subtracted
        }
    }
}
