import Base
import HAL
import LoRa

/// An SX1276: registers under chip select in, levels of DIO0…DIO5 out. It has no BUSY.
///
///      OpMode       sleep ◀──▶ standby ◀──▶ synthesizer, receive continuously
///      by the host    ▲           ▲ │
///                     │           │ └▶ transmit, receive once, sense
///      by itself      └─ reset    └──── TxDone, RxDone or RxTimeout, CadDone
///
/// A write to a register takes effect at once, also one that moves OpMode; what the radio part then
/// is set to are the registers of that moment. The FIFO is the LoRa mode's of 256 bytes and is lost
/// in sleep. FSK mode has its registers, image calibration and thermometer, and neither sends nor
/// receives; frequency hopping has its registers and does nothing.
final class SX1276Chip: Chip {
    typealias Register = SX1276Register

    /// RegOpMode's lowest bits (SX1276 datasheet §6.4).
    enum Mode: UInt8 {
        case sleep = 0, standby, synthesizerTransmit, transmit, synthesizerReceive
        case receiveContinuously, receiveSingle, sense
    }

    var mode = Mode.standby
    var isLoRa = false
    private var isInReset = false
    /// Before then it hears nothing.
    private var hearsFrom = Instant.start
    /// The crystal runs from then on.
    var oscillatorFrom = Instant.start
    var synthesizerFrom = Instant.start
    var calibrationUntil = Instant.start

    var lora = Slab<UInt8>(repeating: 0, count: Register.count)
    var fsk = Slab<UInt8>(repeating: 0, count: Register.count)
    var fifo = Slab<UInt8>(repeating: 0, count: 256)
    var phase = ReceptionPhase.nothing

    // The transaction under way.
    private var isSelected = false
    private var hears = false
    private var position = 0
    private var address = 0
    private var isWriting = false
    var selectedAt = Instant.start
    var requestedMode: UInt8?

    override init(_ model: ChipModel, _ oscillator: Oscillator, seed: UInt64) {
        super.init(model, oscillator, seed: seed)
        powerOn(at: .start)
        hearsFrom = .start
    }

    // MARK: Wires

    override func drive(reset high: Bool, at now: Instant) -> ChipAction? {
        if !high {
            isInReset = true
            mode = .sleep
            lora[Register.interruptFlags] = 0
            return .stop
        }
        guard isInReset else { return nil }
        powerOn(at: now)
        return nil
    }

    override func select(at now: Instant) -> ChipAction? {
        isSelected = true
        selectedAt = now
        position = 0
        requestedMode = nil
        hears = !isInReset && now >= hearsFrom
        if !hears { unheard += 1 }
        return nil
    }

    override func exchange(_ byte: UInt8) -> UInt8 {
        guard isSelected, hears else { return 0 }
        defer { position += 1 }
        guard position > 0 else {
            isWriting = byte & 0x80 != 0
            address = Int(byte & 0x7F)
            return 0
        }
        let answer = read(address)
        if isWriting { write(byte, to: address) }
        if address == Register.fifo {
            if mode != .sleep, isLoRa { lora[Register.fifoPointer] &+= 1 }
        } else {
            address = (address + 1) % Register.count
        }
        return answer
    }

    override func deselect(at now: Instant) -> ChipAction? {
        guard isSelected else { return nil }
        isSelected = false
        guard hears, let request = requestedMode else { return nil }
        return changeMode(to: request, at: now)
    }

    override func brownOut(at now: Instant) { if !isInReset { powerOn(at: now) } }

    override var interrupts: WireLevels { interruptLevels }

    override var asksForLevel: Bool {
        position > 0 && isLoRa && (address == Register.rssi || address == Register.wideRSSI)
    }

    override func register(_ address: Int) -> UInt8 { read(address) }

    private func powerOn(at now: Instant) {
        isInReset = false
        mode = .standby
        isLoRa = false
        radio = nil
        for index in 0..<Register.count {
            lora[index] = 0
            fsk[index] = 0
        }
        for (address, value) in Register.common { lora[address] = value }
        for (address, value) in Register.lora { lora[address] = value }
        forgetFIFO()
        hearsFrom = now + ChipTiming.sx1276Reset
        oscillatorFrom = now
        synthesizerFrom = .distantFuture
        calibrationUntil = now
    }

    func forgetFIFO() {
        for index in fifo.indices { fifo[index] = 0 }
    }

    // MARK: What the air tells

    override var isReceiving: Bool {
        mode == .receiveContinuously || mode == .receiveSingle
    }

    override func payload(_ index: Int) -> UInt8 {
        fifo[Int(lora[Register.fifoTransmitBase] &+ UInt8(truncatingIfNeeded: index))]
    }

    override func announces(_ phase: ReceptionPhase) -> Bool {
        phase == .header && lora[Register.dioMapping1] & 0b11 == 0b01
    }

    override func hears(_ phase: ReceptionPhase) {
        self.phase = phase
        if phase == .header, radio?.format.header == .explicit { raise(.validHeader) }
    }

    override func transmitted(at now: Instant) -> ChipAction? {
        raise(.txDone)
        rest()
        return nil
    }

    override func received(_ reception: Reception, at now: Instant, byte: (Int) -> UInt8) {
        phase = .nothing
        let tooLong = reception.size > Int(lora[Register.maximumPayloadSize])
        guard reception.quality != .headerDamaged, !tooLong else {
            // No flag for it: the receiver goes on, or has waited in vain.
            if mode == .receiveSingle {
                raise(.rxTimeout)
                rest()
            }
            return
        }
        let start = lora[Register.fifoReceiveByte]
        for index in 0..<reception.size {
            fifo[Int(start &+ UInt8(truncatingIfNeeded: index))] = byte(index)
        }
        lora[Register.fifoReceiveCurrent] = start
        lora[Register.fifoReceiveByte] = start &+ UInt8(truncatingIfNeeded: reception.size)
        lora[Register.receivedSize] = UInt8(truncatingIfNeeded: reception.size)
        note(reception)
        if radio?.format.header == .explicit {
            raise(.validHeader)
            count(Register.headerCount)
        }
        if reception.quality == .damaged, reception.hasChecksum {
            raise([.rxDone, .checksumError])
        } else {
            raise(.rxDone)
            count(Register.packetCount)
        }
        if mode == .receiveSingle { rest() }
    }

    override func sensed(_ activity: ChannelActivity, at now: Instant) -> ChipAction? {
        raise(activity == .busy ? [.cadDone, .cadDetected] : .cadDone)
        rest()
        return nil
    }

    override func deadlinePassed(
        at now: Instant, hearing phase: ReceptionPhase
    ) -> ChipAction? {
        guard phase == .nothing else { return nil }
        raise(.rxTimeout)
        rest()
        return .stop
    }
}
