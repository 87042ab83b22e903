import Base
import Emulation
import LoRa
import Simulation

/// Drivers of both families, on chips that fail and on buses that lie; the ledger's lives.
func checkRadio(_ report: inout Report) {
    report.group("radios in trouble", checkTroubles)
    report.group("lying buses", checkLies)
    report.group("ledgers against the oracle", checkLedgers)
}

private func checkTroubles(_ group: inout Group) {
    for (number, model) in [ChipModel.sx1262, .sx1276].enumerated() {
        let outcome = RadioTrial.run(model, seed: UInt64(number) + 1)
        group.expect(outcome.unrecovered.isEmpty, "every radio comes back")
        group.expect(outcome.lostWrites == 0, "nothing that was to be sent is lost")
        var trace = Fingerprint()
        for (_, time) in outcome.recoveries { trace.add(UInt64(time.wholeMicroseconds)) }
        for count in outcome.faults { trace.add(UInt64(count)) }
        group.note(model.rawValue, trace)
    }
}

private func checkLies(_ group: inout Group) {
    var trace = Fingerprint()
    for seed in 1...60 as ClosedRange<UInt64> {
        let (transactions, faults) = DriverFuzz.run(seed: seed)
        group.expect(transactions <= DriverFuzz.limit, "a call ends after few transactions")
        trace.add(UInt64(transactions))
        trace.add(UInt64(faults))
    }
    group.note("calls", trace)
}

private func checkLedgers(_ group: inout Group) {
    var frames = 0
    for seed in 1...500 as ClosedRange<UInt64> {
        let quiet = LedgerHistory.run(seed: seed, isTroubled: false)
        let troubled = LedgerHistory.run(seed: seed, isTroubled: true)
        group.expect(!quiet.isLawBroken && !troubled.isLawBroken, "no window holds too much")
        group.expect(quiet.disagreements == 0, "a quiet ledger agrees with the oracle")
        frames += quiet.frames + troubled.frames
    }
    group.note("frames", Int64(frames))
}
