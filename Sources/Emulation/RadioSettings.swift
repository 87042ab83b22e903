import LoRa

/// Families whose frames differ at the lowest spreading factors.
enum ChipFamily { case sx126x, sx127x }

/// What a transmitter sends.
enum Emission {
    case frame
    /// Nothing but a tone.
    case carrier
    /// A preamble without an end.
    case preamble
}

/// What a chip's radio part is set to, in words that both families share.
struct RadioSettings {
    var family: ChipFamily
    /// Centre frequency in hertz.
    var frequency: Int
    /// The packet's preamble included.
    var modulation: Modulation
    var lowDataRateOptimize: Bool
    var format: PacketFormat
    /// As an SX126x has it: each digit of the classical sync word followed by a 4.
    var syncWord: UInt16
    /// Conducted power in dBm.
    var power = 0.0
    /// Bytes of the frame to send.
    var payloadSize = 0
    var emission = Emission.frame
    /// By how many dB its frames are harder to read than they should be.
    var transmitLoss = 0.0
    /// By how many dB its receiver is worse than it should be; below 0 it is better.
    var receiveLoss = 0.0
    /// How far beside its frequency, in hertz, it hears frames that are strong (SX1276 erratum 2.3).
    var spuriousOffset = 0

    /// Whether its frames, or its receiver, exist for the other family too: SF5 and SF6 of the two
    /// do not understand each other (SX127x has no SF5, and another SF6).
    func speaks(like family: ChipFamily) -> Bool {
        self.family == family || modulation.spreadingFactor.rawValue >= 7
    }

    /// The sync word of an SX127x as an SX126x has it (0x12 is 0x1424; datasheet of the SX1261/2,
    /// Table 12-1).
    static func wide(syncWord: UInt8) -> UInt16 {
        let digits = (high: UInt16(syncWord >> 4), low: UInt16(syncWord & 0x0F))
        return digits.high << 12 | digits.low << 4 | 0x0404
    }
}
