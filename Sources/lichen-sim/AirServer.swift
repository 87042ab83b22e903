import Base
import CLinux
import Emulation
import HAL
import LinuxHAL
import LoRa

/// Why an air cannot be served.
enum AirServerError: Error, Equatable, CustomStringConvertible {
    case socket(path: String, errno: Int32)
    case noDescriptors

    var description: String {
        switch self {
        case .socket(let path, EADDRINUSE):
            "\(path) is served by another lichen-sim; end that, or choose another --directory"
        case .socket(let path, let errno):
            "\(path): \(String(cString: strerror(errno))); choose another --directory"
        case .noDescriptors: "no file descriptors are left; raise the limit (ulimit -n)"
        }
    }
}

/// Emulated chips on sockets, in real time (`radio/emulator.md`).
///
/// One thread: whoever owns it calls `step`, or sleeps on `fileDescriptor` together with other descriptors and
/// steps when that is readable. Between steps the air may be changed: nodes moved, links blocked.
/// The sockets go with the server.
final class AirServer {
    /// The chips and the air between them.
    let air: Air

    private let clock = Clock()
    private let epoll: Epoll
    private let timer: LinuxHAL.Timer
    private var armed: Instant?
    private var ports: [AirPort] = []

    /// Tokens of `epoll`: the timer, then listeners and hosts by node.
    private static let timerToken: UInt64 = 0
    private static let firstListener = 1
    private var firstHost: Int { Self.firstListener + ports.count }

    /// Serves every chip of `air` in a folder that exists: `node-1.sock`, `node-2.sock`, …
    ///
    /// - Parameter air: At its start; its time is real from here on.
    init(_ air: Air, in directory: String) throws(AirServerError) {
        self.air = air
        guard let epoll = Epoll(), let timer = LinuxHAL.Timer(clock) else { throw .noDescriptors }
        epoll.add(timer.descriptor, token: Self.timerToken)
        for index in 0..<air.count {
            let path = Self.path(of: AirNode(index), in: directory)
            guard let listener = FileDescriptor(clinux_unix_listen(path)) else {
                throw .socket(path: path, errno: clinux_errno())
            }
            epoll.add(listener, token: UInt64(Self.firstListener + index))
            ports.append(AirPort(AirNode(index), path, listener))
        }
        self.epoll = epoll
        self.timer = timer
    }

    /// Where a node's socket is.
    static func path(of node: AirNode, in directory: String) -> String {
        "\(directory)/node-\(node.index + 1).sock"
    }

    /// For another `Epoll`: readable when there is something to do.
    var fileDescriptor: Int32 { epoll.number }

    /// How late it is on the air.
    var now: Instant { clock.now }

    /// Whether a host has that chip.
    func isAttached(_ node: AirNode) -> Bool { ports[node.index].host != nil }

    /// Waits until there is something to do, and does it.
    ///
    /// - Parameter milliseconds: The longest wait; -1 for ever, 0 not at all.
    func step(within milliseconds: Int32) {
        armTimer()
        var event = epoll.next(within: milliseconds)
        air.advance(to: clock.now)
        // One round for each socket at most: nobody keeps the others from being served.
        for _ in 0...(2 * ports.count) {
            guard let ready = event else { break }
            serve(Int(ready.token))
            event = epoll.next(within: 0)
        }
        if let event { serve(Int(event.token)) }
        air.advance(to: clock.now)
        tellLevels()
        while air.nextInterrupt() != nil {}  // `tellLevels` looks at all.
        armTimer()
    }

    private func serve(_ token: Int) {
        if token < Self.firstListener {
            timer.take()
            armed = nil
        } else if token < firstHost {
            admit(to: token - Self.firstListener)
        } else {
            attend(to: ports[token - firstHost])
        }
    }

    private func attend(to port: AirPort) {
        if !port.serve(air, clock) { port.leave(air, clock.now) }
    }

    private func admit(to index: Int) {
        while let connection = FileDescriptor(clinux_accept(ports[index].listener.number)) {
            // The host may have left a moment ago, to come back with this connection.
            attend(to: ports[index])
            guard ports[index].host == nil else { continue }  // Taken: closed at once.
            epoll.add(connection, token: UInt64(firstHost + index))
            ports[index].attach(connection)
        }
    }

    private func tellLevels() {
        let moment = clock.now
        for port in ports where !port.tellLevels(air, at: moment) { port.leave(air, moment) }
    }

    /// The next thing that happens by itself: on the air, or a BUSY that falls.
    private func armTimer() {
        var next = air.nextEvent ?? .distantFuture
        for port in ports where port.told.contains(.busy) {
            next = min(next, air.busyUntil(port.node))
        }
        guard next != armed else { return }
        timer.ring(at: next)
        armed = next
    }
}
