import Base

/// What somebody wants to write, before it is an operation.
public enum Change: Equatable, Sendable {
    /// Gives a register this value, in place of all that are known.
    case set(Value)
    /// Takes a register's values away.
    case unset
    /// Adds an element to a set.
    case add(Value)
    /// Takes an element out of a set.
    case discard(Value)
    /// Adds to a counter, or subtracts.
    case count(Int64)
    /// Makes rights of a bounded counter.
    case mint(UInt64)
    /// Gives own rights to another.
    case give(UInt64, to: Actor)
    /// Spends own rights.
    case spend(UInt64)
    /// Adds to the own log, which keeps the last `horizon` entries.
    case append(Value, horizon: UInt8)
    /// The own value of a key; none withdraws it.
    case report(Value)

    /// Both changes in one, where the later undoes or continues the earlier; `nil` where each needs
    /// an operation of its own.
    public func followed(by later: Change) -> Change? {
        switch (self, later) {
        case (.set, .set), (.set, .unset), (.unset, .set), (.unset, .unset), (.report, .report):
            return later
        case (.add(let a), .add(let b)), (.add(let a), .discard(let b)),
            (.discard(let a), .add(let b)), (.discard(let a), .discard(let b)):
            return a == b ? later : nil
        case (.count(let a), .count(let b)):
            let (sum, overflow) = a.addingReportingOverflow(b)
            return overflow ? nil : .count(sum)
        case (.mint(let a), .mint(let b)):
            return Self.sum(a, b).map { .mint($0) }
        case (.spend(let a), .spend(let b)):
            return Self.sum(a, b).map { .spend($0) }
        case (.give(let a, let to), .give(let b, let also)):
            return to == also ? Self.sum(a, b).map { .give($0, to: to) } : nil
        default:
            return nil
        }
    }

    private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64? {
        let (sum, overflow) = a.addingReportingOverflow(b)
        return overflow ? nil : sum
    }

    /// Whether its operation can be made without regard to that of an earlier change of the same
    /// key.
    public func isIndependent(of earlier: Change) -> Bool {
        switch (self, earlier) {
        case (.add(let a), .add(let b)), (.add(let a), .discard(let b)),
            (.discard(let a), .add(let b)), (.discard(let a), .discard(let b)):
            a != b
        default:
            family != earlier.family
        }
    }

    private var family: Cell.Family {
        switch self {
        case .set, .unset: .register
        case .add, .discard: .set
        case .count: .counter
        case .mint, .give, .spend: .account
        case .append: .log
        case .report: .report
        }
    }

    /// Rights that it takes from its author.
    public var cost: UInt64 {
        switch self {
        case .give(let amount, _), .spend(let amount): amount
        case .set, .unset, .add, .discard, .count, .mint, .append, .report: 0
        }
    }
}

/// Why a change cannot become an operation.
public enum ChangeError: Error, Equatable, Sendable {
    /// More nodes have written to the same place lately than one operation can name.
    case tooManyWriters
    /// Key, value and what it replaces are more than one operation holds.
    case tooLong
    /// The counter has no room for more.
    case overflow
    /// The author holds fewer rights than it takes.
    case notEnough(held: UInt64)
    /// What is to be taken away is not there.
    case nothingThere

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .tooManyWriters:
            "too many nodes have written to this key lately; try again when all have heard of it"
        case .tooLong: "key and value are too long together; shorten one of them"
        case .overflow: "the counter cannot hold more; use another key"
        case .notEnough(let held): "this node holds only \(held) of them; ask others for some"
        case .nothingThere: "there is nothing of that name to take away"
        }
    }
}
