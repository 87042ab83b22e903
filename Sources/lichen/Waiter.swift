import Base
import CLinux
import LinuxHAL

/// Waits for an agent's answer, for time to pass, or for Ctrl-C: commands that run on end in order.
struct Waiter: ~Copyable {
    /// What was waited for.
    enum News: Equatable { case readable, timeout, stopped }

    private let signals: SignalFD
    private var epoll: Epoll
    private let clock = MonotonicClock()

    /// Waits for this descriptor, too.
    init(_ descriptor: Int32) throws(SystemError) {
        let signals = try SignalFD(SIGINT, SIGTERM)
        var epoll = try Epoll()
        try epoll.add(signals.raw, token: 0)
        try epoll.add(descriptor, token: 1)
        self.signals = signals
        self.epoll = epoll
    }

    /// Time since this value was made.
    var now: Instant { clock.now }

    /// Waits at most until a moment; `nil` is for ever.
    mutating func wait(until end: Instant?) -> News {
        while true {
            let rest = end.map { max(.zero, $0 - now) }
            guard let count = try? epoll.wait(for: rest) else { return .stopped }
            for index in 0..<count where epoll.ready(index).token == 0 {
                if signals.next() != nil { return .stopped }
            }
            if count > 0 { return .readable }
            if let end, end <= now { return .timeout }
        }
    }
}
