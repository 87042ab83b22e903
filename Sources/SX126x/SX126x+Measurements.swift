import Base
import HAL
import LoRa

extension SX126x where Board: ~Copyable {
    /// Datasheet §13.5.4.
    public mutating func levelDBm() throws(ModemFault) -> Int {
        try ask(.level)
        return -Int(answer(0)) / 2
    }

    /// Datasheet §13.4.1; §9.2.1 where that is another band.
    public mutating func tune(to hertz: Int) throws(ModemFault) {
        var other = channel
        other.frequency = hertz
        if let lack = options.variant.lack(of: other) { throw .unsupported(lack) }
        try reachStandby()
        let band = ImageBand(hertz: channel.frequency)
        channel = other
        if ImageBand(hertz: hertz) != band { try calibrateImage() }
        try run(.frequency(hertz: hertz))
    }

    /// The error is a signed number of 20 bits in units of 1.55 Hz × bandwidth / 1.6 MHz
    /// (Semtech's `sx126x_driver`, "LoRa frequency error indicator").
    public mutating func frequencyError() throws(ModemFault) -> Int {
        try ask(.register(.frequencyError, count: 3))
        var raw = Int(answer(0) & 0x0F) << 16 | Int(answer(1)) << 8 | Int(answer(2))
        if raw >= 1 << 19 { raw -= 1 << 20 }
        return raw * channel.modulation.bandwidth.hertz * 31 / 32_000_000
    }

    /// AN1200.53: with the amplifier's and the mixer's bits clear, the receiver hears itself.
    public mutating func randomNumber() throws(ModemFault) -> UInt32 {
        try reachStandby()
        let amplifier = try read(.analogAmplifier)
        let mixer = try read(.analogMixer)
        try write(amplifier & ~0x01, to: .analogAmplifier)
        try write(mixer & ~0x80, to: .analogMixer)
        try run(.receive(timeout: Command.continuously))
        board.pause(.milliseconds(1))
        try ask(.register(.randomNumber, count: 4))
        let number =
            UInt32(answer(0)) << 24 | UInt32(answer(1)) << 16 | UInt32(answer(2)) << 8
            | UInt32(answer(3))
        try run(.standby(.rc))
        try write(amplifier, to: .analogAmplifier)
        try write(mixer, to: .analogMixer)
        return number
    }
}
