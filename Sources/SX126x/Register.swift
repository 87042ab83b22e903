/// Registers of the SX1261/2 that a driver needs (datasheet §12, Table 12-1, and chapter 15).
enum Register: UInt16 {
    /// How many registers a warm sleep keeps beside its own, and which: `count`, `address[2]`…
    /// (application note AN1200.53).
    case retention = 0x029F
    /// 16 characters that name the chip; every member of the family has some.
    case version = 0x0320
    /// Four bytes that change while the receiver is on (§13.1.5 note, "Random Number").
    case randomNumber = 0x0819
    /// Three bytes: bits 19…0 are the last frame's frequency error (Semtech's `sx126x_driver`).
    case frequencyError = 0x076B
    /// Bit 0 is clear while random numbers are drawn (AN1200.53, `AnaLna`).
    case analogAmplifier = 0x08E2
    /// Bit 7 is clear while random numbers are drawn (AN1200.53, `AnaMixer`).
    case analogMixer = 0x08E5
    /// Bit 0 set lets the receiver hear more (Semtech's LoRa Basics Modem; not in the datasheet).
    case rxPatch = 0x08B5
    /// 0 stops the timer of a reception (§15.3).
    case timerControl = 0x0902
    /// Bit 1 forgets that the timer has run out (§15.3).
    case eventMask = 0x0944
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

    /// What a warm sleep forgets unless told otherwise; the chip's list has room for four.
    static var kept: [4 of Register] { [.rxGain, .txModulation, .iqPolarity, .rxPatch] }
}
