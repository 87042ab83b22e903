import Base

/// How long chips take. Where nothing else is said: how long BUSY of an SX126x stays high (ST RM0453,
/// Table 33: the same die).
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

    static func synthesizer(from mode: SX126xChip.Mode) -> Duration {
        mode == .standbyRC ? .microseconds(50) : .microseconds(40)
    }

    static func transmit(from mode: SX126xChip.Mode) -> Duration {
        switch mode {
        case .standbyRC: .microseconds(126)
        case .standbyCrystal: .microseconds(105)
        case .reset, .asleep, .napping, .synthesizer, .receive, .sense, .transmit: .microseconds(76)
        }
    }

    static func receive(from mode: SX126xChip.Mode) -> Duration {
        switch mode {
        case .standbyRC: .microseconds(83)
        case .standbyCrystal: .microseconds(62)
        case .reset, .asleep, .napping, .synthesizer, .receive, .sense, .transmit: .microseconds(41)
        }
    }

    /// After NRESET has risen an SX1276 does not hear for so long (SX1276 datasheet §7.2.2).
    static let sx1276Reset = Duration.milliseconds(5)
    /// The crystal's start out of sleep (SX1276 datasheet, Table 8, TS_OSC).
    static let sx1276Oscillator = Duration.microseconds(250)
    /// The synthesizer's start (SX1276 datasheet, Table 8, TS_FS).
    static let sx1276Synthesizer = Duration.microseconds(60)
    /// From a running synthesizer to a frame's first symbol: the amplifier's ramp of 40 µs, once
    /// and a quarter (SX1276 datasheet, Table 8, TS_TR).
    static let sx1276Transmitter = Duration.microseconds(55)
    /// From a running synthesizer to a receiver that hears (SX1276 datasheet, Table 8, TS_RE).
    static let sx1276Receiver = Duration.microseconds(71)
    /// Image calibration of an SX1276 (SX1276 datasheet §5.5.7).
    static let sx1276Calibration = Duration.milliseconds(10)

    /// A step of the chip's timers: 15.625 µs.
    static func steps(_ count: UInt32) -> Duration { .nanoseconds(Int64(count) * 15_625) }
}
