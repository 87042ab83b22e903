import Base
import LoRa

/// What commands have set in a chip, and a reset clears.
struct ChipSettings {
    /// SetRx's timeout that means "until told otherwise".
    static let continuously: UInt32 = 0xFF_FFFF

    var isLoRa = false
    var frequencySteps: UInt32 = 0
    var modulation: Modulation?
    /// The time on air follows the standard's formula: explicit header, CRC.
    var payloadSize: UInt8 = 0
    var preamble = 8
    var invertsIQ = false
    var power = 0
    var amplifier: (dutyCycle: UInt8, hpMax: UInt8) = (4, 7)
    var transmitBase: UInt8 = 0
    var receiveBase: UInt8 = 0
    var interruptMask: UInt16 = 0
    var dio1Mask: UInt16 = 0
    var cadSymbols = 2
    var fallback = SX1262Chip.Mode.standbyRC
    var oscillatorIsFed = false
    var oscillatorTimeout: UInt32 = 0
    var transmitTimeout: UInt32 = 0
    var receiveTimeout: UInt32 = 0

    var canTransmit: Bool { isLoRa && modulation != nil && payloadSize > 0 }

    /// Centre frequency in hertz: steps of 32 MHz / 2²⁵ (datasheet §13.4.1).
    var frequency: Int { (Int(frequencySteps) * 32_000_000) >> 25 }

    /// Conducted power in dBm (datasheet Table 13-21).
    var outputPower: Double {
        let most =
            switch (amplifier.dutyCycle, amplifier.hpMax) {
            case (2, 2): 14
            case (2, 3): 17
            case (3, 5): 20
            default: 22
            }
        return Double(most - (22 - power))
    }

    /// The modulation with the packet's preamble.
    var frameModulation: Modulation? {
        guard var modulation else { return nil }
        modulation.preamble = preamble
        return modulation
    }

    /// Takes over a command that sets and does nothing else.
    /// - Returns: Whether its parameters exist.
    mutating func apply(_ command: borrowing Slab<UInt8>) -> Bool {
        switch command[0] {
        case 0x8A:
            isLoRa = command[1] == 1
            return command[1] == 0 || command[1] == 1 || command[1] == 3
        case 0x86:
            frequencySteps = 0
            for index in 1...4 { frequencySteps = frequencySteps << 8 | UInt32(command[index]) }
        case 0x8B:
            guard let modulation = Self.modulation(command) else { return false }
            self.modulation = modulation
        case 0x8C:
            preamble = Int(command[1]) << 8 | Int(command[2])
            payloadSize = command[4]
            invertsIQ = command[6] & 1 == 1
            return preamble > 0
        case 0x8E:
            power = Int(Int8(bitPattern: command[1]))
            return (-9...22).contains(power) && command[2] <= 7
        case 0x95:
            amplifier = (command[1], command[2])
            return command[4] == 1
        case 0x8F:
            transmitBase = command[1]
            receiveBase = command[2]
        case 0x08:
            interruptMask = UInt16(command[1]) << 8 | UInt16(command[2])
            dio1Mask = UInt16(command[3]) << 8 | UInt16(command[4])
        case 0x88:
            cadSymbols = 1 << Int(min(command[1], 4))
            return command[1] <= 4
        case 0x93:
            switch command[1] {
            case 0x20: fallback = .standbyRC
            case 0x30: fallback = .standbyCrystal
            case 0x40: fallback = .synthesizer
            default: return false
            }
        default:
            break  // Regulator, DIO2 and what else leaves no trace at the border.
        }
        return true
    }

    private static func modulation(_ command: borrowing Slab<UInt8>) -> Modulation? {
        let bandwidth: Bandwidth? =
            switch command[2] {
            case 0x00: .khz7
            case 0x08: .khz10
            case 0x01: .khz15
            case 0x09: .khz20
            case 0x02: .khz31
            case 0x0A: .khz41
            case 0x03: .khz62
            case 0x04: .khz125
            case 0x05: .khz250
            case 0x06: .khz500
            default: nil
            }
        guard let bandwidth, let spreadingFactor = SpreadingFactor(rawValue: Int(command[1])),
            let codingRate = CodingRate(rawValue: Int(command[3]))
        else { return nil }
        return Modulation(spreadingFactor, bandwidth, codingRate: codingRate)
    }
}

/// How strongly a frame arrived, in dBm and dB.
struct ReceivedSignal {
    /// Signal and noise together.
    var rssi: Double
    var snr: Double
    /// The signal alone.
    var signal: Double

    /// As GetPacketStatus has it (datasheet §13.5.3).
    var encoded: (rssi: UInt8, snr: Int8, signal: UInt8) {
        (
            Self.encode(dBm: rssi), Int8(max(-128, min(127, (snr * 4).rounded()))),
            Self.encode(dBm: signal)
        )
    }

    /// As `Signal` has it.
    var rounded: Signal {
        Signal(rssiDBm: -Int(encoded.rssi) / 2, snrQuarterDB: Int(encoded.snr))
    }

    static func encode(dBm: Double) -> UInt8 { UInt8(max(0, min(255, (dBm * -2).rounded()))) }
}
