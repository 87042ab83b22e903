import Base

/// What a chip tells of itself.
public struct ChipReport: Sendable {
    /// The family member that the driver takes it for.
    public var name: StaticString
    /// How the chip calls itself: a text on an SX126x, a number on an SX127x.
    public var version: ShortBytes<16>
    /// What its self-checks found.
    public var errors: DeviceErrors
    /// What its receiver has counted since the last reset.
    public var statistics: ReceptionStatistics

    /// A report.
    public init(
        name: StaticString, version: ShortBytes<16>, errors: DeviceErrors,
        statistics: ReceptionStatistics
    ) {
        self.name = name
        self.version = version
        self.errors = errors
        self.statistics = statistics
    }
}

/// Frames that a chip has counted by itself.
public struct ReceptionStatistics: Equatable, Sendable {
    /// Frames, right or not; on an SX127x those with a right header.
    public var frames: Int
    /// Frames with a wrong checksum.
    public var checksumErrors: Int
    /// Headers that were wrong.
    public var headerErrors: Int

    /// Counts.
    public init(frames: Int, checksumErrors: Int, headerErrors: Int) {
        self.frames = frames
        self.checksumErrors = checksumErrors
        self.headerErrors = headerErrors
    }
}

/// What an SX126x found when it checked itself (SX1262 datasheet §13.6.1, Table 13-85).
public struct DeviceErrors: OptionSet, Equatable, Sendable {
    /// The chip's bits.
    public let rawValue: UInt16

    /// Errors as the chip has them.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The 32 MHz oscillator did not start.
    public static var oscillator: DeviceErrors { DeviceErrors(rawValue: 1 << 5) }
    /// The synthesiser did not lock.
    public static var lock: DeviceErrors { DeviceErrors(rawValue: 1 << 6) }

    /// All that there are: the chip has no other bits.
    public static var all: DeviceErrors { DeviceErrors(rawValue: 0x017F) }

    /// The errors by name, such as "oscillator start, PLL lock".
    public var names: String {
        var text = ""
        for bit in 0..<16 where rawValue >> bit & 1 == 1 {
            if !text.isEmpty { text += ", " }
            text += Self.name(bit)
        }
        return text
    }

    private static func name(_ bit: Int) -> String {
        switch bit {
        case 0: "64 kHz oscillator calibration"
        case 1: "13 MHz oscillator calibration"
        case 2: "PLL calibration"
        case 3: "ADC calibration"
        case 4: "image calibration"
        case 5: "oscillator start"
        case 6: "PLL lock"
        case 8: "power amplifier ramping"
        default: "unnamed error \(bit)"
        }
    }
}
