import LoRa

/// The chip's interrupt flags in LoRa mode (datasheet §6.4, RegIrqFlags).
struct IRQ: OptionSet, Equatable, Sendable {
    let rawValue: UInt8

    static let activity = IRQ(rawValue: 0x01)
    static let sensed = IRQ(rawValue: 0x04)
    static let sent = IRQ(rawValue: 0x08)
    static let header = IRQ(rawValue: 0x10)
    static let checksumError = IRQ(rawValue: 0x20)
    static let received = IRQ(rawValue: 0x40)
    static let timeout = IRQ(rawValue: 0x80)

    /// Those that tell of something that is over.
    static let used: IRQ = [.activity, .sensed, .sent, .checksumError, .received, .timeout]

    /// Those that DIO0 tells.
    static let told = IRQ(rawValue: 0x40 | 0x08 | 0x04)

    /// What they mean, whatever the chip.
    var meaning: ModemFlags {
        var flags = ModemFlags()
        if contains(.received) { flags.insert(.frame) }
        if contains(.checksumError) { flags.insert(.wrongChecksum) }
        if contains(.sent) { flags.insert(.sent) }
        if contains(.sensed) { flags.insert(.sensed) }
        if contains(.activity) { flags.insert(.activity) }
        if contains(.timeout) { flags.insert(.timeout) }
        return flags
    }
}
