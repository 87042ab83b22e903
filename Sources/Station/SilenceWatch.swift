import Base

/// Decides what to do about a receiver that has heard nothing for long: perhaps nobody is there,
/// perhaps it is deaf.
///
/// Its calibration is renewed every minute, which costs milliseconds. Later it is started anew, each
/// time after twice the silence, at most every six hours.
struct SilenceWatch {
    enum Remedy: Equatable { case calibrate, restart }

    private let limit: Duration
    private var pause: Duration
    private var nextCalibration: Instant
    private var nextRestart: Instant

    private static var calibrationInterval: Duration { .seconds(60) }

    /// - Parameter limit: The silence that is not usual any more; two minutes at least.
    init(after limit: Duration, from now: Instant) {
        self.limit = max(limit, .seconds(120))
        pause = self.limit
        nextCalibration = now + Self.calibrationInterval
        nextRestart = now + self.limit
    }

    mutating func heardSomething(at now: Instant) {
        pause = limit
        nextCalibration = now + Self.calibrationInterval
        nextRestart = now + limit
    }

    /// What to do now, if anything.
    mutating func remedy(at now: Instant) -> Remedy? {
        guard now >= nextCalibration || now >= nextRestart else { return nil }
        nextCalibration = now + Self.calibrationInterval
        guard now >= nextRestart else { return .calibrate }
        pause = min(pause * 2, .seconds(6 * 3_600))
        nextRestart = now + pause
        return .restart
    }
}
