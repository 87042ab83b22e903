import Base

/// Reading and writing one register.
extension SX1276Chip {
    func read(_ address: Int) -> UInt8 {
        if address == Register.fifo {
            return mode == .sleep || !isLoRa ? 0 : fifo[Int(lora[Register.fifoPointer])]
        }
        if address == Register.opMode {
            return lora[address] & 0x78 | (isLoRa ? 0x80 : 0) | mode.rawValue
        }
        guard Register.paged.contains(address) else { return lora[address] }
        if !isLoRa || lora[Register.opMode] & 0x40 != 0 { return readFSK(address) }
        switch address {
        case Register.modemStatus: return modemStatus
        case Register.rssi: return encode(dBm: instantRSSI)
        case Register.wideRSSI: return UInt8(truncatingIfNeeded: dice.next())
        default: return lora[address]
        }
    }

    private func readFSK(_ address: Int) -> UInt8 {
        switch address {
        case Register.calibration where selectedAt < calibrationUntil: fsk[address] | 0x20
        case Register.calibration: fsk[address] & ~0x20
        case Register.temperature: 0xE7  // −25: one degree a step, to be calibrated (§3.5.7).
        default: fsk[address]
        }
    }

    func write(_ byte: UInt8, to address: Int) {
        switch address {
        case Register.fifo:
            if mode != .sleep, isLoRa { fifo[Int(lora[Register.fifoPointer])] = byte }
        case Register.opMode:
            requestedMode = byte
        case Register.paged where !isLoRa || lora[Register.opMode] & 0x40 != 0:
            guard !Register.isReadOnly(address, isLoRa: false) else { return }
            if address == Register.calibration, byte & 0x40 != 0, mode == .standby {
                calibrationUntil = selectedAt + ChipTiming.sx1276Calibration
            }
            fsk[address] = byte & (address == Register.calibration ? ~0x60 : 0xFF)
        case Register.interruptFlags:
            lora[address] &= ~byte  // Cleared by writing a 1.
        default:
            if !Register.isReadOnly(address, isLoRa: isLoRa) { lora[address] = byte }
        }
    }

    /// RegModemStat: nothing but what the receiver sees at this moment.
    private var modemStatus: UInt8 {
        let codingRate = lora[Register.modemStatus] & 0xE0
        guard isReceiving else { return codingRate | 0x10 }
        return switch phase {
        case .nothing: codingRate | 0x14
        case .preamble: codingRate | 0x07
        case .header: codingRate | 0x0F
        }
    }
}
