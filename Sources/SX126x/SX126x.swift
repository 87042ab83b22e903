import Base
import HAL
import LoRa

/// Driver of the SX1261, SX1262, SX1268 and LLCC68.
///
/// Pure parts: `Command` (bytes), `IRQ` and `Status` (their meaning), LoRa's
/// `ModemProgress` (the state machine).
/// This file turns a modem's calls into commands; `+Start`, `+Bus`, `+Errata`, `+Health` and
/// `+Measurements` have the rest. All memory is taken at `init`.
public struct SX126x<Board: RadioBoard & ~Copyable>: ~Copyable, Modem {
    /// The wires to the chip; the driver owns the device, not the bus.
    public var board: Board

    /// What the board's maker has put around the chip; a change counts from the next `start` on.
    public var options: SX126xOptions
    var progress = ModemProgress()
    var scratch = Slab<UInt8>(repeating: 0, count: 260)
    var scratchCount = 0
    var answerStart = 0

    /// The channel of the last `start`.
    var channel = Channel(
        frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
    /// Register 0x0889 as erratum §15.1 wants it on this channel.
    var txModulation: UInt8 = 0

    var hearing = Hearing()

    /// How many SPI transactions there have been.
    public internal(set) var transactions = 0

    /// A driver of the chip at `board`; nothing happens before `start`.
    public init(board: consuming Board, options: SX126xOptions = SX126xOptions()) {
        self.board = board
        self.options = options
    }

    /// Receives (datasheet §13.1.5, §13.1.7): continuously the chip goes on after each frame by
    /// itself, else it is in standby after the first.
    public mutating func receive(_ reception: Reception) throws(ModemFault) {
        try reachStandby()
        try moveAntenna(transmit: false, receive: true)
        try run(packet(size: receivedSize))
        switch reception {
        case .continuous:
            try run(.receive(timeout: Command.continuously))
        case .once(let limit):
            try run(.receive(timeout: limit.map { max(1, chipSteps($0)) } ?? 0))
        case .sampled(let listen, let sleep):
            try run(.receiveInTurns(listen: chipSteps(listen), sleep: chipSteps(sleep)))
        }
        progress.mode = .receiving(reception)
    }

    /// Whether a header was heard whose frame has not ended (datasheet §13.3.1, `HeaderValid`).
    ///
    /// A receiver that sleeps in between is not asked: that would wake it.
    public mutating func isReceivingFrame() throws(ModemFault) -> Bool {
        switch progress.mode {
        case .receiving(.continuous), .receiving(.once): break
        case .receiving(.sampled), .off, .standby, .sensing, .transmitting, .sleeping, .failed:
            return false
        }
        guard !progress.hasPending else { return false }
        let flags = try readInterrupts()
        let isThere = flags.contains(.headerValid) && flags.isDisjoint(with: .used)
        switch progress.sawHeader(isThere) {
        case nil: return false
        case .arriving: return true
        case .stale:
            try run(.clearInterrupts(.headerValid))
            return false
        }
    }

    /// Looks for a signal for two or four symbols (datasheet §13.1.8).
    public mutating func senseChannel() throws(ModemFault) {
        try reachStandby()
        try moveAntenna(transmit: false, receive: true)
        try run(.senseChannel)
        progress.mode = .sensing
    }

    /// Sends one frame.
    ///
    /// A frame that was received and not yet fetched by `nextEvent` is lost to this one, and
    /// reported as `damaged`: both lie in the same buffer.
    public mutating func transmit(
        _ frame: Span<UInt8>, spending permit: consuming AirtimePermit
    ) throws(ModemFault) {
        precondition((1...255).contains(frame.count), "a frame the modem cannot send")
        let timeOnAir = channel.timeOnAir(payloadSize: frame.count)
        precondition(timeOnAir <= permit.timeOnAir, "a permit for a shorter frame")
        try reachStandby()
        try moveAntenna(transmit: true, receive: false)
        try applyModulationErratum()
        try run(packet(size: UInt8(frame.count)))
        try writeBuffer(frame)
        let limit = timeOnAir + timeOnAir / 8 + .milliseconds(20)
        try run(.transmit(timeout: chipSteps(limit)))
        progress.mode = .transmitting
    }

    /// Sleep: 600 nA warm, 160 nA cold (datasheet §9.3, Table 3-5).
    public mutating func sleep(_ depth: SleepDepth) throws(ModemFault) {
        try reachStandby()
        try moveAntenna(transmit: false, receive: false)
        try fallAsleep(depth)
    }

    /// What happened, oldest first. While DIO1 is low there is nothing, and no transaction either.
    public mutating func nextEvent(
        into frame: inout OutputSpan<UInt8>
    ) throws(ModemFault) -> ModemEvent? {
        switch progress.mode {
        case .off, .sleeping: return nil
        case .failed(let fault): throw fault
        case .standby, .receiving, .sensing, .transmitting: break
        }
        for _ in 0..<ModemProgress.mostLooks {
            if !progress.hasPending {
                // The level, not the edge: an edge that was lost is not missed.
                guard try interruptIsHigh() else { return nil }
                let flags = try readInterrupts()
                guard !flags.isEmpty else { return nil }
                try run(.clearInterrupts(flags))
                progress.take(flags.meaning)
            }
            switch progress.next() {
            case .readFrame:
                let signal = try readFrame(into: &frame)
                try applyTimerErratum()
                return .received(signal)
            case .report(let event): return event
            case .fail(let fault): throw fail(fault)
            case nil: continue
            }
        }
        throw fail(.interruptStuck)
    }

    // MARK: Parts

    /// Ends whatever the chip is doing, so that it takes the next command.
    mutating func reachStandby() throws(ModemFault) {
        switch progress.mode {
        case .off: preconditionFailure("start comes first")
        case .failed(let fault): throw fault
        case .standby: return
        case .sleeping(.cold): try start(channel)
        case .sleeping(.warm): try wake()
        case .receiving(.continuous):
            // In this mode the chip stays: another one means that it was reset, or did not hear.
            try run(.standby(.rc))
            if !status.isReceiving { throw try stray() }
        case .receiving(.sampled):
            try wake()  // It may be asleep just now.
            try run(.standby(.rc))
        case .receiving(.once), .sensing, .transmitting:
            try run(.standby(.rc))
        }
        progress.mode = .standby
    }

    mutating func fallAsleep(_ depth: SleepDepth) throws(ModemFault) {
        try run(.sleep(depth))
        progress.mode = .sleeping(depth)
        board.pause(.microseconds(500))  // Datasheet §13.1.1: deaf to NSS for as long.
    }

    /// The longest frame there is, or the one size that was agreed upon.
    private var receivedSize: UInt8 {
        switch channel.format.header {
        case .explicit: 255
        case .implicit(let size): UInt8(size)
        }
    }

    func packet(size: UInt8) -> Command {
        .packet(preamble: channel.modulation.preamble, size: size, channel.format)
    }

    mutating func readInterrupts() throws(ModemFault) -> IRQ {
        try ask(.interrupts)
        return IRQ(rawValue: UInt16(answer(0)) << 8 | UInt16(answer(1)))
    }

    /// Datasheet §13.5.2 and §13.5.3.
    private mutating func readFrame(
        into frame: inout OutputSpan<UInt8>
    ) throws(ModemFault) -> Signal {
        precondition(frame.freeCapacity >= 255, "too little room for a frame")
        try ask(.receivedFrame)
        let size = Int(answer(0))
        let offset = answer(1)
        try ask(.packetStatus)
        let signal = Signal(
            rssiDBm: -Int(answer(0)) / 2, snrQuarterDB: Int(Int8(bitPattern: answer(1))),
            signalDBm: -Int(answer(2)) / 2)
        if size > 0 {
            try ask(.buffer(offset: offset, count: size))
            for index in 0..<size { frame.append(answer(index)) }
        }
        hearing.heardSomething()
        return signal
    }
}
