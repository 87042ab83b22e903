/// Whether a receiver still hears: its level moves by half decibels all the time, a stuck one's
/// does not.
public struct Hearing {
    private var last: UInt8?
    private var repetitions = 0

    /// Equal readings in a row that no noise gives: with noise that moves by a decibel, one in five
    /// equals the one before, and twelve in a row come once in 250 million readings.
    private static var limit: Int { 12 }

    /// A receiver that was just turned on.
    public init() {}

    /// Takes in a level, in the chip's own finest steps.
    /// - Returns: Whether the receiver can be believed.
    public mutating func isAlive(after level: UInt8) -> Bool {
        repetitions = level == last ? repetitions + 1 : 0
        last = level
        return repetitions < Self.limit
    }

    /// A frame came in.
    public mutating func heardSomething() {
        last = nil
        repetitions = 0
    }
}
