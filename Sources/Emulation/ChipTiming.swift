import Base

/// How long BUSY stays high (ST RM0453, Table 33: the same die as the SX1262).
enum ChipTiming {
    static let coldStart = Duration.microseconds(3_500)
    static let warmStart = Duration.microseconds(340)
    static let calibration = Duration.microseconds(3_500)
    static let imageCalibration = Duration.microseconds(3_500)
    static let rcToCrystal = Duration.microseconds(31)
    /// A setting that moves nothing; less than any host can see.
    static let setting = Duration.microseconds(1)
    /// Time from NSS high to deep sleep, in which the chip does not hear NSS (datasheet §13.1.1).
    static let fallingAsleep = Duration.microseconds(500)

    static func synthesizer(from mode: SX1262Chip.Mode) -> Duration {
        mode == .standbyRC ? .microseconds(50) : .microseconds(40)
    }

    static func transmit(from mode: SX1262Chip.Mode) -> Duration {
        switch mode {
        case .standbyRC: .microseconds(126)
        case .standbyCrystal: .microseconds(105)
        case .reset, .asleep, .synthesizer, .receive, .sense, .transmit: .microseconds(76)
        }
    }

    static func receive(from mode: SX1262Chip.Mode) -> Duration {
        switch mode {
        case .standbyRC: .microseconds(83)
        case .standbyCrystal: .microseconds(62)
        case .reset, .asleep, .synthesizer, .receive, .sense, .transmit: .microseconds(41)
        }
    }

    /// A step of the chip's timers: 15.625 µs.
    static func steps(_ count: UInt32) -> Duration { .nanoseconds(Int64(count) * 15_625) }
}
