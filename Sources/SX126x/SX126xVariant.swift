import LoRa

/// A member of the SX126x family: what differs between them, as a table.
public struct SX126xVariant: Sendable {
    /// Its name on the chip.
    public let name: StaticString
    /// Frequencies in hertz that it can be set to.
    let frequencies: ClosedRange<Int>
    /// SetPaConfig's `deviceSel` (datasheet §13.1.14).
    let paDevice: UInt8
    /// Over-current protection in steps of 2.5 mA; SetPaConfig resets it (§5.1).
    let overCurrent: UInt8
    /// Whether it has the high-power amplifier, which erratum §15.2 clamps too early.
    let hasHighPowerAmplifier: Bool
    /// Lowest conducted power in dBm.
    let lowestPower: Int
    /// Amplifier settings by rising power; the last is the most it can do.
    private let amplifier: [4 of PowerSetting]
    /// The highest spreading factor at 125, 250 and 500 kHz.
    private let spreadingFactors: [3 of Int]

    /// 150–960 MHz, up to +22 dBm.
    public static var sx1262: SX126xVariant {
        SX126xVariant(
            name: "SX1262", frequencies: 150_000_000...960_000_000, paDevice: 0, overCurrent: 0x38,
            hasHighPowerAmplifier: true, lowestPower: -9, amplifier: highPower,
            spreadingFactors: [12, 12, 12])
    }

    /// 150–960 MHz, up to +15 dBm.
    public static var sx1261: SX126xVariant {
        SX126xVariant(
            name: "SX1261", frequencies: 150_000_000...960_000_000, paDevice: 1, overCurrent: 0x18,
            hasHighPowerAmplifier: false, lowestPower: -14,
            amplifier: [
                PowerSetting(power: 10, dutyCycle: 1, hpMax: 0, parameter: 13),
                PowerSetting(power: 14, dutyCycle: 4, hpMax: 0, parameter: 14),
                PowerSetting(power: 14, dutyCycle: 4, hpMax: 0, parameter: 14),
                PowerSetting(power: 15, dutyCycle: 6, hpMax: 0, parameter: 14),
            ], spreadingFactors: [12, 12, 12])
    }

    /// 410–810 MHz, up to +22 dBm.
    public static var sx1268: SX126xVariant {
        SX126xVariant(
            name: "SX1268", frequencies: 410_000_000...810_000_000, paDevice: 0, overCurrent: 0x38,
            hasHighPowerAmplifier: true, lowestPower: -9, amplifier: highPower,
            spreadingFactors: [12, 12, 12])
    }

    /// As the SX1262, without the slowest spreading factors (LLCC68 datasheet §6.1.1).
    public static var llcc68: SX126xVariant {
        SX126xVariant(
            name: "LLCC68", frequencies: 150_000_000...960_000_000, paDevice: 0, overCurrent: 0x38,
            hasHighPowerAmplifier: true, lowestPower: -9, amplifier: highPower,
            spreadingFactors: [9, 10, 11])
    }

    /// Datasheet Table 13-21.
    private static var highPower: [4 of PowerSetting] {
        [
            PowerSetting(power: 14, dutyCycle: 2, hpMax: 2, parameter: 22),
            PowerSetting(power: 17, dutyCycle: 2, hpMax: 3, parameter: 22),
            PowerSetting(power: 20, dutyCycle: 3, hpMax: 5, parameter: 22),
            PowerSetting(power: 22, dutyCycle: 4, hpMax: 7, parameter: 22),
        ]
    }

    /// The amplifier's settings for a conducted power in dBm: those of the next row of the table,
    /// turned down by what is too much. `nil` where the chip cannot do it.
    func powerSetting(for power: Int) -> PowerSetting? {
        guard power >= lowestPower else { return nil }
        for index in amplifier.indices where amplifier[index].power >= power {
            let row = amplifier[index]
            let excess = row.power - power
            return PowerSetting(
                power: power, dutyCycle: row.dutyCycle, hpMax: row.hpMax,
                parameter: row.parameter - Int8(excess))
        }
        return nil
    }

    /// What of a channel the chip cannot do, its power apart; `nil` where it can do all of it.
    func lack(of channel: Channel) -> Unsupported? {
        let modulation = channel.modulation
        let spreadingFactor = modulation.spreadingFactor.rawValue
        let shortest = spreadingFactor <= 6 ? 12 : 6  // Datasheet §6.1.1.1.
        guard frequencies.contains(channel.frequency) else { return .frequency }
        guard (shortest...65_535).contains(modulation.preamble) else { return .preamble }
        let highest =
            switch modulation.bandwidth {
            case .khz500: spreadingFactors[2]
            case .khz250: spreadingFactors[1]
            default: spreadingFactors[0]
            }
        return spreadingFactor <= highest ? nil : .spreadingFactor
    }
}

/// One row of the datasheet's table of amplifier settings (§13.1.14, Table 13-21).
struct PowerSetting: Equatable, Sendable {
    /// Conducted power in dBm.
    let power: Int
    let dutyCycle: UInt8
    let hpMax: UInt8
    /// SetTxParams' `power`.
    let parameter: Int8
}
