import Base
import Simulation
import TestSupport
import Testing

@testable import LoRa

@Suite(.aside) struct AirtimeLedgerTests {
    private func subBand(perMille: Int) -> SubBand {
        SubBand(edges: 0...1, budget: .milliseconds(3_600 * perMille), maximumEIRP: 140)
    }

    // Method: random frames at random moments, often as soon as the ledger allows; each answer
    // compared with the oracle's, and the moment it names tried a microsecond before.
    @Test("a ledger with room agrees with the oracle", arguments: Seed.slice(300))
    func oracle(seed: Seed) {
        let verdict = LedgerHistory.run(seed: seed.number, isTroubled: false, requests: 60)
        #expect(!verdict.isLawBroken, "replay: make test SEED=\(seed)")
        #expect(verdict.disagreements == 0, "replay: make test SEED=\(seed)")
        #expect(verdict.frames > 5)
    }

    // Method: power cuts at random, the reservation of the last write restored, clocks that start
    // anywhere and go back, tables of a few entries. The oracle knows the true time.
    @Test(
        "power cuts, clocks that go back, full tables: no window ever holds more than the budget",
        arguments: Seed.slice(1_000))
    func troubles(seed: Seed) {
        let verdict = LedgerHistory.run(seed: seed.number, isTroubled: true, requests: 60)
        #expect(!verdict.isLawBroken, "replay: make test SEED=\(seed)")
    }

    @Test("a frame longer than the budget, or than any frame may be, never goes")
    func never() {
        func isNever(_ timeOnAir: Duration, dwell: Duration?) -> Bool {
            var subBand = subBand(perMille: 1)
            subBand.dwell = dwell
            var ledger = AirtimeLedger(subBand, restoring: nil, at: .start)
            switch ledger.request(timeOnAir, at: .start) {
            case .never: return true
            case .granted: return false
            case .reserveFirst: return false
            case .wait: return false
            }
        }
        #expect(isNever(.seconds(4), dwell: nil))
        #expect(!isNever(.seconds(3), dwell: nil))
        #expect(isNever(.milliseconds(401), dwell: .milliseconds(400)))
        #expect(!isNever(.milliseconds(400), dwell: .milliseconds(400)))
    }

    @Test("a clock that goes back has stood still: what was spent stays spent for a whole window")
    func clockGoesBack() {
        let budget = Duration.milliseconds(3_600)
        var ledger = AirtimeLedger(
            subBand(perMille: 1), restoring: nil, at: .start + .seconds(9_000))
        let late = Instant.start + .seconds(9_000)
        #expect(grant(budget, by: &ledger, at: late))
        let early = Instant.start + .seconds(100)
        #expect(!grant(.milliseconds(1), by: &ledger, at: early))
        #expect(!grant(.milliseconds(1), by: &ledger, at: early + .seconds(3_599)))
        #expect(grant(.milliseconds(1), by: &ledger, at: early + .seconds(3_601)))
    }

    private func grant(
        _ timeOnAir: Duration, by ledger: inout AirtimeLedger, at now: Instant
    ) -> Bool {
        while true {
            switch ledger.request(timeOnAir, at: now) {
            case .granted: return true
            case .reserveFirst(let reservation): ledger.reserved(reservation, at: now)
            case .wait: return false
            case .never: return false
            }
        }
    }
}
