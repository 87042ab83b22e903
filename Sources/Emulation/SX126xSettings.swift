import Base
import LoRa

/// What commands have set in a chip, and a reset clears.
struct SX126xSettings {
    /// What follows activity detection (§13.4.7).
    enum CADExit: UInt8 { case standby = 0x00, receive = 0x01, transmit = 0x10 }

    /// SetCadParams.
    struct CAD {
        var symbols = 2
        var peak: UInt8 = 0
        var exit = CADExit.standby
        var timeout: UInt32 = 0
    }

    /// SetRxDutyCycle: windows and sleeps between them, in steps of 15.625 µs.
    struct DutyCycle {
        var receive: UInt32
        var sleep: UInt32
    }

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
    var amplifier: (dutyCycle: UInt8, hpMax: UInt8, device: UInt8) = (4, 7, 0)
    var transmitBase: UInt8 = 0
    var receiveBase: UInt8 = 0
    var interruptMask: UInt16 = 0
    /// DIO1, DIO2, DIO3.
    var dioMasks: [3 of UInt16] = [0, 0, 0]
    var dio2SwitchesAntenna = false
    var stopsOnPreamble = false
    var cad = CAD()
    var fallback = SX126xChip.Mode.standbyRC
    var oscillatorIsFed = false
    var oscillatorTimeout: UInt32 = 0
    var receiveTimeout: UInt32 = 0
    private let model: ChipModel

    /// As after a reset.
    init(model: ChipModel = .sx1262) {
        self.model = model
        if model == .sx1261 { amplifier = (4, 0, 1) }
    }

    var canTransmit: Bool { !isLoRa || modulation != nil && payloadSize > 0 }

    /// In hertz, where its synthesizer locks.
    var frequencies: ClosedRange<Int> {
        model == .sx1268 ? 410_000_000...810_000_000 : 150_000_000...960_000_000
    }

    /// Centre frequency in hertz: steps of 32 MHz / 2²⁵ (datasheet §13.4.1).
    var frequency: Int { (Int(frequencySteps) * 32_000_000) >> 25 }

    /// Conducted power in dBm (datasheet Table 13-21). With the other member's amplifier chosen, next
    /// to nothing comes out.
    var outputPower: Double {
        let isLow = model == .sx1261
        guard (amplifier.device == 1) == isLow else { return -30 }
        let (most, parameter) =
            switch (isLow, amplifier.dutyCycle, amplifier.hpMax) {
            case (true, 0...1, _): (10, 13)
            case (true, 6..., _): (15, 14)
            case (true, _, _): (14, 14)
            case (false, 2, 2): (14, 22)
            case (false, 2, 3): (17, 22)
            case (false, 3, 5): (20, 22)
            case (false, _, _): (22, 22)
            }
        return Double(most - (parameter - power))
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
        case 0x8B where !isLoRa, 0x8C where !isLoRa:
            break
        case 0x8B:
            guard let modulation = Self.modulation(command), has(modulation) else {
                return false
            }
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
            return (model == .sx1261 ? -17...15 : -9...22).contains(power) && command[2] <= 7
        case 0x95:
            amplifier = (command[1], command[2], command[3])
            return command[4] == 1
        case 0x8F:
            transmitBase = command[1]
            receiveBase = command[2]
        case 0x08:
            interruptMask = UInt16(command[1]) << 8 | UInt16(command[2])
            for dio in 0..<3 {
                dioMasks[dio] = UInt16(command[3 + 2 * dio]) << 8 | UInt16(command[4 + 2 * dio])
            }
        case 0x88:
            guard command[1] <= 4, let exit = CADExit(rawValue: command[4]) else { return false }
            cad = CAD(
                symbols: 1 << Int(command[1]), peak: command[2], exit: exit,
                timeout: UInt32(command[5]) << 16 | UInt32(command[6]) << 8 | UInt32(command[7]))
        case 0x9D: dio2SwitchesAntenna = command[1] & 1 == 1
        case 0x9F: stopsOnPreamble = command[1] & 1 == 1
        case 0x93:
            switch command[1] {
            case 0x20: fallback = .standbyRC
            case 0x30: fallback = .standbyCrystal
            case 0x40: fallback = .synthesizer
            default: return false
            }
        default:
            break  // The regulator leaves no trace at the border.
        }
        return true
    }

    /// An LLCC68 has not the slowest (LLCC68 datasheet §6.1.1).
    private func has(_ modulation: Modulation) -> Bool {
        guard model == .llcc68 else { return true }
        let most =
            switch modulation.bandwidth {
            case .khz500: 11
            case .khz250: 10
            default: 9
            }
        return modulation.spreadingFactor.rawValue <= most
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
