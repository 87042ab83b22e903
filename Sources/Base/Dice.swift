/// The only source of chance in a state machine: seeded, so that a run can be repeated (law 6).
///
/// SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", 2014). For
/// back-off and tie-breaking; keys and nonces come from `Crypto`.
public struct Dice: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Dice that fall the same way for the same seed.
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number of the range, each equally likely to within 2⁻³².
    ///
    /// - Precondition: The range is not empty and has fewer than 2³² numbers.
    public mutating func roll(_ range: Range<Int>) -> Int {
        precondition(!range.isEmpty && range.count < 1 << 32, "no number to roll")
        return range.lowerBound + Int(((next() >> 32) * UInt64(range.count)) >> 32)
    }

    /// A duration of zero to `limit`, in steps of a microsecond.
    public mutating func roll(upTo limit: Duration) -> Duration {
        let microseconds = Swift.max(0, limit.wholeMicroseconds)
        return .microseconds(Int64(roll(0..<Int(Swift.min(microseconds, 1 << 31)) + 1)))
    }

    /// Dice of their own for a part of a machine.
    public mutating func split() -> Dice { Dice(seed: next()) }
}
