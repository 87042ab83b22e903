import Base

/// When to send the next beacon: soon after a change or a disagreement, ever rarer while all agree
/// (Trickle, RFC 6206, without suppression: a beacon is also a sign of life).
public struct BeaconTimer {
    private let shortest: Duration
    private let longest: Duration
    private var interval: Duration
    private var due: Instant
    private var dice: Dice

    /// A timer whose first beacon is due within `shortest`.
    ///
    /// - Parameters:
    ///   - shortest: The interval after a change.
    ///   - longest: The interval while nothing happens, at least `shortest`.
    public init(shortest: Duration, longest: Duration, at now: Instant, dice: Dice) {
        self.shortest = min(shortest, longest)
        self.longest = longest
        interval = self.shortest
        self.dice = dice
        due = now
        due = next(after: now)
    }

    /// When the next beacon is due.
    public var dueAt: Instant { due }

    /// Whether one is due; if so, the next is set, at twice the interval.
    public mutating func takeDue(at now: Instant) -> Bool {
        guard due <= now else { return false }
        interval = min(interval * 2, longest)
        due = next(after: now)
        return true
    }

    /// Something changed or disagrees: begin anew with the shortest interval.
    public mutating func hurry(at now: Instant) {
        guard interval > shortest else { return }
        interval = shortest
        due = min(due, next(after: now))
    }

    /// Uniform in the second half of the interval (RFC 6206 §4.2).
    private mutating func next(after now: Instant) -> Instant {
        now + interval / 2 + dice.roll(upTo: interval / 2)
    }
}
