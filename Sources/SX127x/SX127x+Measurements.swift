import Base
import HAL
import LoRa

extension SX127x where Board: ~Copyable {
    /// Datasheet §5.5.5.
    public mutating func levelDBm() throws(ModemFault) -> Int {
        levelOffset + Int(try read(.level))
    }

    /// §4.1.4.
    public mutating func tune(to hertz: Int) throws(ModemFault) {
        var other = channel
        other.frequency = hertz
        if let lack = options.variant.lack(of: other) { throw .unsupported(lack) }
        try reachStandby()
        channel = other
        isTunedForReception = false
        try write(ChannelRegisters.frequency(hertz: hertz), to: .frequency)
    }

    /// §4.1.5: a signed number of 20 bits in units of 2²⁴ / 32 MHz × bandwidth / 500 kHz.
    public mutating func frequencyError() throws(ModemFault) -> Int {
        try ask(.frequencyError, count: 3)
        var raw = Int(answer(0) & 0x0F) << 16 | Int(answer(1)) << 8 | Int(answer(2))
        if raw >= 1 << 19 { raw -= 1 << 20 }
        return raw * (1 << 24) * channel.modulation.bandwidth.hertz / (32_000_000 * 500_000)
    }

    /// Application note AN1200.24: the lowest bit of RegRssiWideband, once a millisecond.
    public mutating func randomNumber() throws(ModemFault) -> UInt32 {
        try receive(.continuous)
        board.pause(.milliseconds(1))
        var number: UInt32 = 0
        for _ in 0..<32 {
            number = number << 1 | UInt32(try read(.wideband) & 1)
            board.pause(.milliseconds(1))
        }
        try reachStandby()
        return number
    }
}
