import Base
import CLinux
import CRDT
import Crypto
import HAL
import LinuxHAL
import LoRa
import Mesh
import Node
import SX126x
import Station
import Store

/// The station that an agent runs.
typealias LinuxStation = Station<SX126x<LinuxBoard>, Store>

/// One node on Linux: a station, a control socket, and the loop that feeds both.
///
/// The order of start is that of what may fail: state directory, store, radio, control socket. The
/// socket answers before the radio is started.
public final class Agent {
    private enum Token {
        static let signals: UInt64 = 0
        static let timer: UInt64 = 1
        static let radio: UInt64 = 2
        static let listener: UInt64 = 3
        static let firstConnection: UInt64 = 16
    }

    /// Clients at once; more are told to come back.
    static let mostConnections = 32

    let settings: Settings
    let name: Name
    let log: Log
    private let clock = Clock()
    var station: LinuxStation
    private let lock: FileDescriptor
    private let listener: FileDescriptor
    private let signals: Signals
    private let timer: Timer
    private let epoll: Epoll
    private var connections: [Connection?] = Array(repeating: nil, count: mostConnections)
    private var requests = 0
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
        let store: Store
        do throws(DiskFault) {
            store = try Store(in: settings.directory)
        } catch {
            throw .store(path: settings.directory, error)
        }
        guard let signals = Signals(), let timer = Timer(clock), let epoll = Epoll() else {
            throw .system
        }
        self.signals = signals
        self.timer = timer
        self.epoll = epoll
        let radio = SX126x(
            board: try Self.open(settings), options: Self.options(settings))
        station = try Self.station(settings, name: self.name, radio, store, at: clock.now)
        listener = try Self.listen(settings.socket)
    }

    /// Time since the agent's start.
    var now: Instant { clock.now }

    /// Runs until it is asked to end.
    public func run() {
        epoll.add(signals.descriptor, token: Token.signals)
        epoll.add(timer.descriptor, token: Token.timer)
        epoll.add(listener, token: Token.listener)
        epoll.add(number: station.radio.board.fileDescriptor, token: Token.radio)
        station.start(wallClock: Clock.wall, at: now, into: &output)
        carryOut()
        log.write(.info, "node \(name.text) is up; 'lichen status' asks at \(settings.socket)")
        while !isStopping {
            guard let event = epoll.next() else { continue }
            attend(event)
            carryOut()
        }
        station.stop(at: now, into: &output)
        carryOut()
        _ = unlink(settings.socket)
        log.write(.info, "node \(name.text) has stopped, its state is on flash")
    }

    private func attend(_ event: Epoll.Event) {
        switch event.token {
        case Token.signals:
            if signals.take() != 0 { isStopping = true }
        case Token.timer:
            timer.take()
            station.handle(.timer, at: now, into: &output)
        case Token.radio:
            station.handle(.interrupt, at: now, into: &output)
        case Token.listener:
            accept()
        default:
            serve(Int(event.token - Token.firstConnection), isWritable: event.isWritable)
        }
    }

    private func carryOut() {
        while let effect = output.popFirst() {
            switch effect {
            case .wake(let time):
                timer.ring(at: time)
            case .done(let request):
                answer(request) { $0.succeed() }
            case .refused(let request, let refusal):
                answer(request) { $0.fail(refusal.sentence) }
            case .pairing(let request, let progress):
                tell(request, progress)
            case .changed(let index):
                tellWatchers(station.node.replica.map[index])
            case .joined:
                log.write(.info, "admitted to the mesh \(station.node.membership?.mesh.text ?? "")")
            case .radioFailed(let fault):
                log.write(.error, "\(fault.sentence); trying again")
            case .radioWorks:
                log.write(.info, "the radio works again")
            }
        }
    }

    // MARK: Clients

    private func accept() {
        while let descriptor = FileDescriptor(clinux_accept(listener.number)) {
            guard let slot = connections.firstIndex(where: { $0 == nil }) else {
                Connection(descriptor).fail("too many clients at once; try again in a moment")
                continue
            }
            let connection = Connection(descriptor)
            connections[slot] = connection
            epoll.add(connection.descriptor, token: Token.firstConnection + UInt64(slot))
        }
    }

    private func serve(_ slot: Int, isWritable: Bool) {
        guard connections.indices.contains(slot), let connection = connections[slot] else { return }
        if isWritable { connection.flush() }
        connection.receive()
        while !connection.isClosed, connection.request == nil, let line = connection.nextLine() {
            requests += 1
            handle(line, from: connection, Request(id: requests), into: &output)
        }
        settle(connection, slot)
    }

    /// Forgets a client that is gone; watches for room where something waits for one.
    private func settle(_ connection: Connection, _ slot: Int) {
        if connection.isClosed {
            connections[slot] = nil
        } else {
            epoll.watch(
                connection.descriptor, forWriting: connection.hasOutput,
                token: Token.firstConnection + UInt64(slot))
        }
    }

    private func answer(_ request: Request, _ send: (Connection) -> Void) {
        for slot in connections.indices {
            guard let connection = connections[slot], connection.request == request else {
                continue
            }
            connection.request = nil
            send(connection)
            serve(slot, isWritable: false)
        }
    }

    private func tell(_ request: Request, _ progress: PairingProgress) {
        switch progress {
        case .confirmed:
            answer(request) { connection in
                connection.send(ControlRecord(progress))
                connection.succeed()
            }
        case .failed(let failure):
            answer(request) { $0.fail(failure.sentence) }
        case .calling, .answered, .admitted:
            for case let connection? in connections where connection.request == request {
                connection.send(ControlRecord(progress))
            }
        }
    }

    private func tellWatchers(_ operation: Operation) {
        guard operation.collection == .shared else { return }
        for slot in connections.indices {
            guard let connection = connections[slot], connection.isWatching else { continue }
            connection.send(entry(operation))
            settle(connection, slot)
        }
    }

    // MARK: Start

    private static func lock(_ directory: String) throws(StartError) -> FileDescriptor {
        guard clinux_make_directory(directory) == 0,
            let file = FileDescriptor(clinux_open_write("\(directory)/lock"))
        else { throw .directory(path: directory, errno: clinux_errno()) }
        guard clinux_lock(file.number) == 0 else { throw .directoryInUse(path: directory) }
        return file
    }

    private static func open(_ settings: Settings) throws(StartError) -> LinuxBoard {
        let device = settings.device ?? ""
        let path = String(decoding: device.utf8.dropFirst("emulator:".utf8.count), as: UTF8.self)
        do throws(BoardError) {
            return try LinuxBoard(emulatorAt: path)
        } catch {
            throw .radio(device: device, error)
        }
    }

    private static func options(_ settings: Settings) -> SX126xOptions {
        SX126xOptions(
            tcxo: settings.tcxo.map { TCXO($0) },
            antennaSwitch: settings.dio2Switch ? .dio2 : [])
    }

    private static func station(
        _ settings: Settings, name: Name, _ radio: consuming SX126x<LinuxBoard>,
        _ store: consuming Store, at now: Instant
    ) throws(StartError) -> LinuxStation {
        guard let subBand = try? settings.region.subBand(for: settings.channel) else {
            preconditionFailure("settings were checked when they were read")
        }
        do throws(DiskFault) {
            return try LinuxStation(
                settings.node(name: name), channel: settings.channel, subBand: subBand,
                radio: radio, disk: store, seed: Sodium.seed(), at: now)
        } catch {
            throw .store(path: settings.directory, error)
        }
    }

    private static func listen(_ path: String) throws(StartError) -> FileDescriptor {
        guard let listener = FileDescriptor(clinux_unix_listen(path)) else {
            let error = clinux_errno()
            if error == EADDRINUSE { throw .socketInUse(path: path) }
            throw .socket(path: path, errno: error)
        }
        return listener
    }
}
