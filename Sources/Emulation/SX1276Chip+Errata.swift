import Base
import LoRa

/// Semtech's errata note for the SX1276/77/78, and registers that must follow others, as a driver
/// that skips them feels it. Causes and remedies are Semtech's; the losses are this emulator's own,
/// large enough that no test passes without the remedy.
extension SX1276Chip {
    /// 2.1: how much less it hears at 500 kHz with 0x36 and 0x3A wrong.
    static var highBandwidthLoss: Double { 5 }
    /// 2.3: how much less it hears with an intermediate frequency that is not its bandwidth's.
    static var intermediateFrequencyLoss: Double { 10 }
    /// 2.3: by how much a frame beside its frequency must be above the floor to be heard.
    static var spuriousRejection: Double { 30 }
    /// How much worse it sends and hears with 0x3B wrong (application note AN1200.24).
    static var polarityLoss: Double { 15 }
    /// A receiver whose detection registers are those of other spreading factors finds nothing.
    static var undetected: Double { 200 }

    func applyErrata(to radio: inout RadioSettings) {
        let inverted2: UInt8 = radio.format.invertsIQ ? 0x19 : 0x1D
        if lora[Register.invertIQ2] != inverted2 {
            radio.transmitLoss += Self.polarityLoss
            radio.receiveLoss += Self.polarityLoss
        }
        guard mode != .transmit else { return }
        applyDetection(to: &radio)
        applyHighBandwidth(to: &radio)
        applySpuriousReception(to: &radio)
    }

    /// §6.4, 0x31 and 0x37: one pair of values for SF6, one for all others.
    private func applyDetection(to radio: inout RadioSettings) {
        let isSF6 = radio.modulation.spreadingFactor == .sf6
        let isRight =
            lora[Register.detectionOptimize] & 0b111 == (isSF6 ? 0x05 : 0x03)
            && lora[Register.detectionThreshold] == (isSF6 ? 0x0C : 0x0A)
        // §4.1.1.2: SF6 has no explicit header.
        if !isRight || isSF6 && radio.format.header == .explicit {
            radio.receiveLoss += Self.undetected
        }
    }

    /// 2.1, "Sensitivity Optimization with a 500 kHz Bandwidth".
    private func applyHighBandwidth(to radio: inout RadioSettings) {
        let first = lora[Register.highBandwidth1]
        let second = lora[Register.highBandwidth2]
        let isRight =
            switch (radio.modulation.bandwidth, radio.frequency) {
            case (.khz500, 862_000_000...1_020_000_000): first == 0x02 && second == 0x64
            case (.khz500, 410_000_000...525_000_000): first == 0x02 && second == 0x7F
            case (.khz500, _): true
            default: first == 0x03
            }
        if !isRight { radio.receiveLoss += Self.highBandwidthLoss }
    }

    /// 2.3, "Receiver Spurious Reception of a LoRa Signal": with the automatic intermediate
    /// frequency (bit 7 of 0x31) it hears beside its channel, except at 500 kHz. Without, 0x2F and
    /// 0x30 must be those of the bandwidth; and at the narrow ones it hears one bandwidth below what
    /// it is tuned to.
    private func applySpuriousReception(to radio: inout RadioSettings) {
        let bandwidth = radio.modulation.bandwidth
        guard lora[Register.detectionOptimize] & 0x80 == 0 else {
            if bandwidth != .khz500 { radio.spuriousOffset = 2 * bandwidth.hertz }
            return
        }
        let isRight =
            switch bandwidth {
            case .khz500: false
            case .khz7: lora[Register.offset2F] == 0x48
            case .khz10, .khz15, .khz20, .khz31, .khz41: lora[Register.offset2F] == 0x44
            case .khz62, .khz125, .khz250: lora[Register.offset2F] == 0x40
            }
        if !isRight || lora[Register.offset30] != 0 {
            radio.receiveLoss += Self.intermediateFrequencyLoss
        }
        if bandwidth.hertz < 50_000 { radio.frequency -= bandwidth.hertz }
    }
}
