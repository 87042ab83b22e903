import LinuxHAL

/// The time of day, in UTC, as ISO 8601 writes it.
struct Timestamp {
    private let milliseconds: Int64

    /// Now, as far as this computer knows.
    static var now: Timestamp { Timestamp(milliseconds: WallClock.milliseconds) }

    /// Milliseconds since 1970.
    init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Such as `2026-01-01T12:00:00Z`.
    var text: String {
        let days = milliseconds / 86_400_000
        let (year, month, day) = Self.date(daysSince1970: days)
        return "\(year)-\(Self.two(month))-\(Self.two(day))T\(time)"
    }

    /// Such as `12:00:00Z`.
    var time: String {
        let seconds = milliseconds / 1_000 % 86_400
        let minutes = seconds / 60
        return
            "\(Self.two(minutes / 60)):\(Self.two(minutes % 60)):\(Self.two(seconds % 60))Z"
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// The Gregorian calendar, counted in eras of 400 years that begin in March.
    private static func date(daysSince1970 days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468  // From 1 March of the year 0.
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}
