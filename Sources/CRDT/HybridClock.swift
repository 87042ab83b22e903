/// A hybrid logical time (Kulkarni et al.: "Logical Physical Clocks", 2014): milliseconds of a
/// physical clock in the upper 48 bits, a counter for what happened within one in the lower 16.
public struct HybridTime: Hashable, Comparable, Sendable {
    /// Both parts in one number; comparing it compares the times.
    public let raw: UInt64

    /// A time as it was stored.
    public init(raw: UInt64) { self.raw = raw }

    /// A time of its parts, the milliseconds cut to 48 bits.
    public init(milliseconds: UInt64, counter: UInt16) {
        raw = (milliseconds & 0xFFFF_FFFF_FFFF) << 16 | UInt64(counter)
    }

    /// Milliseconds since 1970, as far as any clock of the mesh knew.
    public var milliseconds: UInt64 { raw >> 16 }

    /// What happened earlier within this millisecond.
    public var counter: UInt16 { UInt16(truncatingIfNeeded: raw) }

    public static func < (a: HybridTime, b: HybridTime) -> Bool { a.raw < b.raw }
}

/// Gives each write a time later than all that its author had seen, on boards without a clock
/// battery too.
public struct HybridClock: Sendable {
    /// How far ahead of the own clock another's time may be before it is not followed.
    public static let skewLimit: UInt64 = 24 * 3_600_000

    private var last = HybridTime(raw: 0)

    /// A clock that has seen nothing.
    public init() {}

    /// The time of a new write.
    /// - Parameter now: The own clock, in milliseconds since 1970, however wrong.
    public mutating func tick(at now: UInt64) -> HybridTime {
        let physical = HybridTime(milliseconds: now, counter: 0)
        last = physical > last ? physical : HybridTime(raw: last.raw &+ 1)
        return last
    }

    /// Learns of a time that another author gave.
    ///
    /// - Parameter now: The own clock; `nil` while it is not to be trusted, and then all is
    ///   followed.
    /// - Returns: Whether it was followed; one too far ahead is not, so that a single wrong clock
    ///   does not drag all others along.
    @discardableResult
    public mutating func observe(_ time: HybridTime, at now: UInt64?) -> Bool {
        if let now, time.milliseconds > now + Self.skewLimit { return false }
        if time > last { last = time }
        return true
    }
}
