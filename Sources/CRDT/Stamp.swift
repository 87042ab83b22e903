/// When an operation was written: half minutes since 2025-01-01T00:00:00Z, in 24 bits, so up to
/// December 2040.
///
/// A hybrid logical time (Kulkarni et al.: "Logical Physical Clocks", 2014) of coarse grain: an
/// author's stamp is never before one it had seen. What supersedes what is told by dots and
/// contexts, exactly; stamps only order what happened without knowledge of each other, for people,
/// and cut history where two nodes compare it. That is worth three bytes on the air, not eight.
public struct Stamp: Hashable, Comparable, Sendable {
    /// Half minutes since the beginning of 2025, below 2²⁴.
    public let raw: UInt32

    /// A stamp as it travels.
    ///
    /// - Precondition: It has 24 bits.
    public init(raw: UInt32) {
        precondition(raw <= Self.highest, "a stamp has 24 bits")
        self.raw = raw
    }

    /// The last half minute that is past at this time, cut to what a stamp can hold.
    public init(milliseconds: UInt64) {
        let sinceOrigin = milliseconds - min(milliseconds, Self.origin)
        raw = UInt32(min(sinceOrigin / Self.unit, UInt64(Self.highest)))
    }

    /// Milliseconds since 1970.
    public var milliseconds: UInt64 { Self.origin + UInt64(raw) * Self.unit }

    /// What a stamp counts, in milliseconds.
    public static var unit: UInt64 { 30_000 }

    /// 2025-01-01T00:00:00Z in milliseconds since 1970.
    private static var origin: UInt64 { 1_735_689_600_000 }
    private static var highest: UInt32 { 0xFF_FFFF }

    public static func < (a: Stamp, b: Stamp) -> Bool { a.raw < b.raw }
}

/// Gives each write a stamp not before any that its author had seen, on boards without a clock
/// battery too.
public struct HybridClock: Sendable {
    /// How far ahead of the own clock another's stamp may be before it is not followed, in
    /// milliseconds: a day.
    public static let skewLimit: UInt64 = 24 * 3_600_000

    private var last = Stamp(raw: 0)

    /// A clock that has seen nothing.
    public init() {}

    /// The latest stamp that was given or followed.
    public var latest: Stamp { last }

    /// The stamp of a new write.
    /// - Parameter now: The own clock, in milliseconds since 1970, however wrong.
    public mutating func tick(at now: UInt64) -> Stamp {
        last = max(last, Stamp(milliseconds: now))
        return last
    }

    /// Learns of a stamp that another author gave.
    ///
    /// - Parameter now: The own clock; `nil` while it is not to be trusted, and then all is
    ///   followed.
    /// - Returns: Whether it was followed; one too far ahead is not, so that a single wrong clock
    ///   does not drag all others along.
    @discardableResult
    public mutating func observe(_ stamp: Stamp, at now: UInt64?) -> Bool {
        if let now, stamp.milliseconds > now + Self.skewLimit { return false }
        last = max(last, stamp)
        return true
    }
}
