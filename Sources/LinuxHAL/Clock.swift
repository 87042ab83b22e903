import Base
import CLinux

/// The machine's clocks. Only `Agent` reads them: state machines are told the time (law 6).
public struct Clock: Sendable {
    private let origin: Int64

    /// A clock whose start is now.
    public init() { origin = clinux_monotonic_us() }

    /// The time since its start; goes on while the machine is suspended.
    public var now: Instant {
        Instant(sinceStart: .microseconds(clinux_monotonic_us() - origin))
    }

    /// Milliseconds since 1970; `nil` where the machine's clock shows a time before 2026, as
    /// boards without a clock battery do.
    public static var wall: UInt64? {
        let now = clinux_wall_ms()
        return now >= 1_767_225_600_000 ? UInt64(now) : nil
    }

    /// When a moment is, by the kernel's clock.
    func kernelMicroseconds(of moment: Instant) -> Int64 {
        origin + min(moment.microseconds, Int64.max / 2)
    }
}

/// A descriptor that becomes readable at a moment.
public struct Timer: ~Copyable {
    /// To wait on.
    public let descriptor: FileDescriptor
    private let clock: Clock

    /// `nil` where the process has no descriptor left.
    public init?(_ clock: Clock) {
        guard let descriptor = FileDescriptor(clinux_timer_create()) else { return nil }
        self.descriptor = descriptor
        self.clock = clock
    }

    /// Rings at that moment, at once if it is past; replaces the earlier one.
    public func ring(at moment: Instant) {
        _ = clinux_timer_set(descriptor.number, clock.kernelMicroseconds(of: moment))
    }

    /// Takes the ring.
    public func take() { clinux_timer_take(descriptor.number) }
}

/// A descriptor that becomes readable when the process is asked to end.
public struct Signals: ~Copyable {
    /// To wait on.
    public let descriptor: FileDescriptor

    /// Takes SIGTERM, SIGINT and SIGHUP over, and ignores SIGPIPE; `nil` where that failed.
    public init?() {
        guard let descriptor = FileDescriptor(clinux_signals_create()) else { return nil }
        self.descriptor = descriptor
    }

    /// The signal that came; 0 where none did.
    public func take() -> Int32 { clinux_signals_take(descriptor.number) }
}
