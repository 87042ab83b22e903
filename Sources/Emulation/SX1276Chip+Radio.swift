import Base
import HAL
import LoRa

/// What the registers mean to the air, and what the air tells.
extension SX1276Chip {
    /// Symbols after which RxSingle gives up (§4.1.5, "Single Reception Operating Mode").
    var symbolTimeout: Int {
        Int(lora[Register.modem2] & 0b11) << 8 | Int(lora[Register.symbolTimeout])
    }

    /// `nil` where there is no such modulation.
    func radioSettings() -> RadioSettings? {
        guard var modulation else { return nil }
        modulation.preamble =
            Int(lora[Register.preamble]) << 8 | Int(lora[Register.preamble + 1])
        let size = Int(lora[Register.payloadSize])
        var radio = RadioSettings(
            family: .sx127x, frequency: frequency, modulation: modulation,
            lowDataRateOptimize: lora[Register.modem3] & 0x08 != 0,
            format: PacketFormat(
                header: lora[Register.modem1] & 1 != 0 ? .implicit(size: size) : .explicit,
                hasChecksum: lora[Register.modem2] & 0x04 != 0, invertsIQ: invertsIQ),
            syncWord: RadioSettings.wide(syncWord: lora[Register.syncWord]),
            power: outputPower, payloadSize: size)
        applyErrata(to: &radio)
        return radio
    }

    /// In hertz: steps of 32 MHz / 2¹⁹ (§4.1.4).
    private var frequency: Int {
        let steps =
            Int(lora[Register.frequency]) << 16 | Int(lora[Register.frequency + 1]) << 8
            | Int(lora[Register.frequency + 2])
        return (steps * 32_000_000) >> 19
    }

    private var modulation: Modulation? {
        let bandwidth: Bandwidth? =
            switch lora[Register.modem1] >> 4 {
            case 0: .khz7
            case 1: .khz10
            case 2: .khz15
            case 3: .khz20
            case 4: .khz31
            case 5: .khz41
            case 6: .khz62
            case 7: .khz125
            case 8: .khz250
            case 9: .khz500
            default: nil
            }
        let factor = Int(lora[Register.modem2] >> 4)
        guard let bandwidth, factor >= 6, let spreadingFactor = SpreadingFactor(rawValue: factor),
            let codingRate = CodingRate(rawValue: Int(lora[Register.modem1] >> 1 & 0b111))
        else { return nil }
        return Modulation(spreadingFactor, bandwidth, codingRate: codingRate)
    }

    /// The transmitter's switch works the other way round than the receiver's (§6.4, 0x33).
    private var invertsIQ: Bool {
        let value = lora[Register.invertIQ]
        return mode == .transmit ? value & 0x01 == 0 : value & 0x40 != 0
    }

    /// In dBm (§6.4, 0x09; §5.4.2 and §5.4.3 for 0x4D), cut down by too low a current limit.
    private var outputPower: Double {
        let value = lora[Register.amplifier]
        let step = Double(value & 0x0F)
        guard value & 0x80 != 0 else {
            return 10.8 + 0.6 * Double(value >> 4 & 0b111) - (15 - step)
        }
        let isBoosted = lora[Register.amplifierBoost] & 0b111 == 0b111
        let wanted = step + (isBoosted ? 5 : 2)
        // Table 33: 120 mA at +20 dBm, 87 mA at +17 dBm.
        return currentLimit >= 120 || wanted <= 17 ? wanted : 17
    }

    /// In mA (§5.4.4).
    private var currentLimit: Int {
        let value = lora[Register.currentLimit]
        let trim = Int(value & 0x1F)
        guard value & 0x20 != 0 else { return .max }
        return trim <= 15 ? 45 + 5 * trim : trim <= 27 ? -30 + 10 * trim : 240
    }

    /// RSSI as registers have it: above −157 dBm at high frequencies, −164 at low (§5.5.5).
    func encode(dBm level: Double) -> UInt8 {
        let offset = frequency >= 525_000_000 ? 157.0 : 164.0
        return UInt8(max(0, min(255, (level + offset).rounded())))
    }

    // MARK: Interrupts

    var flags: SX1276Flags { SX1276Flags(rawValue: lora[Register.interruptFlags]) }

    func raise(_ flags: SX1276Flags) {
        lora[Register.interruptFlags] |= flags.rawValue & ~lora[Register.interruptMask]
    }

    /// Table 18.
    var interruptLevels: WireLevels {
        guard isLoRa else { return [] }
        let first = lora[Register.dioMapping1]
        let second = lora[Register.dioMapping2]
        let flags = flags
        func isUp(_ mapping: UInt8, _ choice: [4 of SX1276Flags]) -> Bool {
            !flags.isDisjoint(with: choice[Int(mapping & 0b11)])
        }
        var levels: WireLevels = []
        if isUp(first >> 6, [.rxDone, .txDone, .cadDone, []]) { levels.insert(.interrupt) }
        if isUp(first >> 4, [.rxTimeout, .channelChange, .cadDetected, []]) {
            levels.insert(.second)
        }
        if isUp(first >> 2, [.channelChange, .channelChange, .channelChange, []]) {
            levels.insert(.third)
        }
        if isUp(first, [.cadDone, .validHeader, .checksumError, []]) { levels.insert(.fourth) }
        if isUp(second >> 6, [.cadDetected, [], [], []]) { levels.insert(.fifth) }
        return levels
    }

    // MARK: Reports

    func note(_ reception: Reception) {
        lora[Register.packetSNR] = UInt8(bitPattern: reception.signal.snrQuarters)
        lora[Register.packetRSSI] = encode(dBm: reception.signal.rssi)
        lora[Register.modemStatus] = UInt8(reception.codingRate.rawValue) << 5
        lora[Register.hopChannel] = reception.hasChecksum ? 0x40 : 0
        // §4.1.5: error = value · 2²⁴ / 32 MHz · bandwidth / 500 kHz, in 20 bits.
        let bandwidth = radio?.modulation.bandwidth.hertz ?? 125_000
        let value = reception.frequencyError * 16_000_000_000 / ((1 << 24) * bandwidth / 1_000)
        for index in 0..<3 {
            lora[Register.frequencyError + index] =
                UInt8(truncatingIfNeeded: value >> (16 - 8 * index)) & (index == 0 ? 0x0F : 0xFF)
        }
    }

    /// A counter of two bytes.
    func count(_ address: Int) {
        lora[address + 1] &+= 1
        if lora[address + 1] == 0 { lora[address] &+= 1 }
    }
}
