/// Registers of the SX1276/77/78/79 in LoRa mode (DS_SX1276-7-8-9_W_APP_V7, §6.4, Table 41).
enum Register: UInt8 {
    /// Bytes of a frame, at the place that `fifoAddress` names, which moves on by itself.
    case fifo = 0x00
    /// Bit 7 LoRa (changed in sleep only), bit 3 below 525 MHz, bits 2…0 the mode.
    case mode = 0x01
    /// Three bytes, in steps of 32 MHz / 2¹⁹; the last one written makes it work.
    case frequency = 0x06
    /// Bit 7 PA_BOOST, bits 6…4 the most power, bits 3…0 the power.
    case amplifier = 0x09
    /// Bit 5 on, bits 4…0 the limit (§5.4.4).
    case overCurrent = 0x0B
    /// Bits 7…5 gain, bits 1…0 boost of the upper band (§5.5.3).
    case lowNoiseAmplifier = 0x0C
    case fifoAddress = 0x0D
    /// Two bytes: where a frame to send begins, and one received.
    case fifoBases = 0x0E
    /// Where the last frame received begins. `mask`, `flags` and the frame's report follow it.
    case receivedAddress = 0x10
    /// A set bit silences a flag.
    case interruptMask = 0x11
    /// A bit that is written as 1 is cleared.
    case interruptFlags = 0x12
    case receivedSize = 0x13
    /// −157 dBm (−164 below 525 MHz) and what it says.
    case level = 0x1B
    /// Three bytes: bandwidth, coding rate, implicit header; spreading factor, checksum; time-out.
    case modulation = 0x1D
    /// Two bytes: the second one of `modulation`, whose lowest bits belong to the time-out, and the
    /// rest of that, in symbols.
    case timeout = 0x1E
    /// Two bytes, in symbols.
    case preamble = 0x20
    case payloadSize = 0x22
    /// Bit 3 low data rate optimisation, bit 2 automatic gain.
    case modulation3 = 0x26
    /// Three bytes, 20 bits signed.
    case frequencyError = 0x28
    /// Its lowest bit is noise.
    case wideband = 0x2C
    /// Erratum 2.3.
    case intermediate2 = 0x2F
    case intermediate1 = 0x30
    /// Bits 2…0 3, or 5 for SF6; bit 7 erratum 2.3.
    case detectOptimize = 0x31
    /// Bit 6 inverts what is received, bit 0 clear inverts what is sent.
    case invertIQ = 0x33
    /// Erratum 2.1.
    case highBandwidth1 = 0x36
    /// 0x0A, or 0x0C for SF6.
    case detectionThreshold = 0x37
    case syncWord = 0x39
    case highBandwidth2 = 0x3A
    /// 0x19 while IQ is inverted, else 0x1D. In FSK mode: bit 6 starts the image calibration, bit 5
    /// is set while it lasts (§2.1.3.8).
    case invertIQ2 = 0x3B
    /// Bits 7…6: what DIO0 tells.
    case interruptPins = 0x40
    /// 0x12 on every member of the family.
    case version = 0x42
    /// Bit 4: a TCXO instead of a crystal.
    case oscillator = 0x4B
    /// 0x87 for more than 17 dBm, else 0x84 (§5.4.3).
    case highPower = 0x4D
}

/// Modes as `Register.mode` has them (§4.1.6, Table 16).
enum OperatingMode: UInt8 {
    case sleep = 0, standby = 1, transmit = 3, receive = 5, receiveOnce = 6, sense = 7
}

/// What DIO0 tells (§4.1.2.4, Table 18).
enum InterruptSource: UInt8 {
    case received = 0x00, sent = 0x40, sensed = 0x80
}
