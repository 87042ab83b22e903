import Simulation
import TestSupport
import Testing

@Suite(.aside) struct StateHistoryTests {
    // Method: eight replicas write, hear late, twice or never, are parted, lose power, are replaced.
    @Test("all histories end equal, and as the model says", arguments: Seed.slice(120))
    func histories(seed: Seed) {
        let finding = StateHistory(seed: seed.number).run()
        #expect(finding == nil, "replay: make test SEED=\(seed)")
    }

    // Method: the same histories with one deliberate mistake; at least one must show it.
    @Test("each flaw is caught", arguments: StateFlaw.allCases)
    func flaws(flaw: StateFlaw) {
        for seed in UInt64(1)...1_000 {
            let history = StateHistory(seed: seed, flaw: flaw)
            guard let finding = history.run(events: 300) else { continue }
            print("\(flaw.rawValue): caught by seed \(seed): \(finding.prefix(100))")
            return
        }
        Issue.record("no history shows that \(flaw.rawValue)")
    }
}
