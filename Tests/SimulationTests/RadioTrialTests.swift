import Emulation
import LoRa
import Simulation
import TestSupport
import Testing

@Suite(.aside) struct RadioTrialTests {
    // Method: `RadioTrial`. `lichen-sim bench --only radio.faults` runs a thousand seeds.
    @Test(
        "whatever befalls a radio, it comes back, and nothing that was to be sent is lost",
        arguments: [ChipModel.sx1262, .sx1276], Seed.slice(6))
    func troubles(model: ChipModel, seed: Seed) {
        let outcome = RadioTrial.run(model, seed: seed.number)
        #expect(outcome.unrecovered.isEmpty, "replay: make test SEED=\(seed)")
        #expect(outcome.lostWrites == 0, "replay: make test SEED=\(seed)")
        #expect(outcome.recoveries.count == RadioTrouble.allCases.count)
    }
}
