/// Registers of the SX1261/2 that a driver needs (datasheet §12, Table 12-1, and chapter 15).
enum Register: UInt16 {
    /// How many registers a warm sleep keeps beside its own, and which: `count`, `address[2]`…
    /// (application note AN1200.53).
    case retention = 0x029F
    /// 16 characters that name the chip; every member of the family has some.
    case version = 0x0320
    /// Bit 2 clear while IQ is inverted (§15.4).
    case iqPolarity = 0x0736
    /// Two bytes (§12, "LoRa Sync Word").
    case syncWord = 0x0740
    /// Bit 2 clear at 500 kHz (§15.1).
    case txModulation = 0x0889
    /// 0x94 saves power, 0x96 hears about 2 dB more (§9.6).
    case rxGain = 0x08AC
    /// Bits 4…1: the level at which the power amplifier is clamped (§15.2).
    case txClamp = 0x08D8
    /// Over-current protection, in steps of 2.5 mA (§5.1).
    case overCurrent = 0x08E7

    /// Bytes of `version`.
    static let versionSize = 16
}
