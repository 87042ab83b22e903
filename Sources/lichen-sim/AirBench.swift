import Emulation

/// Rows about the air itself.
enum AirBench {
    /// How many seeds each experiment is averaged over.
    private static let seeds: Range<UInt64> = 1..<11

    /// LoRaSim's experiment 4, see `AlohaRun`.
    static func loraSim() throws -> BenchRow {
        var largest = 0.0
        var figures: [String] = []
        for index in AlohaRun.reference.indices {
            let (nodes, captures, rate) = AlohaRun.reference[index]
            let sum = seeds.reduce(0.0) { sum, seed in
                sum + AlohaRun(nodes: nodes, captures: captures, seed: seed).run().extractionRate
            }
            let mean = sum / Double(seeds.count)
            largest = max(largest, abs(mean - rate) * 100)
            figures.append("\((mean * 1_000).rounded() / 1_000)")
        }
        return BenchRow(
            id: "air.lorasim", title: "ALOHA against LoRaSim, largest deviation",
            value: (largest * 100).rounded() / 100, unit: "points", better: .lower, goal: 2,
            how:
                "data extraction rate of one SF12 gateway over a day, mean of \(seeds.count) seeds, "
                + "for 50, 100 and 300 nodes: \(figures[..<3].joined(separator: ", ")) without "
                + "capture and \(figures[3...].joined(separator: ", ")) with")
    }
}
