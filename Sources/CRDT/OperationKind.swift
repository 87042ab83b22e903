/// What an operation does; with its key it says which others it can supersede.
///
/// Kinds are of two sorts. Of those that *all* may write, the context says what the author had
/// seen and replaces; what was written without knowledge of each other stays side by side. Of those
/// that each author has for itself, the author's later operation replaces its earlier one.
public enum OperationKind: UInt8, CaseIterable, Sendable {
    /// Gives a register its value. All may; values written concurrently are all kept, for the
    /// operator to see (a multi-value register).
    case write = 0
    /// Takes away what its author had seen: a register's value, or the set element that is its
    /// value. What was added concurrently stays.
    case remove = 1
    /// Adds its value to a set.
    case add = 2
    /// An author's share of a counter: all it has ever added, and if anything all it has ever
    /// subtracted, each a varint. Later ones replace earlier ones, so increments coalesce.
    case count = 3
    /// An author's account of rights: a peer, and all that ever went there, a varint.
    case account = 4
    /// An entry of an author's log: the slot of its ring that it takes, then what it says.
    case append = 5
    /// An author's own value of a key, a sensor's reading for example; empty where it is withdrawn.
    case report = 6

    /// Whether each author writes only what is its own.
    public var isOwn: Bool {
        switch self {
        case .write, .remove, .add: false
        case .count, .account, .append, .report: true
        }
    }
}
