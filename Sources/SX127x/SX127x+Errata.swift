import LoRa

/// Semtech's errata note for the SX1276/77/78 (Rev. 1, September 2013).
extension SX127x where Board: ~Copyable {
    /// 2.1, "Sensitivity Optimization with a 500 kHz Bandwidth".
    mutating func applySensitivityErratum() throws(ModemFault) {
        guard channel.modulation.bandwidth == .khz500 else {
            return try write(0x03, to: .highBandwidth1)
        }
        try write(0x02, to: .highBandwidth1)
        switch channel.frequency {
        case 862_000_000...1_020_000_000: try write(0x64, to: .highBandwidth2)
        case 410_000_000...525_000_000: try write(0x7F, to: .highBandwidth2)
        default: break
        }
    }

    /// 2.3, "Receiver Spurious Reception of a LoRa Signal": the intermediate frequency is set by
    /// hand below 500 kHz.
    mutating func applySpuriousErratum() throws(ModemFault) {
        let value = try read(.detectOptimize)
        guard channel.modulation.bandwidth != .khz500 else {
            return try write(value | 0x80, to: .detectOptimize)
        }
        try write(value & 0x7F, to: .detectOptimize)
        try write(intermediateFrequency, to: .intermediate2)
        try write(0, to: .intermediate1)
    }

    private var intermediateFrequency: UInt8 {
        switch channel.modulation.bandwidth {
        case .khz7: 0x48
        case .khz10, .khz15, .khz20, .khz31, .khz41: 0x44
        case .khz62, .khz125, .khz250, .khz500: 0x40
        }
    }

    /// 2.3: up to 41.7 kHz the receiver stands one bandwidth above the channel.
    mutating func tune(forReception: Bool) throws(ModemFault) {
        let bandwidth = channel.modulation.bandwidth.hertz
        guard bandwidth <= Bandwidth.khz41.hertz, isTunedForReception != forReception else {
            return
        }
        isTunedForReception = forReception
        try write(
            ChannelRegisters.frequency(
                hertz: channel.frequency + (forReception ? bandwidth : 0)), to: .frequency)
    }
}
