import Base
import CCuse
import CLinux
import Emulation
import LinuxHAL

/// Emulated radios and their air in real time, behind devices that this process serves.
final class AirService {
    private let air: Air
    private let radios: [GuestRadio]
    private let registers: RegisterChip
    private let clock = MonotonicClock()
    private var trace: LineTrace
    private var timer: TimerFD
    private var epoll: Epoll
    private let signals: SignalFD
    private var isToDie = false

    private enum Token {
        static var trace: Int { 0 }
        static var timer: Int { 1 }
        static var signals: Int { 2 }
        static var registers: Int { 3 }
        static var firstRadio: Int { 4 }
    }

    /// Serves a radio at each place, 40 m apart, and one I2C bus.
    ///
    /// After SIGUSR1 the process dies in the middle of the next SPI transaction; SIGTERM ends it with
    /// a line for each radio.
    init(_ places: [GuestRadio.Place]) throws(SystemError) {
        air = Air(
            positions: places.indices.map { Position(x: Double($0) * 40, y: 0) },
            chips: places.map { $0.model })
        signals = try SignalFD(SIGUSR1, SIGTERM)
        timer = try TimerFD(clock)
        epoll = try Epoll()
        trace = LineTrace()
        registers = RegisterChip(on: "i2c-1")
        radios = places.indices.map { GuestRadio(AirNode($0), at: places[$0]) }
        try epoll.add(trace.raw, token: Token.trace)
        try epoll.add(timer.raw, token: Token.timer)
        try epoll.add(signals.raw, token: Token.signals)
        try epoll.add(cuse_descriptor(registers.port), token: Token.registers)
        for (index, radio) in radios.enumerated() {
            try epoll.add(cuse_descriptor(radio.port), token: Token.firstRadio + index)
        }
    }

    /// Serves for ever.
    func run() throws(SystemError) {
        while true {
            show()
            try armTimer()
            for index in 0..<(try epoll.wait(for: nil)) {
                attend(to: epoll.ready(index).token)
            }
        }
    }

    private func attend(to token: Int) {
        // Resets and selections come before the bytes that followed them.
        followLines()
        switch token {
        case Token.trace, Token.timer: break
        case Token.signals:
            if signals.next() == SIGTERM { report() }
            isToDie = true
        case Token.registers:
            if take(registers.port) { registers.exchange() }
        default: serve(radios[token - Token.firstRadio])
        }
    }

    private func followLines() {
        let (air, radios, clock) = (air, radios, clock)
        trace.drain { change in
            let moment = clock.now
            air.advance(to: moment)
            for radio in radios { radio.handle(change, air, at: moment) }
        }
        air.advance(to: clock.now)
    }

    private func serve(_ radio: GuestRadio) {
        guard take(radio.port) else { return }
        if isToDie { exit(1) }
        radio.exchange(air, at: clock.now)
        // A chip raises BUSY before its host can look.
        show()
        cuse_answer(radio.port, 0)
    }

    private func report() -> Never {
        for radio in radios {
            let counters = air.counters(of: radio.node)
            say(
                "radio \(radio.node.index): \(counters.sentFrames) frames sent, "
                    + "\(counters.received) heard, \(air.unheardTransactions(of: radio.node)) "
                    + "transactions unheard")
        }
        exit(0)
    }

    private func take(_ port: OpaquePointer) -> Bool {
        let found = Int(cuse_take(port))
        if found == CUSE_FAILED { fail("cuse: \(text(ofError: lichen_errno()))") }
        return found == CUSE_EXCHANGE
    }

    private func show() {
        let moment = clock.now
        air.advance(to: moment)
        for radio in radios { radio.show(air, at: moment) }
        while air.nextInterrupt() != nil {}  // All were looked at.
        while air.nextRecord() != nil {}
    }

    private func armTimer() throws(SystemError) {
        var next = air.nextEvent ?? .distantFuture
        for radio in radios { next = min(next, radio.nextChange(air)) }
        try timer.arm(at: next == .distantFuture ? nil : next)
    }
}
