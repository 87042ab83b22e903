import Base
import HAL
import LoRa

extension SX127x where Board: ~Copyable {
    /// Resets the chip and sets all of it: no state it may have been in survives.
    ///
    /// LoRa is chosen in sleep only (datasheet §4.1.2). What was set is read back: the bus has no
    /// checksum, and one wrong bit here would be a silent radio.
    public mutating func start(_ channel: Channel) throws(ModemFault) {
        if let lack = options.variant.lack(of: channel) { throw fail(.unsupported(lack)) }
        guard let power = PowerSetting(channel.power, at: options.output) else {
            throw fail(.unsupported(.power))
        }
        self.channel = channel
        hearing = Hearing()
        hasRun = false

        try reset()
        try checkPresence()
        try calibrateImage()
        try write(0, to: .mode)  // Sleep, still FSK: only here may LoRa be chosen.
        try enter(.sleep)
        try write(options.hasTCXO ? 0x19 : 0x09, to: .oscillator)
        try enter(.standby)
        board.pause(.milliseconds(1))  // The oscillator starts in 250 µs (§2.5.2, TS_OSC).

        try configure(ChannelRegisters(channel), power)
        try checkConfiguration()
        try write(0xFF, to: .interruptFlags)
        progress.restart()
        try moveAntenna(transmit: false, receive: false)
    }

    private mutating func configure(
        _ registers: ChannelRegisters, _ power: PowerSetting
    ) throws(ModemFault) {
        try write(ChannelRegisters.frequency(hertz: channel.frequency), to: .frequency)
        isTunedForReception = false
        try write(power.amplifier, to: .amplifier)
        try write(power.highPower, to: .highPower)
        try write(power.overCurrent, to: .overCurrent)
        try write(0x23, to: .lowNoiseAmplifier)  // Highest gain, upper band boosted (§5.5.3).
        try write([0, 0], to: .fifoBases)
        try write(registers.modulation, to: .modulation)
        try write(registers.modulation3, to: .modulation3)
        try write(registers.preamble, to: .preamble)
        try write(channel.syncWord, to: .syncWord)
        try write(registers.detectOptimize, to: .detectOptimize)
        try write(registers.detectionThreshold, to: .detectionThreshold)
        try write(
            ChannelRegisters.invertIQ(channel.format.invertsIQ, transmitting: false), to: .invertIQ)
        try write(registers.invertIQ2, to: .invertIQ2)
        try applySensitivityErratum()
        try applySpuriousErratum()
        try write(0, to: .interruptMask)
    }

    /// §7.2.2: NRESET low for 100 µs or longer, and 5 ms until the chip is ready.
    private mutating func reset() throws(ModemFault) {
        do throws(BoardError) {
            try board.drive(.reset, high: false)
            board.pause(.milliseconds(1))
            try board.drive(.reset, high: true)
            board.pause(.milliseconds(5))
        } catch {
            throw fail(.board(error))
        }
    }

    private mutating func checkPresence() throws(ModemFault) {
        switch try read(.version) {
        case 0x12: break
        case 0x00, 0xFF: throw fail(.noChip)
        case let version: throw fail(.unknownChip(version: version))
        }
    }

    /// §2.1.3.8: in standby in FSK mode, its power amplifier off, on the channel's frequency.
    private mutating func calibrateImage() throws(ModemFault) {
        try write(0x01, to: .mode)
        try write(0, to: .amplifier)
        try write(ChannelRegisters.frequency(hertz: channel.frequency), to: .frequency)
        let before = try read(.invertIQ2)
        try write(before | 0x40, to: .invertIQ2)
        for _ in 0..<20 {
            guard try read(.invertIQ2) & 0x20 != 0 else { return }
            board.pause(.milliseconds(1))
        }
    }

    private mutating func checkConfiguration() throws(ModemFault) {
        try checkModulation()
        let frequency = ChannelRegisters.frequency(hertz: channel.frequency)
        try ask(.frequency, count: 3)
        for index in 0..<3 where answer(index) != frequency[index] { throw fail(.missedCommand) }
        guard try read(.syncWord) == channel.syncWord else { throw fail(.missedCommand) }
    }

    /// Reads the registers from `modulation` to `modulation3` back, and compares those that were set.
    mutating func checkModulation() throws(ModemFault) {
        let wanted = ChannelRegisters(channel)
        try ask(.modulation, count: 10)
        // The lowest bits of the second belong to the time-out of a single reception.
        guard answer(0) == wanted.modulation[0],
            answer(1) & ~0b11 == wanted.modulation[1] & ~0b11,
            answer(3) == wanted.preamble[0], answer(4) == wanted.preamble[1],
            answer(9) == wanted.modulation3
        else { throw fail(.missedCommand) }
    }
}
