import LoRa

/// The chip's interrupt flags (datasheet §13.3.1, Table 13-29).
struct IRQ: OptionSet, Equatable, Sendable {
    let rawValue: UInt16

    static let txDone = IRQ(rawValue: 1 << 0)
    static let rxDone = IRQ(rawValue: 1 << 1)
    static let preambleDetected = IRQ(rawValue: 1 << 2)
    static let syncWordValid = IRQ(rawValue: 1 << 3)
    static let headerValid = IRQ(rawValue: 1 << 4)
    static let headerError = IRQ(rawValue: 1 << 5)
    static let crcError = IRQ(rawValue: 1 << 6)
    static let cadDone = IRQ(rawValue: 1 << 7)
    static let cadDetected = IRQ(rawValue: 1 << 8)
    static let timeout = IRQ(rawValue: 1 << 9)

    /// What raises DIO1. Preamble and header are not in it: they would wake the computer for every
    /// frame that turns out to be noise. (The header is remembered, for `isReceivingFrame`.)
    static let used: IRQ = [
        .txDone, .rxDone, .headerError, .crcError, .cadDone, .cadDetected, .timeout,
    ]

    /// What they mean, whatever the chip.
    var meaning: ModemFlags {
        var flags = ModemFlags()
        if contains(.rxDone) { flags.insert(.frame) }
        if contains(.crcError) { flags.insert(.wrongChecksum) }
        if contains(.headerError) { flags.insert(.wrongHeader) }
        if contains(.txDone) { flags.insert(.sent) }
        if contains(.cadDone) { flags.insert(.sensed) }
        if contains(.cadDetected) { flags.insert(.activity) }
        if contains(.timeout) { flags.insert(.timeout) }
        return flags
    }
}
