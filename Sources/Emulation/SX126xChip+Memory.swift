import Base
import LoRa

/// Registers, and what a reset and a sleep leave of them.
extension SX126xChip {
    func powerOn(at now: Instant) {
        mode = .standbyRC
        settings = SX126xSettings(model: model)
        flags = 0
        report = .none
        radio = nil
        cycle = nil
        timers = Timers()
        statistics = (0, 0, 0)
        gain.reset()
        for index in registers.indices { registers[index] = 0 }
        for (address, value) in Self.registerDefaults { registers[address] = value }
        if model == .sx1261 { registers[0x08E7] = 0x18 }
        for (index, character) in "SX1261 V2D 2D02".utf8.enumerated() {
            registers[0x0320 + index] = character
        }
        forgetBuffer()
        deviceErrors = oscillator == .tcxo ? 1 << 5 : 0  // Not fed yet: normal (§13.3.6).
        settledAt = now + ChipTiming.coldStart
    }

    /// Values after reset (datasheet Table 12-1).
    private static var registerDefaults: [(Int, UInt8)] {
        [
            (0x0736, 0x0D), (0x0740, 0x14), (0x0741, 0x24), (0x0889, 0x01), (0x08AC, 0x94),
            (0x08D8, 0xC8), (0x08E7, 0x38), (0x0911, 0x05), (0x0912, 0x05),
        ]
    }

    func wake(at now: Instant) {
        guard sleepsWarm else { return powerOn(at: now) }
        mode = .standbyRC
        forgetBuffer()
        if !retains(0x08AC) { registers[0x08AC] = 0x94 }
        if !retains(0x0889) { registers[0x0889] = 0x01 }
        if !retains(0x0736) { registers[0x0736] = 0x0D }
        settledAt = now + ChipTiming.warmStart
    }

    /// Whether the retention list names the register (AN1200.53).
    private func retains(_ address: Int) -> Bool {
        for entry in 0..<min(Int(registers[0x029F]), 4) {
            let high = Int(registers[0x02A0 + 2 * entry])
            let low = Int(registers[0x02A1 + 2 * entry])
            if high << 8 | low == address { return true }
        }
        return false
    }

    func readRegister(_ address: Int) -> UInt8 {
        switch address {
        case 0x0819...0x081C where mode == .receive:  // Random numbers (§12.1, Table 12-1).
            UInt8(truncatingIfNeeded: dice.next())
        case 0x0803: receivePointer
        case 0..<registers.count: registers[address]
        default: 0
        }
    }

    func write(_ byte: UInt8, to address: Int) {
        guard address < registers.count else { return }
        registers[address] = byte
        if address == 0x0902 || address == 0x0944 { noteTimerRegister(address, byte) }
    }

    /// Coding rate, checksum and frequency error of the last frame: undocumented registers, as
    /// public drivers read them (SWL2001 `sx126x_get_lora_params_from_header`; RadioLib
    /// `getFrequencyError`, 1.55 · value · kHz / 1600).
    func noteInRegisters(_ reception: Reception) {
        registers[0x0749] = UInt8(reception.codingRate.rawValue) << 4
        let bandwidth = radio?.modulation.bandwidth.hertz ?? 125_000
        let value = Int(
            (Double(reception.frequencyError) * 1_600_000 / (1.55 * Double(bandwidth))).rounded())
        registers[0x076B] =
            UInt8(truncatingIfNeeded: value >> 16) & 0x0F | (reception.hasChecksum ? 0x10 : 0)
        registers[0x076C] = UInt8(truncatingIfNeeded: value >> 8)
        registers[0x076D] = UInt8(truncatingIfNeeded: value)
    }

    var syncWord: UInt16 { UInt16(registers[0x0740]) << 8 | UInt16(registers[0x0741]) }

    /// Symbols without a preamble after which a reception ends, 0 for none: mantissa << 3 | exponent
    /// in 0x0706 (SWL2001, `sx126x_set_lora_symb_nb_timeout`).
    var symbolTimeout: Int {
        let value = Int(registers[0x0706])
        return (value >> 3) << (2 * (value & 7) + 1)
    }

    func setSymbolTimeout(_ count: UInt8) {
        var mantissa = (min(Int(count), 248) + 1) >> 1
        var exponent = 0
        while mantissa > 31 {
            mantissa = (mantissa + 3) >> 2
            exponent += 1
        }
        registers[0x0706] = UInt8(mantissa << 3 | exponent)
    }
}
