import Base
import CLinux
import Emulation
import HAL
import LinuxHAL
import LoRa

/// Why an air cannot be served.
enum AirServerError: Error, Equatable, CustomStringConvertible {
    case socket(path: String, errno: Int32)
    case system(SystemError)

    var description: String {
        switch self {
        case .socket(let path, EADDRINUSE):
            "\(path) is served by another lichen-sim; end that, or choose another --directory"
        case .socket(let path, let errno):
            "\(path): \(text(ofError: errno)); choose another folder with --directory"
        case .system(let error): error.sentence
        }
    }
}

/// Emulated chips on sockets, in real time (`radio/emulator.md`).
///
/// One thread: whoever owns it calls `step`, or sleeps on `raw` together with other descriptors and
/// steps when that is readable. Between steps the air may be changed: nodes moved, links blocked.
/// The sockets go with the server.
final class AirServer {
    /// The chips and the air between them.
    let air: Air

    private let clock = MonotonicClock()
    private var epoll: Epoll
    private var timer: TimerFD
    private var armed: Instant?
    private var ports: [AirPort] = []

    /// Tokens of `epoll`: the timer, then listeners and hosts by node.
    private static let timerToken = 0
    private static let firstListener = 1
    private var firstHost: Int { Self.firstListener + ports.count }

    /// Serves every chip of `air` in a folder that exists: `node-1.sock`, `node-2.sock`, …
    ///
    /// - Parameter air: At its start; its time is real from here on.
    init(_ air: Air, in directory: String) throws(AirServerError) {
        self.air = air
        do throws(SystemError) {
            epoll = try Epoll()
            timer = try TimerFD(clock)
            try epoll.add(timer.raw, token: Self.timerToken)
        } catch {
            throw .system(error)
        }
        for index in 0..<air.count {
            let path = Self.path(of: AirNode(index), in: directory)
            do throws(SystemError) {
                let port = AirPort(AirNode(index), try UnixListener(at: path))
                try epoll.add(port.listener.raw, token: Self.firstListener + index)
                ports.append(port)
            } catch {
                throw .socket(path: path, errno: error.errno)
            }
        }
    }

    /// Where a node's socket is.
    static func path(of node: AirNode, in directory: String) -> String {
        "\(directory)/node-\(node.index + 1).sock"
    }

    /// For another `Epoll`: readable when there is something to do.
    var raw: Int32 { epoll.raw }

    /// How late it is on the air.
    var now: Instant { clock.now }

    /// Whether a host has that chip.
    func isAttached(_ node: AirNode) -> Bool { ports[node.index].host != nil }

    /// Waits until there is something to do, and does it.
    ///
    /// - Parameter limit: The longest wait; `nil` for ever, zero not at all.
    func step(for limit: Duration?) throws(AirServerError) {
        do throws(SystemError) {
            try armTimer()
            let count = try epoll.wait(for: limit)
            air.advance(to: clock.now)
            for index in 0..<count { try serve(epoll.ready(index)) }
            air.advance(to: clock.now)
        } catch {
            throw .system(error)
        }
        tellLevels()
        while air.nextInterrupt() != nil {}  // `tellLevels` looks at all.
        do throws(SystemError) {
            try armTimer()
        } catch {
            throw .system(error)
        }
    }

    private func serve(_ ready: Epoll.Ready) throws(SystemError) {
        if ready.token == Self.timerToken {
            armed = nil
            try timer.arm(at: nil)
        } else if ready.token < firstHost {
            try admit(to: ready.token - Self.firstListener)
        } else {
            attend(to: ports[ready.token - firstHost])
        }
    }

    private func attend(to port: AirPort) {
        if !port.serve(air, clock) { port.leave(air, clock.now) }
    }

    private func admit(to index: Int) throws(SystemError) {
        while let connection = try ports[index].listener.accept() {
            // The host may have left a moment ago, to come back with this connection.
            attend(to: ports[index])
            guard ports[index].host == nil else { continue }  // Taken: closed at once.
            try epoll.add(connection.raw, token: firstHost + index)
            ports[index].attach(consume connection)
        }
    }

    private func tellLevels() {
        let moment = clock.now
        for port in ports where !port.tellLevels(air, at: moment) { port.leave(air, moment) }
    }

    /// The next thing that happens by itself: on the air, or a BUSY that falls.
    private func armTimer() throws(SystemError) {
        var next = air.nextEvent ?? .distantFuture
        for port in ports where port.host != nil && port.told.contains(.busy) {
            next = min(next, air.busyUntil(port.node))
        }
        let wanted = next == .distantFuture ? nil : next
        guard wanted != armed else { return }
        try timer.arm(at: wanted)
        armed = wanted
    }
}
