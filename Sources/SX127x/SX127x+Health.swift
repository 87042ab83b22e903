import Base
import HAL
import LoRa

extension SX127x where Board: ~Copyable {
    /// Four transactions while it receives: its flags, its mode, its modulation and its level. One
    /// wrong bit in the modulation, and every frame would be damaged.
    public mutating func checkUp() throws(ModemFault) -> CheckUp {
        switch progress.mode {
        case .off, .standby, .sleeping: return .sound
        case .failed(let fault): throw fault
        case .receiving, .sensing, .transmitting: break
        }
        if try hasUntoldInterrupts() { return .lostInterrupt }
        let mode = try read(.mode)
        if mode == 0x00 || mode == 0xFF { throw fail(.noChip) }
        if mayHaveEnded, mode == modeByte(.standby) { return .sound }
        guard mode == modeByte(expectedMode) else {
            // It may just have come to its end.
            if mode == modeByte(.standby), try interruptIsHigh() { return .sound }
            throw stray(mode)
        }
        hasRun = true
        guard case .receiving = progress.mode else { return .sound }
        try checkModulation()
        guard hearing.isAlive(after: try read(.level)) else { throw fail(.deaf) }
        return .sound
    }

    /// The gain control of this family is not known to stick: it is enough to leave reception, and
    /// to enter it again.
    public mutating func recalibrate() throws(ModemFault) {
        guard case .receiving(let reception) = progress.mode else { return }
        try reachStandby()
        try receive(reception)
    }

    /// Its version as two digits, and what this driver has counted: the chip counts no wrong headers.
    public mutating func report() throws(ModemFault) -> ChipReport {
        let number = try read(.version)
        var version = ShortBytes<16>()
        version.fill { out in
            for digit in [number >> 4, number & 0x0F] {
                out.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
            }
        }
        return ChipReport(
            name: options.variant.name, version: version, errors: [], statistics: statistics)
    }

    /// The chip is not in the mode it was told to be in: why. A reset leaves LoRa; a chip that knows
    /// its settings, and has never left standby since it was given them, has no clock to run by.
    mutating func stray(_ mode: UInt8) -> ModemFault {
        if mode == 0x00 || mode == 0xFF { return fail(.noChip) }
        if !hasRun, mode == modeByte(.standby) { return fail(.deviceErrors(.oscillator)) }
        return fail(mode & 0x80 == 0 ? .restarted : .missedCommand)
    }

    /// A reception with a limit ends by itself, and no pin says so.
    var mayHaveEnded: Bool {
        if case .receiving(.once(.some)) = progress.mode { true } else { false }
    }

    private var expectedMode: OperatingMode {
        switch progress.mode {
        case .sensing: .sense
        case .transmitting: .transmit
        case .receiving(.once(.some)): .receiveOnce
        case .receiving, .off, .standby, .sleeping, .failed: .receive
        }
    }

    /// Whether the chip has raised DIO0, by its flags, and the pin is low all the same.
    ///
    /// Flags of a moment ago are not meant: the pin is looked at again after them.
    private mutating func hasUntoldInterrupts() throws(ModemFault) -> Bool {
        guard try !interruptIsHigh() else { return false }
        let flags = IRQ(rawValue: try read(.interruptFlags))
        guard !flags.isDisjoint(with: .told), try !interruptIsHigh() else {
            return false
        }
        return try takeInterrupts()
    }
}
