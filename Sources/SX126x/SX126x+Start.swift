import Base
import HAL
import LoRa

extension SX126x where Board: ~Copyable {
    /// Resets the chip and sets all of it: no state it may have been in survives.
    ///
    /// Datasheet §9.1 to §9.3 and §14.2 give the order. An oscillator error right after the reset is
    /// normal with a TCXO, which has no supply yet; one at the end is not.
    public mutating func start(_ channel: Channel) throws(ModemFault) {
        let variant = options.variant
        if let lack = variant.lack(of: channel) { throw fail(.unsupported(lack)) }
        guard let power = variant.powerSetting(for: channel.power) else {
            throw fail(.unsupported(.power))
        }
        self.channel = channel
        hearing = Hearing()

        try reset()
        try run(.standby(.rc))
        try checkPresence()
        try run(.clearDeviceErrors)
        if let tcxo = options.tcxo { try run(.dio3SuppliesOscillator(tcxo)) }
        try run(.calibrate(blocks: Command.allBlocks))
        try run(.regulator(options.regulator))
        if options.antennaSwitch.contains(.dio2) { try run(.dio2SwitchesAntenna) }
        try calibrateImage()

        try run(.packetTypeLoRa)
        try run(.frequency(hertz: channel.frequency))
        try run(.bufferBases(transmit: 0, receive: 0))
        try run(.write(.syncWord, syncWordBytes(channel.syncWord), count: 2))

        try run(.powerAmplifier(power, device: variant.paDevice))
        if variant.hasHighPowerAmplifier { try applyClampErratum() }
        try write(variant.overCurrent, to: .overCurrent)
        try run(.transmitPower(power))

        try run(.modulation(ModulationBytes(channel.modulation)))
        try prepareModulationErratum()
        try run(packet(size: 255))
        try applyPolarityErratum()
        try run(.cad(CADSetting(channel.modulation)))
        try tuneReceiver()
        try writeRetention()

        try run(.fallBackToStandby)
        try run(.interrupts(.used))
        try run(.clearInterrupts(IRQ(rawValue: 0xFFFF)))
        try checkDeviceErrors()
        progress.restart()
    }

    /// §8.1: NRESET low for 100 µs or longer, then the chip starts up behind BUSY.
    private mutating func reset() throws(ModemFault) {
        do throws(BoardError) {
            try board.drive(.reset, high: false)
            board.pause(.microseconds(200))
            try board.drive(.reset, high: true)
            board.pause(.microseconds(200))
        } catch {
            throw fail(.board(error))
        }
        try moveAntenna(transmit: false, receive: false)
    }

    /// Every chip of the family answers with some characters; a bus without one, with one level.
    private mutating func checkPresence() throws(ModemFault) {
        try ask(.register(.version, count: Register.versionSize))
        let first = answer(0)
        guard first == 0x00 || first == 0xFF else { return }
        for index in 1..<Register.versionSize where answer(index) != first { return }
        throw fail(.noChip)
    }

    /// §9.2.1: for the band of the channel.
    mutating func calibrateImage() throws(ModemFault) {
        if let band = ImageBand(hertz: channel.frequency) { try run(.calibrateImage(band)) }
    }

    /// Gain (§9.6), and the bit that Semtech's own software sets.
    mutating func tuneReceiver() throws(ModemFault) {
        try write(options.boostsReceiver ? 0x96 : 0x94, to: .rxGain)
        guard options.patchesReceiver else { return }
        let value = try read(.rxPatch)
        try write(value | 0b1, to: .rxPatch)
    }

    private mutating func checkDeviceErrors() throws(ModemFault) {
        try ask(.deviceErrors)
        let errors = DeviceErrors(rawValue: answer16(0))
        if !errors.isEmpty { throw fail(.deviceErrors(errors)) }
    }
}
