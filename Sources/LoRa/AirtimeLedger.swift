import Base

/// What the ledger has written to flash: after a restart, this much counts as spent (law 3).
public struct AirtimeReservation: Equatable, Sendable {
    /// Time on air spent in the last hour when it was written, and the slice reserved beyond it.
    public var charged: Duration

    /// A reservation as it was read from flash.
    public init(charged: Duration) { self.charged = charged }
}

/// The answer to a request for time on air.
public enum AirtimeVerdict: ~Copyable {
    /// Send now.
    case granted(AirtimePermit)
    /// Put this on flash, tell the ledger by `reserved`, and ask again.
    case reserveFirst(AirtimeReservation)
    /// The budget is spent; ask again then.
    case wait(until: Instant)
    /// The frame alone is longer than the whole budget, or than any frame may be.
    case never
}

/// Time on air of one sub-band over a sliding window: the only way to the antenna (law 3).
///
/// Exact at the window's edges while its table has room. When the table is full, neighbouring
/// entries are merged into one that ends with the later: it may overcharge, never undercharge.
/// Time on air is reserved on flash in slices before it is spent; after a restart the whole
/// reservation counts as spent at that moment, since without a trusted clock no time has passed.
/// A clock that goes back has stood still meanwhile.
public struct AirtimeLedger: ~Copyable {
    /// Not private: the compiler (6.3.1) cannot destroy a slab of a type that is, elsewhere.
    struct Entry {
        var end: Instant
        var duration: Duration
    }

    private var entries: Slab<Entry>
    private var count = 0

    /// What may be spent in a window.
    public let budget: Duration
    private let window: Duration
    private let longestFrame: Duration
    private let slice: Duration

    /// Reserved on flash and not yet spent.
    private var reserve = Duration.zero

    /// The latest moment that was told, and what the clock has gone back since the start.
    private var latest: Instant
    private var lag = Duration.zero

    /// An empty ledger, or one that charges what was on flash.
    ///
    /// - Parameters:
    ///   - subBand: The rule it enforces.
    ///   - restored: What was on flash; it counts as spent at `now`.
    ///   - capacity: Entries in its table, at least 4; memory is 32 bytes each.
    public init(
        _ subBand: SubBand, restoring restored: AirtimeReservation?, at now: Instant,
        capacity: Int = 512
    ) {
        precondition(capacity >= 4, "a ledger needs room for some entries")
        entries = Slab(
            repeating: Entry(end: .start, duration: .zero), count: capacity)
        budget = subBand.budget
        window = subBand.window
        longestFrame = subBand.longestFrame
        latest = now
        slice = subBand.budget / 20
        if let restored, restored.charged > .zero {
            add(Entry(end: now, duration: min(restored.charged, budget)))
        }
    }

    /// Asks for `timeOnAir`, to be spent from `now` on.
    public mutating func request(_ timeOnAir: Duration, at clock: Instant) -> AirtimeVerdict {
        guard timeOnAir <= longestFrame else { return .never }
        let now = steady(clock)
        dropEntries(before: now - window)
        let spent = spent(inWindowEndingAt: now + timeOnAir)
        guard spent + timeOnAir <= budget else {
            return .wait(until: earliest(for: timeOnAir, after: now) - lag)
        }
        guard reserve >= timeOnAir else {
            let total = spentAtMost(at: now) + max(slice, timeOnAir)
            return .reserveFirst(AirtimeReservation(charged: total))
        }
        reserve -= timeOnAir
        add(Entry(end: now + timeOnAir, duration: timeOnAir))
        return .granted(AirtimePermit(timeOnAir: timeOnAir))
    }

    /// The reservation is on flash.
    public mutating func reserved(_ reservation: AirtimeReservation, at clock: Instant) {
        let now = steady(clock)
        dropEntries(before: now - window)
        reserve = max(.zero, reservation.charged - spentAtMost(at: now))
    }

    /// Time on air in the window up to `clock`.
    public func used(at clock: Instant) -> Duration {
        spent(inWindowEndingAt: max(clock, latest) + lag)
    }

    /// How long until a frame of that length may be sent; `nil` for ever. A question only: nothing
    /// is granted.
    public func wait(for timeOnAir: Duration, at clock: Instant) -> Duration? {
        guard timeOnAir <= longestFrame else { return nil }
        let now = max(clock, latest) + lag
        guard spent(inWindowEndingAt: now + timeOnAir) + timeOnAir > budget else { return .zero }
        return earliest(for: timeOnAir, after: now) - now
    }

    /// A clock that never goes back.
    private mutating func steady(_ clock: Instant) -> Instant {
        if clock < latest { lag += latest - clock }
        latest = clock
        return clock + lag
    }

    /// Any part of an entry that lies in the window; no window that ends later holds more of both
    /// the entries and a frame that ends with this one.
    private func spent(inWindowEndingAt end: Instant) -> Duration {
        let start = end - window
        var sum = Duration.zero
        for index in 0..<count where entries[index].end > start {
            sum += min(entries[index].duration, entries[index].end - start)
        }
        return sum
    }

    /// Like `spent`, entries counted whole: no less than any window from `now` on will hold.
    private func spentAtMost(at now: Instant) -> Duration {
        var sum = Duration.zero
        for index in 0..<count where entries[index].end > now - window {
            sum += entries[index].duration
        }
        return sum
    }

    /// When enough will have left the window for `timeOnAir` to fit.
    private func earliest(for timeOnAir: Duration, after now: Instant) -> Instant {
        var excess = spent(inWindowEndingAt: now + timeOnAir) + timeOnAir - budget
        let start = now + timeOnAir - window
        for index in 0..<count where entries[index].end > start {
            let part = min(entries[index].duration, entries[index].end - start)
            if part >= excess {
                // This entry's front leaves the window up to the point where `excess` is gone.
                return entries[index].end - part + excess + window - timeOnAir
            }
            excess -= part
        }
        return now + window
    }

    private mutating func dropEntries(before start: Instant) {
        var kept = 0
        for index in 0..<count where entries[index].end > start {
            entries[kept] = entries[index]
            kept += 1
        }
        count = kept
    }

    private mutating func add(_ entry: Entry) {
        if count == entries.count { mergePairs() }
        entries[count] = entry
        count += 1
    }

    /// Halves the table: two neighbours become one that lasts as long as both and ends with the
    /// later, so that nothing leaves the window before it should.
    private mutating func mergePairs() {
        var kept = 0
        var index = 0
        while index < count {
            if index + 1 < count {
                let first = entries[index]
                let second = entries[index + 1]
                entries[kept] = Entry(end: second.end, duration: first.duration + second.duration)
            } else {
                entries[kept] = entries[index]
            }
            kept += 1
            index += 2
        }
        count = kept
    }
}
