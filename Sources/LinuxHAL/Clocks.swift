import Base
import CLinux

/// The computer's clock that never jumps and counts while it is suspended (CLOCK_BOOTTIME), from
/// this value's start.
public struct MonotonicClock: Sendable {
    /// CLOCK_BOOTTIME at the start, in nanoseconds.
    let origin: Int64

    /// A clock that starts now.
    public init() { origin = lichen_boot_nanoseconds() }

    /// How late it is.
    public var now: Instant {
        Instant(sinceStart: .nanoseconds(lichen_boot_nanoseconds() - origin))
    }
}

/// The computer's idea of the time of day, which may be wrong and may jump.
public enum WallClock {
    /// Milliseconds since 1970-01-01 00:00 UTC, leap seconds not counted.
    public static var milliseconds: Int64 { lichen_wall_nanoseconds() / 1_000_000 }
}

/// A moment that makes a descriptor readable.
public struct TimerFD: ~Copyable {
    private let descriptor: FileDescriptor
    private let origin: Int64

    /// A timer that is not armed, on that clock.
    public init(_ clock: MonotonicClock) throws(SystemError) {
        let raw = lichen_timerfd()
        guard raw >= 0 else { throw SystemError(.timerfd) }
        descriptor = FileDescriptor(owning: raw)
        origin = clock.origin
    }

    /// For `Epoll`.
    public var raw: Int32 { descriptor.raw }

    /// Makes the descriptor readable from that moment on, until it is armed again; replaces the
    /// earlier moment. `nil` disarms.
    public mutating func arm(at moment: Instant?) throws(SystemError) {
        var nanoseconds: Int64 = 0
        if let moment {
            let (sum, overflow) = moment.sinceStart.wholeNanoseconds.addingReportingOverflow(origin)
            nanoseconds = overflow ? .max : max(1, sum)
        }
        guard lichen_timerfd_arm(raw, nanoseconds) == 0 else { throw SystemError(.timerfd) }
    }
}
