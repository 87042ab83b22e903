/// A moment of a node's monotonic clock, counted from that node's own start.
///
/// State machines never read a clock (law 6): the moment comes with the event. Moments of two
/// nodes, or of one node before and after a restart, cannot be compared.
public struct Instant: Hashable, Comparable, Sendable {
    /// Time since the node's start.
    public let sinceStart: Duration

    /// The moment `sinceStart` after the node's start.
    public init(sinceStart: Duration) { self.sinceStart = sinceStart }

    /// The node's start.
    public static var start: Instant { Instant(sinceStart: .zero) }

    /// Later than any moment a node lives to see (about 292,000 years).
    public static var distantFuture: Instant { Instant(sinceStart: .microseconds(Int64.max)) }

    /// Whole microseconds since the node's start, rounded down.
    public var microseconds: Int64 { sinceStart.wholeMicroseconds }

    /// Whole milliseconds since the node's start, rounded down.
    public var milliseconds: Int64 { sinceStart.wholeMicroseconds / 1_000 }

    public static func < (a: Instant, b: Instant) -> Bool { a.sinceStart < b.sinceStart }
    public static func + (a: Instant, b: Duration) -> Instant {
        Instant(sinceStart: a.sinceStart + b)
    }
    public static func - (a: Instant, b: Duration) -> Instant {
        Instant(sinceStart: a.sinceStart - b)
    }
    public static func - (a: Instant, b: Instant) -> Duration { a.sinceStart - b.sinceStart }
}

extension Duration {
    /// Microseconds, rounded down.
    public var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// Milliseconds, rounded down.
    public var wholeMilliseconds: Int64 { wholeMicroseconds / 1_000 }
}
