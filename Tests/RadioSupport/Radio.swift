import Base
import Emulation
import LoRa
import SX126x
import SX127x

/// A radio under test, whatever its driver, and all that it has told.
public class Radio {
    /// What the driver has sent to its chip.
    public let recording: Recording
    /// What the driver has told.
    public var events: [ModemEvent] = []
    /// The frames among that.
    public var frames: [[UInt8]] = []

    fileprivate let buffer = Buffer()

    fileprivate init(_ recording: Recording) { self.recording = recording }

    /// The signal of the last frame.
    public var signal: Signal? {
        for case .received(let signal) in events.reversed() { return signal }
        return nil
    }

    /// How late it is on the board.
    public func setClock(_ now: Instant) {}

    /// Fetches what the chip has to tell.
    public func drain() throws(ModemFault) {}

    /// Starts the driver.
    public func start(_ channel: Channel) throws(ModemFault) {}

    /// Receives.
    public func receive(_ reception: Reception = .continuous) throws(ModemFault) {}

    /// Sends, on a permit of a ledger without limits.
    public func send(_ frame: [UInt8], on channel: Channel) throws(ModemFault) {}

    /// SPI transactions of some calls.
    public func transactions(of calls: () throws -> Void) rethrows -> Int {
        let before = recording.transactions.count
        try calls()
        return recording.transactions.count - before
    }
}

/// A radio with an SX126x. (One generic class for both drivers crashes the runtime, 6.3.1.)
public final class SX126xRadio: Radio {
    /// Its driver.
    public var driver: SX126x<RecordingBoard>

    /// A driver of a chip on an air.
    public init(_ air: Air, _ index: Int, options: SX126xOptions = SX126xOptions()) {
        let recording = Recording()
        driver = SX126x(
            board: RecordingBoard(air, AirNode(index), recording), options: options)
        super.init(recording)
    }

    public override func setClock(_ now: Instant) { driver.board.inner.now = now }
    public override func drain() throws(ModemFault) { try drain(&driver) }
    public override func start(_ channel: Channel) throws(ModemFault) {
        try driver.start(channel)
    }
    public override func receive(_ reception: Reception = .continuous) throws(ModemFault) {
        try driver.receive(reception)
    }
    public override func send(_ frame: [UInt8], on channel: Channel) throws(ModemFault) {
        try driver.transmit(frame.span, spending: permit(for: frame, on: channel))
    }
}

/// A radio with an SX127x. (One generic class for both drivers crashes the runtime, 6.3.1.)
public final class SX127xRadio: Radio {
    /// Its driver.
    public var driver: SX127x<RecordingBoard>

    /// A driver of a chip on an air.
    public init(_ air: Air, _ index: Int, options: SX127xOptions = SX127xOptions()) {
        let recording = Recording()
        driver = SX127x(
            board: RecordingBoard(air, AirNode(index), recording), options: options)
        super.init(recording)
    }

    public override func setClock(_ now: Instant) { driver.board.inner.now = now }
    public override func drain() throws(ModemFault) { try drain(&driver) }
    public override func start(_ channel: Channel) throws(ModemFault) {
        try driver.start(channel)
    }
    public override func receive(_ reception: Reception = .continuous) throws(ModemFault) {
        try driver.receive(reception)
    }
    public override func send(_ frame: [UInt8], on channel: Channel) throws(ModemFault) {
        try driver.transmit(frame.span, spending: permit(for: frame, on: channel))
    }
}

extension Radio {
    /// All that a driver has to tell.
    fileprivate func drain<Chip: Modem & ~Copyable>(_ chip: inout Chip) throws(ModemFault) {
        while let event = try buffer.next(of: &chip) {
            events.append(event)
            if case .received = event { frames.append(buffer.bytes) }
        }
    }
}

/// Where a driver puts what it has received.
private final class Buffer {
    private var slab = Slab<UInt8>(repeating: 0, count: 255)
    private var count = 0

    var bytes: [UInt8] { (0..<count).map { slab[$0] } }

    func next<Chip: Modem & ~Copyable>(of chip: inout Chip) throws(ModemFault) -> ModemEvent? {
        try slab.overwrite(0..<255, count: &count) {
            (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
            try chip.nextEvent(into: &out)
        }
    }
}

/// The right to send a frame.
public func permit(for frame: [UInt8], on channel: Channel) -> AirtimePermit {
    permit(channel.timeOnAir(payloadSize: frame.count))
}

/// The right to send, from a fresh ledger without limits.
public func permit(_ timeOnAir: Duration) -> AirtimePermit {
    let subBand = SubBand(edges: 0...Int.max, budget: .seconds(3_600), maximumEIRP: 1_000)
    var ledger = AirtimeLedger(subBand, restoring: nil, at: .start)
    while true {
        switch ledger.request(timeOnAir, at: .start) {
        case .granted(let permit): return permit
        case .reserveFirst(let reservation): ledger.reserved(reservation, at: .start)
        case .wait: preconditionFailure("a fresh ledger without limits")
        case .never: preconditionFailure("a frame of an hour")
        }
    }
}
