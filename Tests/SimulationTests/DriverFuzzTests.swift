import Simulation
import TestSupport
import Testing

@Suite(.aside) struct DriverFuzzTests {
    // Method: `DriverFuzz`; `make soak` runs it for minutes.
    @Test(
        "whatever the bus answers, a call ends, after few transactions", arguments: Seed.slice(400))
    func drivers(seed: Seed) {
        let (transactions, _) = DriverFuzz.run(seed: seed.number)
        #expect(transactions <= DriverFuzz.limit, "replay: make test SEED=\(seed)")
    }
}
