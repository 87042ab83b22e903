import Base
import LoRa

/// A random life of an airtime ledger, compared with an oracle that knows every frame and the true
/// time: slow and obvious.
///
/// A quiet life has a clock that runs and a table with room: the ledger must agree with the oracle
/// to the microsecond. A troubled one has power cuts, clocks that go back and full tables: it may
/// refuse what would fit, and must never grant what does not (law 3).
public struct LedgerHistory: ~Copyable {
    /// What a life has shown.
    public struct Verdict: Equatable, Sendable {
        /// Whether some window held more than the budget.
        public var isLawBroken = false
        /// Answers that the oracle would not have given; 0 is all that a quiet life may have.
        public var disagreements = 0
        /// Frames that were granted.
        public var frames = 0
    }

    private var oracle = AirtimeOracle()
    private var dice: Dice
    private let isTroubled: Bool
    private let subBand: SubBand
    private let capacity: Int
    private var ledger: AirtimeLedger
    private var onFlash: AirtimeReservation?
    private var verdict = Verdict()

    /// The true time, and what the ledger's clock shows.
    private var now = Instant.start
    private var clock: Instant { Instant.start + (now - .start) + clockError }
    private var clockError = Duration.zero

    /// Lives a life.
    public static func run(seed: UInt64, isTroubled: Bool, requests: Int = 30) -> Verdict {
        var history = LedgerHistory(seed: seed, isTroubled: isTroubled)
        for _ in 0..<requests { history.step() }
        history.verdict.isLawBroken = history.oracle.most > history.subBand.budget
        return history.verdict
    }

    private init(seed: UInt64, isTroubled: Bool) {
        var dice = Dice(seed: seed)
        let window = [Duration.seconds(20), .seconds(3_600)][dice.roll(0..<2)]
        subBand = SubBand(
            edges: 0...1, budget: window / [1_000, 100, 10, 4][dice.roll(0..<4)], window: window,
            maximumEIRP: 140)
        capacity = isTroubled ? dice.roll(4..<20) : 64
        ledger = AirtimeLedger(subBand, restoring: nil, at: .start, capacity: capacity)
        oracle.window = window.wholeMicroseconds
        self.dice = dice
        self.isTroubled = isTroubled
    }

    private mutating func step() {
        let window = subBand.window
        now = now + dice.roll(upTo: dice.roll(0..<10) == 0 ? window / 2 : window / 400)
        if isTroubled { trouble() }
        let longest = Int(subBand.budget.wholeMicroseconds) / dice.roll(1..<12)
        ask(.microseconds(Int64(dice.roll(1..<max(2, longest)))))
    }

    private mutating func trouble() {
        if dice.roll(0..<12) == 0 {
            // After a boot the clock shows anything; the ledger knows its flash only.
            clockError = .seconds(dice.roll(0..<10_000)) - (now - .start)
            ledger = AirtimeLedger(subBand, restoring: onFlash, at: clock, capacity: capacity)
        } else if dice.roll(0..<8) == 0 {
            clockError -= min(dice.roll(upTo: subBand.window), clock - .start)
        }
    }

    /// Asks until it is granted, or until patience ends.
    private mutating func ask(_ timeOnAir: Duration) {
        for _ in 0..<4 {
            let fits = oracle.fits(timeOnAir, at: now, budget: subBand.budget)
            switch ledger.request(timeOnAir, at: clock) {
            case .granted:
                if !fits { verdict.disagreements += 1 }
                oracle.add(from: now, lasting: timeOnAir)
                verdict.frames += 1
                now = now + timeOnAir
                return
            case .reserveFirst(let reservation):
                onFlash = reservation
                // Sometimes the power goes between the write and its confirmation.
                if isTroubled, dice.roll(0..<8) == 0 { return }
                ledger.reserved(reservation, at: clock)
            case .wait(let until):
                if fits { verdict.disagreements += 1 }
                checkEdge(timeOnAir, until)
                now = max(now, now + (until - clock))
            case .never:
                verdict.disagreements += 1
                return
            }
        }
    }

    /// A microsecond before the moment it names, the frame does not fit.
    private mutating func checkEdge(_ timeOnAir: Duration, _ until: Instant) {
        let early = now + (until - clock) - .microseconds(1)
        guard early > now else { return }
        if oracle.fits(timeOnAir, at: early, budget: subBand.budget) { verdict.disagreements += 1 }
    }
}

/// All frames ever sent, in microseconds, and sums by looking at each.
private struct AirtimeOracle {
    var window: Int64 = 0
    private var frames: [(start: Int64, end: Int64)] = []

    mutating func add(from start: Instant, lasting duration: Duration) {
        let start = start.microseconds
        frames.append((start, start + duration.wholeMicroseconds))
    }

    func fits(_ timeOnAir: Duration, at now: Instant, budget: Duration) -> Bool {
        let duration = timeOnAir.wholeMicroseconds
        let sum = sum(inWindowEndingAt: now.microseconds + duration)
        return sum + duration <= budget.wholeMicroseconds
    }

    /// The most in any window: one that ends with a frame, or starts with one.
    var most: Duration {
        var most: Int64 = 0
        for frame in frames {
            most = max(most, sum(inWindowEndingAt: frame.end))
            most = max(most, sum(inWindowEndingAt: frame.start + window))
        }
        return .microseconds(most)
    }

    private func sum(inWindowEndingAt end: Int64) -> Int64 {
        var sum: Int64 = 0
        for frame in frames {
            sum += max(0, min(frame.end, end) - max(frame.start, end - window))
        }
        return sum
    }
}
