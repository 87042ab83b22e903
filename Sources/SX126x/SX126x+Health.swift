import Base
import HAL
import LoRa

extension SX126x where Board: ~Copyable {
    /// Two transactions while it receives: its flags, its mode in the status, and its level. A
    /// receiver that sleeps in between is set up again, since it cannot be asked.
    public mutating func checkUp() throws(ModemFault) -> CheckUp {
        switch progress.mode {
        case .off, .standby, .sleeping: return .sound
        case .failed(let fault): throw fault
        case .receiving(.continuous):
            if try hasUntoldInterrupts() { return .lostInterrupt }
            try ask(.level)
            guard status.isReceiving else { throw try stray() }
            guard hearing.isAlive(after: answer(0)) else { throw fail(.deaf) }
            return .sound
        case .receiving(.sampled(let listen, let sleep)):
            guard try !interruptIsHigh() else { return .sound }
            try reachStandby()
            if try hasUntoldInterrupts() { return .lostInterrupt }
            guard try knowsItself() else { throw fail(.restarted) }
            try receive(.sampled(listen: listen, sleep: sleep))
            return .sound
        case .receiving(.once), .sensing, .transmitting:
            if try hasUntoldInterrupts() { return .lostInterrupt }
            guard status.isAtRest else { return .sound }
            if try interruptIsHigh() { return .sound }  // It has just come to its end.
            throw try stray()
        }
    }

    /// Whether the chip has raised DIO1, by its flags, and the pin is low all the same.
    ///
    /// Flags of a moment ago are not meant: the pin is looked at again after them.
    private mutating func hasUntoldInterrupts() throws(ModemFault) -> Bool {
        guard try !interruptIsHigh() else { return false }
        let flags = try readInterrupts()
        guard !flags.isDisjoint(with: .used), try !interruptIsHigh() else { return false }
        try run(.clearInterrupts(flags))
        progress.take(flags.meaning)
        return true
    }

    /// Undocumented: the automatic gain control can stick at a low gain. A warm sleep and a
    /// calibration of all blocks let go of it; they undo what is set up again here
    /// (meshtastic/firmware #9705, jgromes/RadioLib #1718).
    public mutating func recalibrate() throws(ModemFault) {
        let before = progress.mode
        try reachStandby()
        try fallAsleep(.warm)
        try wake()
        progress.mode = .standby
        try run(.standby(.rc))
        try run(.calibrate(blocks: Command.allBlocks))
        try calibrateImage()
        if options.antennaSwitch.contains(.dio2) { try run(.dio2SwitchesAntenna) }
        try tuneReceiver()
        if case .receiving(let reception) = before { try receive(reception) }
    }

    /// The chip's name, its errors and its counts. Reception goes on.
    public mutating func report() throws(ModemFault) -> ChipReport {
        if case .receiving(.sampled) = progress.mode { try reachStandby() }
        if case .sleeping = progress.mode { try reachStandby() }
        try ask(.register(.version, count: Register.versionSize))
        var version = ShortBytes<16>()
        version.fill { out in
            for index in 0..<Register.versionSize {
                let character = answer(index)
                guard (0x20...0x7E).contains(character) else { break }
                out.append(character)
            }
        }
        try ask(.deviceErrors)
        let errors = DeviceErrors(rawValue: answer16(0))
        try ask(.statistics)
        return ChipReport(
            name: options.variant.name, version: version, errors: errors,
            statistics: ReceptionStatistics(
                frames: Int(answer16(0)), checksumErrors: Int(answer16(2)),
                headerErrors: Int(answer16(4))))
    }

    /// Whether BUSY is high while the chip certainly is busy: once it was told to sleep (datasheet
    /// §8.3.1), by the longest delay that a sound wire has. `nil` where no chip answers. The chip is
    /// to be started afterwards.
    public mutating func busyRises() throws(ModemFault) -> Bool? {
        do throws(BoardError) {
            try board.drive(.reset, high: false)
            board.pause(.milliseconds(1))
            try board.drive(.reset, high: true)
            board.pause(.milliseconds(20))  // More than any start takes: BUSY is not asked.
            try put(Opcode.getStatus.rawValue, 0)
            guard !status.isNobody else { return nil }
            board.pause(.milliseconds(1))
            try put(Opcode.setSleep.rawValue, 0x04)
            let isBusy = try board.isHigh(.busy)
            board.pause(.milliseconds(1))
            return isBusy
        } catch {
            throw fail(.board(error))
        }
    }

    /// The chip is not in the mode it was told to be in: why.
    mutating func stray() throws(ModemFault) -> ModemFault {
        let isReset = try !knowsItself()
        return fail(isReset ? .restarted : .missedCommand)
    }

    /// Whether the list of what a warm sleep keeps is still there: a reset clears it.
    private mutating func knowsItself() throws(ModemFault) -> Bool {
        try read(.retention) == UInt8(Register.kept.count)
    }
}
