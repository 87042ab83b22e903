import Base
import LoRa

/// What a command does once NSS has risen.
extension SX126xChip {
    var status: UInt8 {
        let mode: UInt8 =
            switch self.mode {
            case .reset, .asleep, .napping: 0
            case .standbyRC: 2
            case .standbyCrystal: 3
            case .synthesizer: 4
            case .receive, .sense: 5
            case .transmit: 6
            }
        return 0x80 | mode << 4 | report.rawValue << 1
    }

    var commandAddress: Int { Int(command[1]) << 8 | Int(command[2]) }

    func execute(at now: Instant) -> ChipAction? {
        let opcode = command[0]
        guard let needed = SX126xCommands.parameters(of: opcode), commandSize > needed else {
            report = .invalid
            return nil
        }
        if SX126xCommands.isReading(opcode) { return nil }
        report = .none
        if SX126xCommands.needsStandby(opcode), mode != .standbyRC, mode != .standbyCrystal {
            report = .failed
            return nil
        }
        settledAt = now + ChipTiming.setting
        switch opcode {
        case 0x84: return sleep(at: now)
        case 0x80: return standby(at: now)
        case 0xC1: return synthesizer(at: now)
        case 0x83: return transmit(at: now)
        case 0xD1: return radiate(.carrier, at: now)
        case 0xD2: return radiate(.preamble, at: now)
        case 0x82: return receive(at: now)
        case 0x94: return receiveInCycles(at: now)
        case 0xC5: return sense(at: now)
        case 0x89: calibrate(at: now)
        case 0x98: calibrateImage(at: now)
        case 0x97: feedOscillator()
        case 0x07: deviceErrors = 0
        case 0x02: flags &= ~parameter16(1)
        case 0x00: statistics = (0, 0, 0)
        case 0xA0: setSymbolTimeout(command[1])
        case 0x0D, 0x0E: break  // Written byte by byte.
        default:
            if !settings.apply(command) { report = .invalid }
            // §5.1: SetPaConfig sets the current limit anew.
            if opcode == 0x95 { registers[0x08E7] = command[3] == 1 ? 0x18 : 0x38 }
        }
        return nil
    }

    private func parameter16(_ index: Int) -> UInt16 {
        UInt16(command[index]) << 8 | UInt16(command[index + 1])
    }

    private func parameter24(_ index: Int) -> UInt32 {
        UInt32(command[index]) << 16 | UInt32(parameter16(index + 1))
    }

    // MARK: At rest

    private var isActive: Bool { mode == .receive || mode == .sense || mode == .transmit }

    private func sleep(at now: Instant) -> ChipAction? {
        sleepsWarm = command[1] & 0b100 != 0
        mode = .asleep
        sleptAt = now
        flags = 0
        timers = Timers()
        if sleepsWarm { gain.slept() }
        return .stop
    }

    private func standby(at now: Instant) -> ChipAction? {
        let wasActive = isActive
        cycle = nil
        if command[1] & 1 == 1 {
            guard startOscillator() else { return nil }
            if mode == .standbyRC { settledAt = now + ChipTiming.rcToCrystal + startUp }
            mode = .standbyCrystal
        } else {
            mode = .standbyRC
        }
        return wasActive ? .stop : nil
    }

    private func synthesizer(at now: Instant) -> ChipAction? {
        let wasActive = isActive
        guard startSynthesizer() else { return nil }
        settledAt = now + ChipTiming.synthesizer(from: mode) + startUp
        mode = .synthesizer
        return wasActive ? .stop : nil
    }

    private func calibrate(at now: Instant) {
        guard startOscillator() else { return }
        settledAt = now + ChipTiming.calibration + startUp
        gain.calibrated(blocks: command[1])
    }

    /// §9.2.1: from a frequency to another, in steps of 4 MHz.
    private func calibrateImage(at now: Instant) {
        guard startOscillator() else { return }
        settledAt = now + ChipTiming.imageCalibration
        if command[1] == 0 || command[1] > command[2] {
            deviceErrors |= 1 << 4
        } else {
            gain.calibratedImage()
        }
    }

    // MARK: On the air

    private func transmit(at now: Instant) -> ChipAction? {
        guard settings.canTransmit, startSynthesizer() else {
            report = .failed
            return nil
        }
        settledAt = now + ChipTiming.transmit(from: mode) + startUp
        cycle = nil
        mode = .transmit
        guard settings.isLoRa else { return .wait(until: settledAt + .milliseconds(1)) }
        return beginTransmission(timeout: parameter24(1))
    }

    private func beginTransmission(timeout: UInt32) -> ChipAction {
        radio = radioSettings(forTransmission: true)
        let stray = timeout == 0 ? timers.stray : .distantFuture
        timers = Timers()
        return .transmit(
            at: settledAt,
            deadline: timeout == 0 ? stray : settledAt + ChipTiming.steps(timeout))
    }

    /// §13.1.9 and §13.1.10: until another command.
    private func radiate(_ emission: Emission, at now: Instant) -> ChipAction? {
        guard settings.modulation != nil, startSynthesizer() else {
            report = .failed
            return nil
        }
        settledAt = now + ChipTiming.transmit(from: mode) + startUp
        mode = .transmit
        radio = radioSettings(forTransmission: true)
        radio?.emission = emission
        return .transmit(at: settledAt, deadline: .distantFuture)
    }

    private func receive(at now: Instant) -> ChipAction? {
        guard !settings.isLoRa || settings.modulation != nil, startSynthesizer() else {
            report = .failed
            return nil
        }
        settledAt = now + ChipTiming.receive(from: mode) + startUp
        cycle = nil
        return beginReception(timeout: parameter24(1))
    }

    private func beginReception(timeout: UInt32) -> ChipAction {
        settings.receiveTimeout = timeout
        receivePointer = settings.receiveBase
        mode = .receive
        radio = settings.isLoRa ? radioSettings(forTransmission: false) : nil
        let isEndless = timeout == 0 || timeout == SX126xSettings.continuously
        var timers = Timers()
        if isEndless {
            timers.stray = self.timers.stray
        } else {
            timers.reception = settledAt + ChipTiming.steps(timeout)
        }
        if symbolTimeout > 0, let radio {
            timers.symbols = settledAt + radio.modulation.symbol * symbolTimeout
        }
        self.timers = timers
        return .receive(from: settledAt, deadline: timers.next)
    }

    private func sense(at now: Instant) -> ChipAction? {
        guard settings.isLoRa, let modulation = settings.modulation, startSynthesizer() else {
            report = .failed
            return nil
        }
        settledAt = now + ChipTiming.receive(from: mode) + startUp
        mode = .sense
        radio = radioSettings(forTransmission: false)
        // Half a symbol to think (AN1200.48 §2).
        let symbol = modulation.symbol
        let end = settledAt + symbol * settings.cad.symbols + symbol / 2
        return .sense(from: settledAt, until: end, end: end)
    }

    /// §13.4.7: to standby; or to receive what was found; or, where nothing was, to send (`LBT`, as
    /// SWL2001's `sx126x_cad_exit_modes_t` has it).
    func afterSensing(_ activity: ChannelActivity, at now: Instant) -> ChipAction? {
        settledAt = now + ChipTiming.receive(from: .sense)
        switch (settings.cad.exit, activity) {
        case (.receive, .busy):
            return beginReception(timeout: settings.cad.timeout)
        case (.transmit, .clear) where settings.canTransmit:
            settledAt = now + ChipTiming.transmit(from: .sense)
            mode = .transmit
            return beginTransmission(timeout: settings.cad.timeout)
        case (.standby, _), (.receive, _), (.transmit, _):
            settledAt = now
            mode = .standbyRC
            return nil
        }
    }

    // MARK: Duty cycle (§13.1.7)

    private func receiveInCycles(at now: Instant) -> ChipAction? {
        guard settings.isLoRa, settings.modulation != nil, startSynthesizer() else {
            report = .failed
            return nil
        }
        cycle = SX126xSettings.DutyCycle(receive: parameter24(1), sleep: parameter24(4))
        settings.receiveTimeout = 0
        receivePointer = settings.receiveBase
        settledAt = now + ChipTiming.receive(from: mode) + startUp
        return beginWindow()
    }

    private func beginWindow() -> ChipAction {
        mode = .receive
        cycleIsExtended = false
        radio = radioSettings(forTransmission: false)
        let length = ChipTiming.steps(cycle?.receive ?? 0)
        return .receive(from: settledAt, deadline: settledAt + length)
    }

    /// A preamble lengthens the window once, by two windows and a sleep; a header until its frame ends.
    func cyclePassed(at now: Instant, hearing phase: ReceptionPhase) -> ChipAction? {
        guard let cycle else { return nil }
        if phase == .header { return nil }
        if phase == .preamble, !cycleIsExtended {
            cycleIsExtended = true
            let more = ChipTiming.steps(cycle.receive) * 2 + ChipTiming.steps(cycle.sleep)
            return .goOn(until: now + more)
        }
        mode = .napping
        return .wait(until: now + ChipTiming.steps(cycle.sleep))
    }

    func napIsOver(at now: Instant) -> ChipAction? {
        guard mode == .napping, cycle != nil else { return nil }
        settledAt =
            now + ChipTiming.warmStart + ChipTiming.steps(settings.oscillatorTimeout)
            + ChipTiming.receive(from: .standbyRC)
        return beginWindow()
    }

    // MARK: Oscillator

    var oscillatorIsOn: Bool {
        switch mode {
        case .reset, .asleep, .napping, .standbyRC: false
        case .standbyCrystal, .synthesizer, .receive, .sense, .transmit: true
        }
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
        guard settings.oscillatorIsFed == (oscillator == .tcxo), !oscillatorIsDead else {
            deviceErrors |= 1 << 5
            report = .failed
            return false
        }
        return true
    }

    /// Whether it locks on the frequency, which must be one that the chip has.
    private func startSynthesizer() -> Bool {
        guard startOscillator() else { return false }
        guard settings.frequencies.contains(settings.frequency) else {
            deviceErrors |= 1 << 6
            report = .failed
            return false
        }
        return true
    }
}
