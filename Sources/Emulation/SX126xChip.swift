import Base
import HAL
import LoRa

/// A chip of the SX126x family: commands in, levels of BUSY and DIO1 out.
///
///            NSS low      SetStandby      SetTx           TxDone
///     asleep ─────▶ standby ◀─────▶ standby ────▶ transmit ─────▶ standby
///        ▲             │   crystal          SetRx
///        └─ SetSleep ──┘                     ────▶ receive, sense ─▶ standby
///
/// It models what commands do, how long they take, and how refusals look; the air calls it when a
/// frame has ended. A command while BUSY is high is not heard. Not modelled yet: GFSK, implicit
/// headers, duty-cycled reception (refused with status 5), and the effects of the errata.
final class SX126xChip: Chip {
    enum Mode: Equatable {
        case reset, asleep, standbyRC, standbyCrystal, synthesizer, receive, sense, transmit
    }

    /// The status byte's report on the last command (datasheet Table 13-76).
    enum Report: UInt8 {
        case none = 1, dataAvailable = 2, timeout = 3, invalid = 4, failed = 5, transmitted = 6
    }

    private(set) var mode = Mode.standbyRC
    private var settingsUntil = Instant.start
    private(set) var flags: UInt16 = 0
    private var report = Report.none
    private var sleptAt = Instant.start
    private var sleepsWarm = false

    // What commands have set.
    var settings = SX126xSettings()
    private var registers = Slab<UInt8>(repeating: 0, count: 0x1000)
    private var buffer = Slab<UInt8>(repeating: 0, count: 256)
    private var deviceErrors: UInt16 = 0
    private var receivedSize: UInt8 = 0
    private var receivedOffset: UInt8 = 0
    private var receivePointer: UInt8 = 0
    private var packetStatus: (rssi: UInt8, snr: Int8, signal: UInt8) = (0, 0, 0)

    // The transaction under way.
    private var isSelected = false
    private var hears = false
    private var command = Slab<UInt8>(repeating: 0, count: 16)
    private var commandSize = 0

    override init(_ model: ChipModel, _ oscillator: Oscillator, seed: UInt64) {
        super.init(model, oscillator, seed: seed)
        powerOn(at: .start)
        settingsUntil = .start
    }

    // MARK: Wires

    override func isBusy(at now: Instant) -> Bool {
        mode == .reset || mode == .asleep || now < settingsUntil
    }

    override var busyUntil: Instant {
        mode == .reset || mode == .asleep ? .distantFuture : settingsUntil
    }

    override var interrupts: WireLevels { flags & settings.dio1Mask != 0 ? .interrupt : [] }

    /// NRESET.
    override func drive(reset high: Bool, at now: Instant) -> ChipAction? {
        if !high {
            mode = .reset
            flags = 0
            return .stop
        }
        guard mode == .reset else { return nil }
        powerOn(at: now)
        return nil
    }

    /// NSS falls.
    override func select(at now: Instant) {
        isSelected = true
        commandSize = 0
        if mode == .asleep {
            hears = false
            guard now >= sleptAt + ChipTiming.fallingAsleep else { return }
            wake(at: now)
            return
        }
        hears = !isBusy(at: now)
        if !hears { unheard += 1 }
    }

    /// One byte each way.
    override func exchange(_ byte: UInt8) -> UInt8 {
        guard isSelected, hears else { return 0 }
        let answer = commandSize == 0 ? status : self.answer(at: commandSize)
        if commandSize < command.count { command[commandSize] = byte }
        if commandSize >= 2, command[0] == 0x0E {
            buffer[Int(command[1] &+ UInt8(truncatingIfNeeded: commandSize - 2))] = byte
        }
        if commandSize >= 3, command[0] == 0x0D {
            let address = commandAddress + commandSize - 3
            if address < registers.count { registers[address] = byte }
        }
        commandSize += 1
        return answer
    }

    /// NSS rises: the command is carried out.
    override func deselect(at now: Instant) -> ChipAction? {
        guard isSelected else { return nil }
        isSelected = false
        guard hears, commandSize > 0 else { return nil }
        return execute(at: now)
    }

    override var asksForLevel: Bool { commandSize >= 2 && command[0] == 0x15 }

    // MARK: What the air tells

    override var isReceiving: Bool { mode == .receive }

    override func announces(_ phase: ReceptionPhase) -> Bool {
        let bit = phase == .preamble ? 2 : 4
        return settings.dio1Mask & settings.interruptMask & 1 << bit != 0
    }

    override func hears(_ phase: ReceptionPhase) {
        raise(2, report: report)
        if phase == .header { raise(4, report: report) }
    }

    override func transmitted(at now: Instant) -> ChipAction? {
        raise(0, report: .transmitted)
        fallBack()
        return nil
    }

    override func received(_ reception: Reception, at now: Instant, byte: (Int) -> UInt8) {
        if reception.quality == .headerDamaged {
            raise(5, report: report)
        } else {
            for index in 0..<reception.size {
                buffer[Int(receivePointer &+ UInt8(truncatingIfNeeded: index))] = byte(index)
            }
            receivedOffset = receivePointer
            receivedSize = UInt8(reception.size)
            receivePointer = receivePointer &+ UInt8(truncatingIfNeeded: reception.size)
            packetStatus = reception.signal.encoded
            raise(1, report: .dataAvailable)
            if reception.quality == .damaged, reception.hasChecksum {
                raise(6, report: .dataAvailable)
            }
        }
        if settings.receiveTimeout != SX126xSettings.continuously { fallBack() }
    }

    override func sensed(_ activity: ChannelActivity, at now: Instant) -> ChipAction? {
        raise(7, report: report)
        if activity == .busy { raise(8, report: report) }
        mode = .standbyRC
        return nil
    }

    override func deadlinePassed(
        at now: Instant, hearing phase: ReceptionPhase
    ) -> ChipAction? {
        guard phase == .nothing else { return nil }  // A preamble stops the timer.
        raise(9, report: .timeout)
        fallBack()
        return .stop
    }

    /// A byte of the frame to send.
    override func payload(_ index: Int) -> UInt8 {
        buffer[Int(settings.transmitBase &+ UInt8(truncatingIfNeeded: index))]
    }

    /// A register, for tests.
    override func register(_ address: Int) -> UInt8 { registers[address] }

    var syncWord: UInt16 { UInt16(registers[0x0740]) << 8 | UInt16(registers[0x0741]) }

    // MARK: Inside

    private func raise(_ bit: UInt16, report: Report) {
        flags |= (1 << bit) & settings.interruptMask
        self.report = report
    }

    private func fallBack() { mode = settings.fallback }

    private func powerOn(at now: Instant) {
        mode = .standbyRC
        settings = SX126xSettings()
        flags = 0
        report = .none
        for index in registers.indices { registers[index] = 0 }
        for (address, value) in Self.registerDefaults { registers[address] = value }
        for (index, character) in "SX1261 V2D 2D02".utf8.enumerated() {
            registers[0x0320 + index] = character
        }
        forgetBuffer()
        deviceErrors = oscillator == .tcxo ? 1 << 5 : 0  // Not fed yet: normal (§13.3.6).
        settingsUntil = now + ChipTiming.coldStart
    }

    /// Values after reset (datasheet Table 12-1).
    private static var registerDefaults: [(Int, UInt8)] {
        [
            (0x0736, 0x0D), (0x0740, 0x14), (0x0741, 0x24), (0x0889, 0x01), (0x08AC, 0x94),
            (0x08D8, 0xC8), (0x08E7, 0x18), (0x0911, 0x05), (0x0912, 0x05),
        ]
    }

    private func forgetBuffer() {
        for index in buffer.indices { buffer[index] = 0 }
        receivedSize = 0
        receivedOffset = 0
    }

    private func wake(at now: Instant) {
        guard sleepsWarm else { return powerOn(at: now) }
        mode = .standbyRC
        forgetBuffer()
        if !retains(0x08AC) { registers[0x08AC] = 0x94 }
        if !retains(0x0889) { registers[0x0889] = 0x01 }
        if !retains(0x0736) { registers[0x0736] = 0x0D }
        settingsUntil = now + ChipTiming.warmStart
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

    private var status: UInt8 {
        let mode: UInt8 =
            switch self.mode {
            case .reset, .asleep: 0
            case .standbyRC: 2
            case .standbyCrystal: 3
            case .synthesizer: 4
            case .receive, .sense: 5
            case .transmit: 6
            }
        return 0x80 | mode << 4 | report.rawValue << 1
    }

    private var commandAddress: Int { Int(command[1]) << 8 | Int(command[2]) }

    /// What goes out while the byte at `index` (1…) comes in.
    private func answer(at index: Int) -> UInt8 {
        switch command[0] {
        case 0x1D where index >= 4:  // ReadRegister
            let address = commandAddress + index - 4
            return address < registers.count ? registers[address] : 0
        case 0x1E where index >= 3:  // ReadBuffer
            return buffer[Int(command[1] &+ UInt8(truncatingIfNeeded: index - 3))]
        case 0x12 where index >= 2: return bigEndian(flags, index)
        case 0x17 where index >= 2: return bigEndian(deviceErrors, index)
        case 0x13 where index >= 2: return index == 2 ? receivedSize : receivedOffset
        case 0x14 where index >= 2:
            return switch index {
            case 2: packetStatus.rssi
            case 3: UInt8(bitPattern: packetStatus.snr)
            default: packetStatus.signal
            }
        case 0x15 where index >= 2:
            return ReceivedSignal.encode(dBm: instantRSSI)
        case 0x11 where index >= 2: return settings.isLoRa ? 1 : 0
        default: return status
        }
    }

    private func bigEndian(_ value: UInt16, _ index: Int) -> UInt8 {
        index == 2 ? UInt8(value >> 8) : UInt8(value & 0xFF)
    }

    // MARK: Commands

    private func execute(at now: Instant) -> ChipAction? {
        let opcode = command[0]
        guard let needed = Self.parameters(of: opcode) else {
            report = .invalid
            return nil
        }
        guard commandSize > needed else {
            report = .invalid
            return nil
        }
        if Self.isReading(opcode) { return nil }
        report = .none
        if Self.needsStandby(opcode), mode != .standbyRC, mode != .standbyCrystal {
            report = .failed
            return nil
        }
        settingsUntil = now + ChipTiming.setting
        switch opcode {
        case 0x84: return sleep(at: now)
        case 0x80: return standby(at: now)
        case 0xC1: return synthesizer(at: now)
        case 0x83: return transmit(at: now)
        case 0x82: return receive(at: now)
        case 0xC5: return sense(at: now)
        case 0x94: report = .failed  // SetRxDutyCycle: not modelled yet.
        case 0x89: calibrate(at: now)
        case 0x98: settingsUntil = now + ChipTiming.imageCalibration
        case 0x97: feedOscillator()
        case 0x07: deviceErrors = 0
        case 0x02: flags &= ~parameter16(1)
        case 0x0D, 0x0E: break  // Written byte by byte.
        default: if !settings.apply(command) { report = .invalid }
        }
        return nil
    }

    private func parameter16(_ index: Int) -> UInt16 {
        UInt16(command[index]) << 8 | UInt16(command[index + 1])
    }

    private func parameter24(_ index: Int) -> UInt32 {
        UInt32(command[index]) << 16 | UInt32(parameter16(index + 1))
    }

    private var isActive: Bool { mode == .receive || mode == .sense || mode == .transmit }

    private func sleep(at now: Instant) -> ChipAction? {
        sleepsWarm = command[1] & 0b100 != 0
        mode = .asleep
        sleptAt = now
        flags = 0
        return .stop
    }

    private func standby(at now: Instant) -> ChipAction? {
        let wasActive = isActive
        if command[1] & 1 == 1 {
            guard startOscillator() else { return nil }
            if mode == .standbyRC { settingsUntil = now + ChipTiming.rcToCrystal + startUp }
            mode = .standbyCrystal
        } else {
            mode = .standbyRC
        }
        return wasActive ? .stop : nil
    }

    private func synthesizer(at now: Instant) -> ChipAction? {
        let wasActive = isActive
        guard startOscillator() else { return nil }
        settingsUntil = now + ChipTiming.synthesizer(from: mode) + startUp
        mode = .synthesizer
        return wasActive ? .stop : nil
    }

    private func transmit(at now: Instant) -> ChipAction? {
        guard settings.canTransmit, startOscillator() else {
            report = .failed
            return nil
        }
        settings.transmitTimeout = parameter24(1)
        settingsUntil = now + ChipTiming.transmit(from: mode) + startUp
        mode = .transmit
        radio = settings.radio(syncWord: syncWord)
        let timeout = settings.transmitTimeout
        return .transmit(
            at: settingsUntil,
            deadline: timeout == 0 ? .distantFuture : settingsUntil + ChipTiming.steps(timeout))
    }

    private func receive(at now: Instant) -> ChipAction? {
        guard settings.modulation != nil, startOscillator() else {
            report = .failed
            return nil
        }
        settings.receiveTimeout = parameter24(1)
        receivePointer = settings.receiveBase
        settingsUntil = now + ChipTiming.receive(from: mode) + startUp
        mode = .receive
        radio = settings.radio(syncWord: syncWord)
        let timeout = settings.receiveTimeout
        let isEndless = timeout == 0 || timeout == SX126xSettings.continuously
        return .receive(
            from: settingsUntil,
            deadline: isEndless ? .distantFuture : settingsUntil + ChipTiming.steps(timeout))
    }

    private func sense(at now: Instant) -> ChipAction? {
        guard let modulation = settings.modulation, startOscillator() else {
            report = .failed
            return nil
        }
        settingsUntil = now + ChipTiming.receive(from: mode) + startUp
        mode = .sense
        radio = settings.radio(syncWord: syncWord)
        // Half a symbol to think (AN1200.48 §2).
        let symbol = modulation.symbol
        let end = settingsUntil + symbol * settings.cadSymbols + symbol / 2
        return .sense(from: settingsUntil, until: end, end: end)
    }

    private func calibrate(at now: Instant) {
        guard startOscillator() else { return }
        settingsUntil = now + ChipTiming.calibration + startUp
    }

    /// A TCXO's delay, where the oscillator is not running yet.
    private var startUp: Duration {
        mode == .standbyRC ? ChipTiming.steps(settings.oscillatorTimeout) : .zero
    }

    private func feedOscillator() {
        settings.oscillatorIsFed = true
        settings.oscillatorTimeout = parameter24(2)
    }

    /// Whether the 32 MHz run; if not, the error is noted and the command has failed.
    private func startOscillator() -> Bool {
        guard settings.oscillatorIsFed == (oscillator == .tcxo) else {
            deviceErrors |= 1 << 5
            report = .failed
            return false
        }
        return true
    }

    /// Parameter bytes a command has at least; `nil` where there is no such command.
    private static func parameters(of opcode: UInt8) -> Int? {
        switch opcode {
        case 0xC0, 0xC1, 0xC5, 0xD1, 0xD2: 0
        case 0x80, 0x84, 0x8A, 0x93, 0x96, 0x89, 0x9D, 0x9F, 0xA0, 0x11, 0x15: 1
        case 0x98, 0x8E, 0x8F, 0x02, 0x07, 0x0E: 2
        case 0x12, 0x13, 0x14, 0x17, 0x1E, 0x82, 0x83, 0x0D, 0x1D: 3
        case 0x95, 0x97, 0x86, 0x8B: 4
        case 0x8C, 0x94, 0x00, 0x10: 6
        case 0x88: 7
        case 0x08: 8
        default: nil
        }
    }

    private static func isReading(_ opcode: UInt8) -> Bool {
        switch opcode {
        case 0xC0, 0x11, 0x12, 0x13, 0x14, 0x15, 0x17, 0x1D, 0x1E, 0x10: true
        default: false
        }
    }

    /// Commands that the datasheet allows in standby only.
    private static func needsStandby(_ opcode: UInt8) -> Bool {
        switch opcode {
        case 0x84, 0x89, 0x96, 0x98, 0x97, 0x8A: true
        default: false
        }
    }
}
