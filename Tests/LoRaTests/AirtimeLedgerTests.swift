import Base
import Testing

@testable import LoRa

/// All frames ever sent, and sums by looking at each: slow and obvious.
private struct Oracle {
    var frames: [(start: Instant, end: Instant)] = []

    func sum(inWindowEndingAt end: Instant) -> Duration {
        let start = end - SubBand.window
        return frames.reduce(.zero) { sum, frame in
            sum + max(.zero, min(frame.end, end) - max(frame.start, start))
        }
    }

    /// The most in any window: one that ends with a frame, or starts with one.
    var most: Duration {
        frames.map {
            max(sum(inWindowEndingAt: $0.end), sum(inWindowEndingAt: $0.start + SubBand.window))
        }.max() ?? .zero
    }
}

@Suite struct AirtimeLedgerTests {
    private func subBand(perMille: Int) -> SubBand {
        SubBand(edges: 0...1, dutyCyclePerMille: perMille, maximumEIRP: 14)
    }

    // Method: random frames at random moments, often as soon as the ledger allows; each answer
    // compared with the oracle's, and the moment it names tried to the microsecond on both sides.
    @Test("a ledger with room agrees with the oracle", arguments: 0..<300 as Range<UInt64>)
    func oracle(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let subBand = subBand(perMille: [1, 10, 100][dice.roll(0..<3)])
        var ledger = AirtimeLedger(subBand, restoring: nil, at: .start)
        var oracle = Oracle()
        var now = Instant.start
        for _ in 0..<150 {
            now = now + dice.roll(upTo: dice.roll(0..<10) == 0 ? .seconds(1_500) : .seconds(10))
            let timeOnAir = Duration.microseconds(
                Int64(dice.roll(1..<Int(subBand.budget.wholeMicroseconds / 8))))
            var isReserved = false
            asking: while true {
                let fits =
                    oracle.sum(inWindowEndingAt: now + timeOnAir) + timeOnAir <= subBand.budget
                switch ledger.request(timeOnAir, at: now) {
                case .granted(let permit):
                    try #require(fits, "granted too much, seed \(seed)")
                    #expect(permit.timeOnAir == timeOnAir)
                    oracle.frames.append((now, now + timeOnAir))
                    now = now + timeOnAir
                    break asking
                case .reserveFirst(let reservation):
                    try #require(!isReserved, "asked twice, seed \(seed)")
                    isReserved = true
                    ledger.reserved(reservation, at: now)
                case .wait(let until):
                    try #require(!fits && until > now, "refused what fits, seed \(seed)")
                    let early = until - .microseconds(1)
                    #expect(
                        oracle.sum(inWindowEndingAt: early + timeOnAir) + timeOnAir
                            > subBand.budget, "could have sent earlier, seed \(seed)")
                    if case .wait = ledger.request(timeOnAir, at: max(now, early)) {
                    } else {
                        Issue.record("not exact at the edge, seed \(seed)")
                    }
                    now = until
                    isReserved = false
                case .never:
                    Issue.record("never, seed \(seed)")
                    return
                }
            }
        }
        #expect(oracle.most <= subBand.budget, "seed \(seed)")
    }

    // Method: power cuts at random, the reservation of the last write restored, no time passed as
    // far as the new ledger knows; small tables too. The oracle knows the true time.
    @Test(
        "restarts, full tables and all: no window ever holds more than the budget",
        arguments: 0..<300 as Range<UInt64>)
    func restarts(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let subBand = subBand(perMille: [1, 10, 100][dice.roll(0..<3)])
        let capacity = dice.roll(4..<20)
        var ledger = AirtimeLedger(subBand, restoring: nil, at: .start, capacity: capacity)
        var onFlash: AirtimeReservation?
        var oracle = Oracle()
        var now = Instant.start
        /// The node's clock starts anew with each boot.
        var boot = Instant.start
        for _ in 0..<200 {
            now = now + dice.roll(upTo: dice.roll(0..<30) == 0 ? .seconds(2_000) : .seconds(5))
            if dice.roll(0..<15) == 0 {
                boot = now
                ledger = AirtimeLedger(subBand, restoring: onFlash, at: .start, capacity: capacity)
            }
            let timeOnAir = Duration.microseconds(
                Int64(dice.roll(1..<Int(subBand.budget.wholeMicroseconds / 10))))
            asking: for _ in 0..<4 {
                let local = Instant(sinceStart: now - boot)
                switch ledger.request(timeOnAir, at: local) {
                case .granted:
                    oracle.frames.append((now, now + timeOnAir))
                    now = now + timeOnAir
                    break asking
                case .reserveFirst(let reservation):
                    onFlash = reservation
                    // Sometimes the power goes between the write and its confirmation.
                    if dice.roll(0..<8) == 0 { break asking }
                    ledger.reserved(reservation, at: local)
                case .wait(let until):
                    if dice.roll(0..<3) == 0 { break asking }
                    now = max(now, boot + until.sinceStart)
                case .never:
                    break asking
                }
            }
        }
        #expect(oracle.most <= subBand.budget, "seed \(seed)")
    }

    @Test("a frame longer than the budget never goes")
    func never() {
        var ledger = AirtimeLedger(subBand(perMille: 1), restoring: nil, at: .start)
        switch ledger.request(.seconds(4), at: .start) {
        case .never: break
        case .granted: Issue.record("granted")
        case .reserveFirst: Issue.record("reserved")
        case .wait: Issue.record("waits")
        }
    }
}
