import LoRa

/// A channel as the chip's registers have it.
struct ChannelRegisters {
    /// RegModemConfig1, RegModemConfig2 and RegSymbTimeoutLsb.
    let modulation: [3 of UInt8]
    let modulation3: UInt8
    let preamble: [2 of UInt8]
    let detectOptimize: UInt8
    let detectionThreshold: UInt8
    let invertIQ2: UInt8

    init(_ channel: Channel) {
        let modulation = channel.modulation
        let spreadingFactor = UInt8(modulation.spreadingFactor.rawValue)
        let isImplicit = channel.format.header != .explicit
        self.modulation = [
            Self.bandwidth(modulation.bandwidth) << 4 | UInt8(modulation.codingRate.rawValue) << 1
                | (isImplicit ? 1 : 0),
            spreadingFactor << 4 | (channel.format.hasChecksum ? 0b100 : 0),
            0,
        ]
        modulation3 = (modulation.lowDataRateOptimize ? 0b1000 : 0) | 0b100
        preamble = [UInt8(modulation.preamble >> 8), UInt8(modulation.preamble & 0xFF)]
        let isSF6 = modulation.spreadingFactor == .sf6
        detectOptimize = isSF6 ? 0x05 : 0x03
        detectionThreshold = isSF6 ? 0x0C : 0x0A
        invertIQ2 = channel.format.invertsIQ ? 0x19 : 0x1D
    }

    /// RegInvertIQ: bit 6 inverts reception, bit 0 clear inverts transmission; the other bits are
    /// those of the reset (Semtech's LoRaMac-node, `sx1276Regs-LoRa.h`).
    static func invertIQ(_ inverts: Bool, transmitting: Bool) -> UInt8 {
        switch (inverts, transmitting) {
        case (false, _): 0x27
        case (true, true): 0x26
        case (true, false): 0x67
        }
    }

    /// §4.1.1.4, Table 13.
    private static func bandwidth(_ bandwidth: Bandwidth) -> UInt8 {
        switch bandwidth {
        case .khz7: 0
        case .khz10: 1
        case .khz15: 2
        case .khz20: 3
        case .khz31: 4
        case .khz41: 5
        case .khz62: 6
        case .khz125: 7
        case .khz250: 8
        case .khz500: 9
        }
    }

    /// RegModemConfig2 and RegSymbTimeoutLsb with a time-out in symbols, `4...1023` (§4.1.6).
    func timeout(_ limit: Duration, symbol: Duration) -> [2 of UInt8] {
        let symbols = Int(limit / symbol)
        let count = min(max(symbols + 1, 4), 1_023)
        return [modulation[1] | UInt8(count >> 8), UInt8(count & 0xFF)]
    }

    /// A frequency in steps of 32 MHz / 2¹⁹, to the nearest (§4.1.4).
    static func frequency(hertz: Int) -> [3 of UInt8] {
        let steps = (hertz << 19 + 16_000_000) / 32_000_000
        return [UInt8(steps >> 16 & 0xFF), UInt8(steps >> 8 & 0xFF), UInt8(steps & 0xFF)]
    }
}
