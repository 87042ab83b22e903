import Base

/// Decides what to do about a receiver that has heard nothing for long: perhaps nobody is there,
/// perhaps it is deaf.
///
/// First it is calibrated, which costs milliseconds; later it is started anew, each time after twice
/// the silence, at most every six hours.
struct SilenceWatch {
    enum Remedy: Equatable { case calibrate, restart }

    private let limit: Duration
    private var since: Instant
    private var next: Instant
    private var remedies = 0

    init(after limit: Duration, from now: Instant) {
        self.limit = max(limit, .seconds(600))
        since = now
        next = now + self.limit
    }

    mutating func heardSomething(at now: Instant) {
        since = now
        next = now + limit
        remedies = 0
    }

    /// What to do now, if anything.
    mutating func remedy(at now: Instant) -> Remedy? {
        guard now >= next else { return nil }
        remedies += 1
        next = now + min(limit * (1 << min(remedies, 8)), .seconds(6 * 3_600))
        return remedies % 2 == 1 ? .calibrate : .restart
    }
}
