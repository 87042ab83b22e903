/// How soon a write must be on flash, and so how soon others may hear of it (law 1).
///
/// Each flush costs the card a block of 4 KiB, however little is in it: what can wait shares one.
public enum Urgency: UInt8, CaseIterable, Sendable {
    /// At once: an operator waits for it.
    case now = 0
    /// Within seconds.
    case seconds = 1
    /// Within minutes: readings, and what others can tell again.
    case minutes = 2

    /// Its name, as operators write it.
    public var name: StaticString {
        switch self {
        case .now: "now"
        case .seconds: "seconds"
        case .minutes: "minutes"
        }
    }
}
