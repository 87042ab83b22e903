import Base
import Emulation
import HAL
import LinuxHAL

/// One chip's socket, and the host that is connected to it.
final class AirPort {
    let node: AirNode
    let listener: UnixListener
    private(set) var host: Host?

    /// The levels the host knows.
    private(set) var told: WireLevels = []

    /// A connection and what it has said so far.
    final class Host {
        let socket: FileDescriptor
        var incoming = MessageBuffer()
        var hasGreeted = false

        init(_ socket: consuming FileDescriptor) { self.socket = socket }
    }

    private var bytes = Slab<UInt8>(repeating: 0, count: EmulatorMessage.maximumTransfer)
    private var outgoing = OutgoingMessage()

    init(_ node: AirNode, _ listener: consuming UnixListener) {
        self.node = node
        self.listener = listener
    }

    func attach(_ connection: consuming FileDescriptor) { host = Host(connection) }

    /// The host is gone: chip select is released, the chip goes on.
    func leave(_ air: Air, _ moment: Instant) {
        host = nil
        told = []
        air.deselect(node, at: moment)
    }

    /// Answers all that the host has asked.
    /// - Returns: `false` where it has closed, or said what means nothing.
    func serve(_ air: Air, _ clock: MonotonicClock) -> Bool {
        guard let host else { return true }
        while true {
            do throws(EmulatorMessageError) {
                while let (request, size) = try host.incoming.request() {
                    let count = size - EmulatorRequest.bytesOffset
                    guard host.hasGreeted || isHello(request) else { return false }
                    host.hasGreeted = true
                    air.advance(to: clock.now)
                    carryOut(request, count: count, of: host, air, clock)
                    host.incoming.drop(size)
                    guard outgoing.send(on: host.socket) else { return false }
                }
            } catch {
                return false
            }
            switch host.incoming.fill(from: host.socket) {
            case .bytes: continue
            case .nothing: return true
            case .end: return false
            }
        }
    }

    /// Sends the levels where they are not what the host knows.
    /// - Returns: `false` where the host does not read.
    func tellLevels(_ air: Air, at moment: Instant) -> Bool {
        guard let host, host.hasGreeted else { return true }
        var levels = air.levels(of: node, at: moment)
        if air.isUnannounced(node), !told.contains(.interrupt) { levels.remove(.interrupt) }
        guard levels != told else { return true }
        told = levels
        outgoing.set(.levels(levels), bytes, size: 0)
        return outgoing.send(on: host.socket)
    }

    private func isHello(_ request: EmulatorRequest) -> Bool {
        if case .hello = request { true } else { false }
    }

    private func carryOut(
        _ request: EmulatorRequest, count: Int, of host: Host, _ air: Air, _ clock: MonotonicClock
    ) {
        let moment = clock.now
        switch request {
        case .hello: break
        case .transfer, .exchange:
            var part = bytes.mutableRange(0..<count)
            host.incoming.copy(from: EmulatorRequest.bytesOffset, to: &part)
            if request == .transfer {
                air.transfer(&part, to: node, at: moment)
            } else {
                for index in part.indices { part[index] = air.exchange(part[index], with: node) }
            }
        case .select(let high):
            if high { air.deselect(node, at: moment) } else { air.select(node, at: moment) }
        case .drive(let output, let high): air.drive(output, high: high, of: node, at: moment)
        }
        let now = clock.now
        air.advance(to: now)
        told = air.levels(of: node, at: now)
        switch request {
        case .hello:
            outgoing.set(.hello(version: EmulatorMessage.version, told), bytes, size: 0)
        case .transfer, .exchange: outgoing.set(.bytes(told), bytes, size: count)
        case .select, .drive: outgoing.set(.done(told), bytes, size: 0)
        }
    }
}
