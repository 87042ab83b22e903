import LoRa

/// A member of the SX127x family: what differs between them.
public struct SX127xVariant: Sendable {
    /// Its name on the chip or module.
    public let name: StaticString
    /// Frequencies in hertz that it can be set to.
    let frequencies: ClosedRange<Int>

    /// 137–1020 MHz (datasheet Table 1).
    public static var sx1276: SX127xVariant {
        SX127xVariant(name: "SX1276", frequencies: 137_000_000...1_020_000_000)
    }

    /// 137–525 MHz.
    public static var sx1278: SX127xVariant {
        SX127xVariant(name: "SX1278", frequencies: 137_000_000...525_000_000)
    }

    /// HopeRF's module for 868 and 915 MHz, an SX1276.
    public static var rfm95: SX127xVariant {
        SX127xVariant(name: "RFM95", frequencies: 862_000_000...1_020_000_000)
    }

    /// What of a channel the chip cannot do, its power apart; `nil` where it can do all of it.
    func lack(of channel: Channel) -> Unsupported? {
        let modulation = channel.modulation
        guard frequencies.contains(channel.frequency) else { return .frequency }
        guard (6...65_535).contains(modulation.preamble) else { return .preamble }
        switch modulation.spreadingFactor {
        case .sf5: return .spreadingFactorBetweenFamilies
        case .sf6 where channel.format.header == .explicit: return .spreadingFactorBetweenFamilies
        case .sf6, .sf7, .sf8, .sf9, .sf10, .sf11, .sf12: return nil
        }
    }
}

/// The registers for one power (datasheet §5.4.2 and §5.4.3, Tables 33 to 35).
struct PowerSetting: Equatable {
    let amplifier: UInt8
    let highPower: UInt8
    let overCurrent: UInt8

    /// `nil` where the output cannot do it.
    init?(_ power: Int, at output: SX127xOptions.Output) {
        switch (output, power) {
        case (.boost, 18...20):
            // 5 dBm + power; 140 mA.
            (amplifier, highPower, overCurrent) = (0x80 | UInt8(power - 5), 0x87, 0x31)
        case (.boost, 2...17):
            // 2 dBm + power; 100 mA.
            (amplifier, highPower, overCurrent) = (0x80 | UInt8(power - 2), 0x84, 0x2B)
        case (.direct, 0...14):
            // 15 dBm at the most, less 15 − power.
            (amplifier, highPower, overCurrent) = (0x70 | UInt8(power), 0x84, 0x2B)
        case (.direct, -4 ... -1):
            // 10.8 dBm at the most, less 15 − power.
            (amplifier, highPower, overCurrent) = (UInt8(power + 4), 0x84, 0x2B)
        default: return nil
        }
    }
}
