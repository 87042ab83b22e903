import Base
import LoRa

/// What commands have set in a chip, and a reset clears.
struct SX126xSettings {
    /// SetRx's timeout that means "until told otherwise".
    static let continuously: UInt32 = 0xFF_FFFF

    var isLoRa = false
    var frequencySteps: UInt32 = 0
    var modulation: Modulation?
    var lowDataRateOptimize = false
    var payloadSize: UInt8 = 0
    var preamble = 8
    var isImplicit = false
    var hasChecksum = true
    var invertsIQ = false
    var power = 0
    var amplifier: (dutyCycle: UInt8, hpMax: UInt8) = (4, 7)
    var transmitBase: UInt8 = 0
    var receiveBase: UInt8 = 0
    var interruptMask: UInt16 = 0
    var dio1Mask: UInt16 = 0
    var cadSymbols = 2
    var fallback = SX126xChip.Mode.standbyRC
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

    /// What the air needs to know of all this.
    func radio(syncWord: UInt16) -> RadioSettings? {
        guard var modulation else { return nil }
        modulation.preamble = preamble
        return RadioSettings(
            family: .sx126x, frequency: frequency, modulation: modulation,
            lowDataRateOptimize: lowDataRateOptimize,
            format: PacketFormat(
                header: isImplicit ? .implicit(size: Int(payloadSize)) : .explicit,
                hasChecksum: hasChecksum, invertsIQ: invertsIQ),
            syncWord: syncWord, power: outputPower, payloadSize: Int(payloadSize))
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
            lowDataRateOptimize = command[4] & 1 == 1
        case 0x8C:
            preamble = Int(command[1]) << 8 | Int(command[2])
            isImplicit = command[3] & 1 == 1
            payloadSize = command[4]
            hasChecksum = command[5] & 1 == 1
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
