import Base
import CLinux
import CRDT
import Crypto
import LinuxHAL
import LoRa
import Mesh
import Node
import Station
import Store

/// The station that an agent runs.
typealias LinuxStation = Station<LinuxModem, Store>

/// One node on Linux: a station, a control socket, and the loop that feeds both.
///
/// The order of start: the lock on the state directory, radio, control socket, and the store last,
/// so that none is made by an agent that cannot start. The socket answers before the radio is
/// started.
public final class Agent {
    private enum Token {
        static let signals = 0
        static let timer = 1
        static let radio = 2
        static let listener = 3
        static let sampler = 4
        static let care = 5
        static let firstConnection = 16
    }

    /// Clients at once; more are told to come back.
    static let mostConnections = 32
    /// How often the card is read and compared with its checksums, while nobody asks.
    static var careInterval: Duration { .seconds(6 * 3_600) }
    /// How many pages are read at once: 128 KiB, a few milliseconds on most cards. Between them the
    /// loop attends to all else.
    static let pagesAtOnce = 32
    static var carePause: Duration { .milliseconds(10) }

    let settings: Settings
    let name: Name
    let log: Log
    private let clock = MonotonicClock()
    var station: LinuxStation
    private let lock: FileDescriptor
    private let listener: UnixListener
    private let signals: SignalFD
    private var timer: TimerFD
    /// Rings each second while somebody listens.
    private var sampler: TimerFD
    /// Rings when the card is to be looked at.
    private var care: TimerFD
    /// When whoever waits for a check was last told of it; `nil` while there is none.
    var careToldAt: Instant?
    private var epoll: Epoll
    private var connections: [Connection?] = Array(repeating: nil, count: mostConnections)
    private var requests = 0
    /// What the chip last told of itself: it is asked as soon as it listens, since it cannot be
    /// while it sends.
    var chip: ChipReport?
    private var output = Effects<StationEffect>(capacity: Node.effectCapacity)
    private var isStopping = false

    /// Opens all that an agent needs.
    ///
    /// - Parameter name: The node's name, where the settings give none.
    public init(_ settings: Settings, name: Name, log: Log) throws(StartError) {
        self.settings = settings
        self.name = settings.name ?? name
        self.log = log
        lock = try Self.lock(settings.directory)
        do throws(SystemError) {
            signals = try SignalFD(SIGTERM, SIGINT, SIGHUP)
            timer = try TimerFD(clock)
            sampler = try TimerFD(clock)
            care = try TimerFD(clock)
            epoll = try Epoll()
        } catch {
            throw .system(error)
        }
        guard let subBand = try? settings.subBand() else {
            preconditionFailure("settings were checked when they were read")
        }
        let board = try Self.open(settings)
        listener = try Self.listen(settings.socket)
        do throws(DiskFault) {
            station = try LinuxStation(
                settings.node(name: self.name), channel: settings.channel, subBand: subBand,
                radio: LinuxModem(board, settings),
                disk: Store(in: settings.directory), seed: Sodium.seed(), at: clock.now)
        } catch {
            throw .store(path: settings.directory, error)
        }
    }

    /// Time since the agent's start.
    var now: Instant { clock.now }

    /// Runs until it is asked to end.
    public func run() throws(SystemError) {
        try epoll.add(signals.raw, token: Token.signals)
        try epoll.add(timer.raw, token: Token.timer)
        try epoll.add(sampler.raw, token: Token.sampler)
        try epoll.add(care.raw, token: Token.care)
        try care.arm(at: now + Self.careInterval)
        if station.disk.isDamaged {
            log.write(
                .error, "the card has lost some of the state; neighbours will tell it again")
        }
        try epoll.add(listener.raw, token: Token.listener)
        try epoll.add(station.radio.raw, token: Token.radio)
        station.start(wallClock: wallClock, at: now, into: &output)
        try carryOut()
        log.write(.info, "node \(name.text) is up; 'lichen status' asks at \(settings.socket)")
        while !isStopping {
            for index in 0..<(try epoll.wait(for: nil)) {
                try attend(epoll.ready(index))
                if chip == nil { chip = station.chipReport(at: now, into: &output) }
                try carryOut()
            }
        }
        station.stop(at: now, into: &output)
        try carryOut()
        log.write(.info, "node \(name.text) has stopped, its state is on flash")
    }

    /// The wall clock, unless it shows a time before 2026, as boards without a clock battery do.
    private var wallClock: UInt64? {
        let milliseconds = WallClock.milliseconds
        return milliseconds >= 1_767_225_600_000 ? UInt64(milliseconds) : nil
    }

    private func attend(_ ready: Epoll.Ready) throws(SystemError) {
        switch ready.token {
        case Token.signals:
            if signals.next() != nil { isStopping = true }
        case Token.timer:
            try timer.arm(at: nil)
            station.handle(.timer, at: now, into: &output)
        case Token.radio:
            station.handle(.interrupt, at: now, into: &output)
        case Token.listener:
            try accept()
        case Token.care:
            try lookAfterStore()
        case Token.sampler:
            try sample()
        default:
            try serve(
                ready.token - Token.firstConnection,
                isWritable: ready.events.contains(.writable))
        }
    }

    private func carryOut() throws(SystemError) {
        while let effect = output.popFirst() {
            switch effect {
            case .wake(let time):
                try timer.arm(at: time)
            case .done(let request):
                try answer(request) { $0.succeed() }
            case .refused(let request, let refusal):
                try answer(request) { refuse($0, refusal) }
            case .echoed(let request, let echo):
                try answer(request) { connection in
                    connection.send(ControlRecord(echo))
                    connection.succeed()
                }
            case .testSent(let request, let timeOnAir):
                try answer(request) { testWasSent($0, timeOnAir) }
            case .heard(let frame):
                try tellListeners(heard(frame))
            case .pairing(let request, let progress):
                try tell(request, progress)
            case .changed:
                while let index = station.node.takeChange() {
                    if let operation = station.node.replica.live[index] {
                        try tellWatchers(operation)
                    }
                }
            case .joined:
                guard let membership = station.node.membership else { continue }
                log.write(
                    .info,
                    "admitted to the mesh \(membership.mesh.text) as node \(membership.number.raw)")
            case .leftOut:
                log.write(.warning, Refusal.leftOut.sentence)
            case .radioFailed(let fault):
                log.write(.error, "\(fault.sentence); trying again")
            case .radioWorks:
                log.write(.info, "the radio works again")
            }
        }
    }

    // MARK: Clients

    private func accept() throws(SystemError) {
        while let descriptor = try listener.accept() {
            guard let slot = connections.firstIndex(where: { $0 == nil }) else {
                Connection(descriptor).fail("too many clients at once; try again in a moment")
                continue
            }
            let connection = Connection(descriptor)
            connections[slot] = connection
            try epoll.add(connection.descriptor.raw, token: Token.firstConnection + slot)
        }
    }

    private func serve(_ slot: Int, isWritable: Bool) throws(SystemError) {
        guard connections.indices.contains(slot), let connection = connections[slot] else { return }
        if isWritable { connection.flush() }
        connection.receive()
        while !connection.isClosed, connection.request == nil, let line = connection.nextLine() {
            requests += 1
            handle(line, from: connection, Request(id: requests), into: &output)
        }
        try settle(connection, slot)
    }

    /// Forgets a client that is gone; watches for room where something waits for one.
    private func settle(_ connection: Connection, _ slot: Int) throws(SystemError) {
        if connection.isClosed {
            connections[slot] = nil
        } else {
            try epoll.modify(
                connection.descriptor.raw, token: Token.firstConnection + slot,
                for: connection.hasOutput ? [.readable, .writable] : .readable)
        }
    }

    private func answer(
        _ request: Request, _ send: (Connection) -> Void
    ) throws(SystemError) {
        for slot in connections.indices {
            guard let connection = connections[slot], connection.request == request else {
                continue
            }
            connection.request = nil
            send(connection)
            try serve(slot, isWritable: false)
        }
    }

    private func tell(
        _ request: Request, _ progress: PairingProgress
    ) throws(SystemError) {
        switch progress {
        case .confirmed:
            try answer(request) { connection in
                connection.send(ControlRecord(progress))
                connection.succeed()
            }
        case .failed(let failure):
            try answer(request) { $0.fail(failure.sentence) }
        case .calling, .answered, .admitted:
            for case let connection? in connections where connection.request == request {
                connection.send(ControlRecord(progress))
            }
        }
    }

    /// Has a check begin, or go on, at once.
    func hurryCare() { try? care.arm(at: now) }

    /// Looks after the card for a while, and tells all who wait for that.
    private func lookAfterStore() throws(SystemError) {
        try care.arm(at: nil)
        let outcome = lookAfterStore(into: &output)
        switch outcome {
        case .goesOn:
            try care.arm(at: now + Self.carePause)
            guard let progress = careProgress() else { return }
            for case let connection? in connections where connection.waitsForCheck {
                connection.send(progress)
            }
        case .ended, .failed:
            careToldAt = nil
            try care.arm(at: now + Self.careInterval)
            for case let connection? in connections where connection.waitsForCheck {
                guard let request = connection.request else { continue }
                try answer(request) { connection in
                    connection.question = .plain
                    if case .ended(let record) = outcome {
                        connection.send(record)
                        connection.succeed()
                    } else if case .failed(let fault) = outcome {
                        connection.fail("the state directory failed: \(fault.sentence)")
                    }
                }
            }
        }
    }

    private func tellWatchers(_ operation: Operation) throws(SystemError) {
        guard let record = news(operation) else { return }
        for slot in connections.indices {
            guard let connection = connections[slot], connection.isWatching else { continue }
            connection.send(record)
            try settle(connection, slot)
        }
    }

    private func tellListeners(_ record: ControlRecord) throws(SystemError) {
        for slot in connections.indices {
            guard let connection = connections[slot], connection.isListening else { continue }
            connection.send(record)
            try settle(connection, slot)
        }
    }

    /// Somebody listens from now on.
    func beginSampling() {
        station.isObserved = true
        try? sampler.arm(at: now + .seconds(1))
    }

    private func sample() throws(SystemError) {
        try sampler.arm(at: nil)
        station.isObserved = connections.contains { $0?.isListening ?? false }
        guard station.isObserved else { return }
        try sampler.arm(at: now + .seconds(1))
        if let level = station.measureLevel(at: now, into: &output) {
            var record = ControlRecord("level")
            record.add("levelDBm", level)
            try tellListeners(record)
        }
    }

    // MARK: Start

    private static func lock(_ directory: String) throws(StartError) -> FileDescriptor {
        guard lichen_make_directory(directory) == 0 else {
            throw .directory(path: directory, errno: lichen_errno())
        }
        let opened = lichen_open_write("\(directory)/lock")
        guard opened >= 0 else { throw .directory(path: directory, errno: lichen_errno()) }
        let file = FileDescriptor(owning: opened)
        guard lichen_lock(file.raw) == 0 else { throw .directoryInUse(path: directory) }
        return file
    }

    private static func listen(_ path: String) throws(StartError) -> UnixListener {
        do throws(SystemError) {
            return try UnixListener(at: path, mode: 0o660)
        } catch {
            throw error.errno == EADDRINUSE
                ? .socketInUse(path: path) : .socket(path: path, errno: error.errno)
        }
    }
}
