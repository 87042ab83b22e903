/// Registers of the SX1276 that mean something to this emulation (SX1276 datasheet Rev. 7, §6).
///
/// 0x0D…0x3F exist twice, one page for LoRa and one for FSK.
enum SX1276Register {
    static let fifo = 0x00
    static let opMode = 0x01
    static let frequency = 0x06
    static let amplifier = 0x09
    static let currentLimit = 0x0B
    static let fifoPointer = 0x0D
    static let fifoTransmitBase = 0x0E
    static let fifoReceiveBase = 0x0F
    static let fifoReceiveCurrent = 0x10
    static let interruptMask = 0x11
    static let interruptFlags = 0x12
    static let receivedSize = 0x13
    static let headerCount = 0x14
    static let packetCount = 0x16
    static let modemStatus = 0x18
    static let packetSNR = 0x19
    static let packetRSSI = 0x1A
    static let rssi = 0x1B
    static let hopChannel = 0x1C
    static let modem1 = 0x1D
    static let modem2 = 0x1E
    static let symbolTimeout = 0x1F
    static let preamble = 0x20
    static let payloadSize = 0x22
    static let maximumPayloadSize = 0x23
    static let fifoReceiveByte = 0x25
    static let modem3 = 0x26
    static let frequencyError = 0x28
    static let wideRSSI = 0x2C
    static let offset2F = 0x2F
    static let offset30 = 0x30
    static let detectionOptimize = 0x31
    static let invertIQ = 0x33
    static let highBandwidth1 = 0x36
    static let detectionThreshold = 0x37
    static let syncWord = 0x39
    static let highBandwidth2 = 0x3A
    static let invertIQ2 = 0x3B
    static let dioMapping1 = 0x40
    static let dioMapping2 = 0x41
    static let version = 0x42
    static let oscillator = 0x4B
    static let amplifierBoost = 0x4D

    /// Image calibration, in the FSK page.
    static let calibration = 0x3B
    /// Temperature, in the FSK page.
    static let temperature = 0x3C

    /// Where the page matters.
    static let paged = 0x0D...0x3F
    static let count = 0x80

    /// Values after reset of what both modes share (§6, Table 41).
    static var common: [(Int, UInt8)] {
        [
            (opMode, 0x09), (0x06, 0x6C), (0x07, 0x80), (0x08, 0x00), (amplifier, 0x4F),
            (0x0A, 0x09), (currentLimit, 0x2B), (0x0C, 0x20), (version, 0x12), (0x44, 0x2D),
            (oscillator, 0x09), (amplifierBoost, 0x84), (0x61, 0x13), (0x62, 0x0E), (0x63, 0x5B),
            (0x64, 0xDB), (0x70, 0xD0),
        ]
    }

    /// Values after reset of the LoRa page.
    static var lora: [(Int, UInt8)] {
        [
            (fifoTransmitBase, 0x80), (modemStatus, 0x10), (modem1, 0x72), (modem2, 0x70),
            (symbolTimeout, 0x64), (preamble + 1, 0x08), (payloadSize, 0x01),
            (maximumPayloadSize, 0xFF), (modem3, 0x04), (offset2F, 0x20), (detectionOptimize, 0xC3),
            (invertIQ, 0x27), (highBandwidth1, 0x03), (detectionThreshold, 0x0A),
            (syncWord, 0x12), (highBandwidth2, 0x52), (invertIQ2, 0x1D),
        ]
    }

    /// Registers that the chip alone writes.
    static func isReadOnly(_ address: Int, isLoRa: Bool) -> Bool {
        guard isLoRa else { return address == version || address == temperature }
        return switch address {
        case fifoReceiveCurrent, receivedSize...0x1C, fifoReceiveByte, frequencyError...0x2C,
            version:
            true
        default: false
        }
    }
}

/// Bits of RegIrqFlags (§6.4).
struct SX1276Flags: OptionSet {
    let rawValue: UInt8

    static let cadDetected = SX1276Flags(rawValue: 0x01)
    static let channelChange = SX1276Flags(rawValue: 0x02)
    static let cadDone = SX1276Flags(rawValue: 0x04)
    static let txDone = SX1276Flags(rawValue: 0x08)
    static let validHeader = SX1276Flags(rawValue: 0x10)
    static let checksumError = SX1276Flags(rawValue: 0x20)
    static let rxDone = SX1276Flags(rawValue: 0x40)
    static let rxTimeout = SX1276Flags(rawValue: 0x80)
}
