import Base
import HAL
import LoRa

/// Driver of the SX1276, SX1278 and the modules built on them, such as the RFM95.
///
/// The chip has registers instead of commands, and no BUSY. One pin is used: DIO0. Pure parts:
/// `ChannelRegisters` and `IRQ` (bytes and their meaning), LoRa's `ModemProgress` (the state
/// machine). This file turns a modem's calls into registers; `+Start`, `+Bus`, `+Errata`, `+Health`
/// and `+Measurements` have the rest. All memory is taken at `init`.
public struct SX127x<Board: RadioBoard & ~Copyable>: ~Copyable, Modem {
    /// The wires to the chip; the driver owns the device, not the bus.
    public var board: Board

    /// What the board's maker has put around the chip; a change counts from the next `start` on.
    public var options: SX127xOptions
    var progress = ModemProgress()
    var hearing = Hearing()
    var statistics = ReceptionStatistics(frames: 0, checksumErrors: 0, headerErrors: 0)
    var scratch = Slab<UInt8>(repeating: 0, count: 260)
    var scratchCount = 0

    /// The channel of the last `start`.
    var channel = Channel(
        frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
    /// Whether the frequency register is that of receptions, where erratum 2.3 moves it.
    var isTunedForReception = false

    /// Whether the chip was seen to do anything since it was started.
    var hasRun = false

    /// How many SPI transactions there have been.
    public internal(set) var transactions = 0

    /// A driver of the chip at `board`; nothing happens before `start`.
    public init(board: consuming Board, options: SX127xOptions = SX127xOptions()) {
        self.board = board
        self.options = options
    }

    /// Receives (datasheet §4.1.6). A limit is that of the chip, at most 1,023 symbols; DIO0 does not
    /// tell of it, so whoever waits for `silence` asks `nextEvent` by and by.
    public mutating func receive(_ reception: Reception) throws(ModemFault) {
        if case .sampled = reception { throw fail(.unsupported(.sampledReception)) }
        try reachStandby()
        try moveAntenna(transmit: false, receive: true)
        try tune(forReception: true)
        try setInvertIQ(transmitting: false)
        try write(receivedSize, to: .payloadSize)
        try write(InterruptSource.received.rawValue, to: .interruptPins)
        try write(0, to: .fifoAddress)
        if case .once(let limit?) = reception {
            let registers = ChannelRegisters(channel)
            try write(
                registers.timeout(limit, symbol: channel.modulation.symbol), to: .timeout)
            try enter(.receiveOnce)
        } else {
            try enter(.receive)
        }
        progress.mode = .receiving(reception)
    }

    /// Whether a header was heard whose frame has not ended (RegIrqFlags, `ValidHeader`).
    public mutating func isReceivingFrame() throws(ModemFault) -> Bool {
        guard case .receiving = progress.mode, !progress.hasPending else { return false }
        let flags = IRQ(rawValue: try read(.interruptFlags))
        let isThere = flags.contains(.header) && flags.isDisjoint(with: .used)
        switch progress.sawHeader(isThere) {
        case nil: return false
        case .arriving: return true
        case .stale:
            try write(IRQ.header.rawValue, to: .interruptFlags)
            return false
        }
    }

    /// Looks for a preamble for about two symbols (datasheet §4.1.6, "CAD").
    public mutating func senseChannel() throws(ModemFault) {
        try reachStandby()
        try moveAntenna(transmit: false, receive: true)
        try tune(forReception: true)
        try write(InterruptSource.sensed.rawValue, to: .interruptPins)
        try enter(.sense)
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
        try tune(forReception: false)
        try setInvertIQ(transmitting: true)
        try write(InterruptSource.sent.rawValue, to: .interruptPins)
        try write(UInt8(frame.count), to: .payloadSize)
        try write(0, to: .fifoAddress)
        try writeFIFO(frame)
        try enter(.transmit)
        progress.mode = .transmitting
    }

    /// Sleep: 0.2 µA. Either way registers stay, and the buffer does not (datasheet §2.5.1, §4.1.2.3).
    public mutating func sleep(_ depth: SleepDepth) throws(ModemFault) {
        try reachStandby()
        try moveAntenna(transmit: false, receive: false)
        try enter(.sleep)
        progress.mode = .sleeping(depth)
    }

    /// What happened, oldest first. While DIO0 is low there is nothing, and no transaction either.
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
                guard try interruptIsHigh() || mayHaveEnded else { return nil }
                guard try takeInterrupts() else { return nil }
            }
            let before = progress.mode
            switch progress.next() {
            case .readFrame:
                let signal = try readFrame(into: &frame)
                try endReception(of: before)
                return .received(signal)
            case .report(let event):
                if event == .damaged { try endReception(of: before) }
                return event
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
        case .sleeping(.warm):
            try enter(.standby)
            board.pause(.milliseconds(1))  // The oscillator starts in 250 µs (§2.5.2, TS_OSC).
        case .receiving(.continuous):
            let mode = try read(.mode)
            if mode != modeByte(.receive) { throw stray(mode) }
            try enter(.standby)
        case .receiving, .sensing, .transmitting:
            try enter(.standby)
        }
        progress.mode = .standby
    }

    /// Reads the flags with the frame's report behind them, and clears them.
    ///
    /// - Returns: Whether there were any.
    mutating func takeInterrupts() throws(ModemFault) -> Bool {
        try ask(.receivedAddress, count: FrameReport.size)
        let flags = IRQ(rawValue: answer(2))
        guard !flags.isDisjoint(with: .used) else { return false }
        hasRun = true
        lastFrame = FrameReport(
            address: answer(0), size: answer(3), snr: Int8(bitPattern: answer(9)),
            rssi: answer(10))
        count(flags)
        try write(0xFF, to: .interruptFlags)
        progress.take(flags.meaning)
        return true
    }

    private mutating func count(_ flags: IRQ) {
        guard flags.contains(.received) else { return }
        statistics.frames += 1
        if flags.contains(.checksumError) { statistics.checksumErrors += 1 }
    }

    /// What the chip told of the last frame, read together with its flags.
    var lastFrame = FrameReport(address: 0, size: 0, snr: 0, rssi: 0)

    /// The one frame is here: the chip would go on.
    private mutating func endReception(of mode: ModemProgress.Mode) throws(ModemFault) {
        guard case .receiving = mode, progress.mode == .standby else { return }
        try enter(.standby)
    }

    private mutating func readFrame(
        into frame: inout OutputSpan<UInt8>
    ) throws(ModemFault) -> Signal {
        precondition(frame.freeCapacity >= 255, "too little room for a frame")
        let size = Int(receivedCount)
        try write(lastFrame.address, to: .fifoAddress)
        if size > 0 {
            try ask(.fifo, count: size)
            for index in 0..<size { frame.append(answer(index)) }
        }
        hearing.heardSomething()
        return lastFrame.signal(offset: levelOffset)
    }

    private var receivedCount: UInt8 {
        switch channel.format.header {
        case .explicit: lastFrame.size
        case .implicit(let size): UInt8(size)
        }
    }

    /// The longest frame there is, or the one size that was agreed upon.
    private var receivedSize: UInt8 {
        switch channel.format.header {
        case .explicit: 255
        case .implicit(let size): UInt8(size)
        }
    }

    private mutating func setInvertIQ(transmitting: Bool) throws(ModemFault) {
        guard channel.format.invertsIQ else { return }
        try write(
            ChannelRegisters.invertIQ(true, transmitting: transmitting), to: .invertIQ)
    }
}

/// RegFifoRxCurrentAddr to RegPktRssiValue, as far as a driver needs them.
struct FrameReport: Equatable {
    /// Registers 0x10…0x1A.
    static let size = 11

    var address: UInt8
    var size: UInt8
    var snr: Int8
    var rssi: UInt8

    /// Datasheet §5.5.5: below the noise, the strength is that of noise and signal.
    func signal(offset: Int) -> Signal {
        let snrDB = Int(snr) / 4
        let strength = offset + Int(rssi)
        let alone = snr < 0 ? strength + snrDB : strength
        return Signal(rssiDBm: strength, snrQuarterDB: Int(snr), signalDBm: alone)
    }
}
