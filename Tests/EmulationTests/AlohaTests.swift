import Emulation
import TestSupport
import Testing

@Suite(.aside) struct AlohaTests {
    // Method: the mean of some seeds, fewer where there are more frames; bench row air.lorasim is the
    // same with more of them.
    @Test("single-gateway ALOHA is LoRaSim's within two points", arguments: 0..<6)
    func extractionRate(row: Int) {
        let (nodes, captures, rate) = AlohaRun.reference[row]
        let seeds: Range<UInt64> = 1..<(nodes == 300 ? 2 : nodes == 100 ? 3 : 5)
        let rates = seeds.map { seed in
            AlohaRun(nodes: nodes, captures: captures, seed: seed).run().extractionRate
        }
        let mean = rates.reduce(0, +) / Double(rates.count)
        #expect(abs(mean - rate) <= 0.02, "\(nodes) nodes: \(mean)")
    }
}
