import Base
import HAL
import LoRa

/// The datasheet's chapter 15, "Known Limitations".
extension SX126x where Board: ~Copyable {
    /// §15.1, "Modulation Quality with 500 kHz LoRa Bandwidth": bit 2 of 0x0889 is clear at 500 kHz
    /// and set otherwise. The other bits are read once, so that a transmission need not ask.
    mutating func prepareModulationErratum() throws(ModemFault) {
        let value = try read(.txModulation)
        txModulation =
            channel.modulation.bandwidth == .khz500 ? value & ~0b100 : value | 0b100
    }

    /// §15.1: before each transmission.
    mutating func applyModulationErratum() throws(ModemFault) {
        try write(txModulation, to: .txModulation)
    }

    /// §15.2, "Better Resistance of the SX1262 Tx to Antenna Mismatch": bits 4…1 of 0x08D8 are set
    /// after each reset and cold start, or the amplifier backs off by up to 6 dB.
    mutating func applyClampErratum() throws(ModemFault) {
        let value = try read(.txClamp)
        try write(value | 0x1E, to: .txClamp)
    }

    /// §15.3, "Implicit Header Mode Timeout Behavior": the timer goes on after such a frame and
    /// would end the next reception, so it is stopped by hand.
    mutating func applyTimerErratum() throws(ModemFault) {
        guard channel.format.header != .explicit else { return }
        try write(0, to: .timerControl)
        let value = try read(.eventMask)
        try write(value | 0b10, to: .eventMask)
    }

    /// §15.4, "Optimizing the Inverted IQ Operation": bit 2 of 0x0736 is set while IQ is not
    /// inverted. After each SetPacketParams, the datasheet says; the bit stays while the polarity does.
    mutating func applyPolarityErratum() throws(ModemFault) {
        let value = try read(.iqPolarity)
        try write(channel.format.invertsIQ ? value & ~0b100 : value | 0b100, to: .iqPolarity)
    }
}
