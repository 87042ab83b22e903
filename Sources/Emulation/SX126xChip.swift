import Base
import HAL
import LoRa

/// A chip of the SX126x family: commands under chip select in, levels of BUSY, DIO1, DIO2 and DIO3
/// out.
///
///            NSS low      SetStandby      SetTx           TxDone
///     asleep ─────▶ standby ◀─────▶ standby ────▶ transmit ─────▶ standby
///        ▲             │   crystal          SetRx, SetCad
///        └─ SetSleep ──┤                     ────▶ receive, sense ─▶ standby, or one another
///                      │ SetRxDutyCycle
///                      └────▶ receive ◀──▶ napping
///
/// It models what commands do, how long they take, and how refusals look (status 4 for what it does
/// not understand, 5 for what it cannot do now), and the errata (`SX126xChip+Errata.swift`). A
/// command while BUSY is high is not heard. Of GFSK there are the commands only: a transmission ends
/// after a millisecond in which nothing was on the air, and a reception hears nothing.
final class SX126xChip: Chip {
    enum Mode: Equatable {
        case reset, asleep, napping, standbyRC, standbyCrystal, synthesizer
        case receive, sense, transmit
    }

    /// The status byte's report on the last command (datasheet Table 13-76).
    enum Report: UInt8 {
        case none = 1, dataAvailable = 2, timeout = 3, invalid = 4, failed = 5, transmitted = 6
    }

    /// Moments at which a reception may end without a frame.
    struct Timers {
        /// SetRx's timer (§13.1.5), which a header or a preamble stops.
        var reception = Instant.distantFuture
        /// SetLoRaSymbNumTimeout (§13.4.9).
        var symbols = Instant.distantFuture
        /// A timer that erratum 15.3 has left running.
        var stray = Instant.distantFuture
        var next: Instant { min(reception, min(symbols, stray)) }
    }

    var mode = Mode.standbyRC
    /// BUSY is high until then.
    var settledAt = Instant.start
    var flags: UInt16 = 0
    var report = Report.none
    var sleptAt = Instant.start
    var sleepsWarm = false

    // What commands have set.
    var settings = SX126xSettings()
    var registers = Slab<UInt8>(repeating: 0, count: 0x1000)
    var buffer = Slab<UInt8>(repeating: 0, count: 256)
    var deviceErrors: UInt16 = 0

    // What was received.
    private var receivedSize: UInt8 = 0
    private var receivedOffset: UInt8 = 0
    var receivePointer: UInt8 = 0
    private var packetStatus: (rssi: UInt8, snr: Int8, signal: UInt8) = (0, 0, 0)
    /// Frames, checksum errors and header errors (§13.5.4).
    var statistics: (UInt16, UInt16, UInt16) = (0, 0, 0)

    // The reception or transmission under way.
    var timers = Timers()
    var cycle: SX126xSettings.DutyCycle?
    var cycleIsExtended = false
    var gain = GainControl()

    // The transaction under way.
    private var isSelected = false
    private var hears = false
    var command = Slab<UInt8>(repeating: 0, count: 16)
    var commandSize = 0

    override init(_ model: ChipModel, _ oscillator: Oscillator, seed: UInt64) {
        super.init(model, oscillator, seed: seed)
        powerOn(at: .start)
        settledAt = .start
    }

    // MARK: Wires

    override func isBusy(at now: Instant) -> Bool {
        mode == .reset || mode == .asleep || mode == .napping || now < settledAt
    }

    override var busyUntil: Instant {
        mode == .reset || mode == .asleep || mode == .napping ? .distantFuture : settledAt
    }

    /// DIO2 and DIO3 tell of interrupts unless they have other work (§13.3.5, §13.3.6).
    override var interrupts: WireLevels {
        var levels: WireLevels = flags & settings.dioMasks[0] != 0 ? .interrupt : []
        let second =
            settings.dio2SwitchesAntenna ? mode == .transmit : flags & settings.dioMasks[1] != 0
        let third =
            settings.oscillatorIsFed ? oscillatorIsOn : flags & settings.dioMasks[2] != 0
        if second { levels.insert(.second) }
        if third { levels.insert(.third) }
        return levels
    }

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

    override func select(at now: Instant) -> ChipAction? {
        isSelected = true
        commandSize = 0
        hears = false
        switch mode {
        case .asleep:
            if now >= sleptAt + ChipTiming.fallingAsleep { wake(at: now) }
        case .napping:
            sleepsWarm = true
            wake(at: now)
            cycle = nil
            return .stop
        default:
            hears = !isBusy(at: now)
            if !hears { unheard += 1 }
        }
        return nil
    }

    override func exchange(_ byte: UInt8) -> UInt8 {
        guard isSelected, hears else { return 0 }
        let answer = commandSize == 0 ? status : self.answer(at: commandSize)
        if commandSize < command.count { command[commandSize] = byte }
        if commandSize >= 2, command[0] == 0x0E {
            buffer[Int(command[1] &+ UInt8(truncatingIfNeeded: commandSize - 2))] = byte
        }
        if commandSize >= 3, command[0] == 0x0D {
            write(byte, to: commandAddress + commandSize - 3)
        }
        commandSize += 1
        return answer
    }

    override func deselect(at now: Instant) -> ChipAction? {
        guard isSelected else { return nil }
        isSelected = false
        guard hears, commandSize > 0 else { return nil }
        return execute(at: now)
    }

    override func brownOut(at now: Instant) { if mode != .reset { powerOn(at: now) } }

    override func makeGainFragile(above level: Double, afterReceptions mean: Int) {
        gain.makeFragile(above: level, afterReceptions: mean, using: &dice)
    }

    override func makeGainSound() { gain.makeSound() }

    override var asksForLevel: Bool { commandSize >= 2 && command[0] == 0x15 }

    /// What goes out while the byte at `index` (1…) comes in.
    private func answer(at index: Int) -> UInt8 {
        switch command[0] {
        case 0x1D where index >= 4: return readRegister(commandAddress + index - 4)
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
        case 0x15 where index >= 2: return ReceivedSignal.encode(dBm: instantRSSI)
        case 0x11 where index >= 2: return settings.isLoRa ? 1 : 0
        case 0x10 where index >= 2:
            return switch index {
            case 2, 3: bigEndian(statistics.0, index)
            case 4, 5: bigEndian(statistics.1, index)
            default: bigEndian(statistics.2, index)
            }
        default: return status
        }
    }

    private func bigEndian(_ value: UInt16, _ index: Int) -> UInt8 {
        index % 2 == 0 ? UInt8(value >> 8) : UInt8(value & 0xFF)
    }

    override func register(_ address: Int) -> UInt8 { registers[address] }

    // MARK: What the air tells

    override var isReceiving: Bool { mode == .receive }

    override func payload(_ index: Int) -> UInt8 {
        buffer[Int(settings.transmitBase &+ UInt8(truncatingIfNeeded: index))]
    }

    override func announces(_ phase: ReceptionPhase) -> Bool {
        let bit: UInt16 = phase == .preamble ? 1 << 2 : 1 << 4
        let dios = settings.dioMasks[0] | settings.dioMasks[1] | settings.dioMasks[2]
        return dios & settings.interruptMask & bit != 0
    }

    override func hears(_ phase: ReceptionPhase) {
        raise(2, report: report)
        if phase == .header, radio?.format.header == .explicit { raise(4, report: report) }
    }

    override func transmitted(at now: Instant) -> ChipAction? {
        raise(0, report: .transmitted)
        fallBack()
        return nil
    }

    override func received(_ reception: Reception, at now: Instant, byte: (Int) -> UInt8) {
        let isExplicit = radio?.format.header == .explicit
        let tooLong = isExplicit && reception.size > Int(settings.payloadSize)
        if reception.quality == .headerDamaged || tooLong {
            statistics.2 &+= 1
            raise(5, report: report)
        } else {
            keep(reception, byte)
            if isExplicit { raise(4, report: report) }
            raise(1, report: .dataAvailable)
            if reception.quality == .damaged, reception.hasChecksum {
                statistics.1 &+= 1
                raise(6, report: .dataAvailable)
            }
            gain.heard(reception.signal.signal, using: &dice)
            radio?.receiveLoss = receiveLoss
        }
        endReception(at: now)
    }

    private func keep(_ reception: Reception, _ byte: (Int) -> UInt8) {
        for index in 0..<reception.size {
            buffer[Int(receivePointer &+ UInt8(truncatingIfNeeded: index))] = byte(index)
        }
        receivedOffset = receivePointer
        receivedSize = UInt8(reception.size)
        receivePointer = receivePointer &+ UInt8(truncatingIfNeeded: reception.size)
        packetStatus = reception.signal.encoded
        statistics.0 &+= 1
        noteInRegisters(reception)
    }

    private func endReception(at now: Instant) {
        if cycle != nil {
            cycle = nil
            mode = .standbyRC
        } else if settings.receiveTimeout != SX126xSettings.continuously {
            leaveTimerRunning(at: now)
            fallBack()
        }
        if mode != .receive { timers.reception = .distantFuture }
    }

    override func sensed(_ activity: ChannelActivity, at now: Instant) -> ChipAction? {
        raise(7, report: report)
        if activity == .busy { raise(8, report: report) }
        return afterSensing(activity, at: now)
    }

    override func deadlinePassed(
        at now: Instant, hearing phase: ReceptionPhase
    ) -> ChipAction? {
        guard mode == .receive else { return giveUp() }
        if cycle != nil { return cyclePassed(at: now, hearing: phase) }
        if timers.stray <= now { return giveUp() }
        if timers.symbols <= now {
            timers.symbols = .distantFuture
            if phase == .nothing { return giveUp() }
        }
        if timers.reception <= now {
            timers.reception = .distantFuture
            // §13.4.10 (StopTimerOnPreamble): else it takes a header, or the sync word without one.
            let isStopped = phase == .header || phase == .preamble && settings.stopsOnPreamble
            if !isStopped { return giveUp() }
        }
        return .goOn(until: timers.next)
    }

    override func waited(at now: Instant) -> ChipAction? {
        guard mode == .transmit else { return napIsOver(at: now) }
        return transmitted(at: now)
    }

    private func giveUp() -> ChipAction? {
        timers = Timers()
        raise(9, report: .timeout)
        fallBack()
        return .stop
    }

    func raise(_ bit: UInt16, report: Report) {
        flags |= (1 << bit) & settings.interruptMask
        self.report = report
    }

    private func fallBack() { mode = settings.fallback }

    func forgetBuffer() {
        for index in buffer.indices { buffer[index] = 0 }
        receivedSize = 0
        receivedOffset = 0
    }
}
