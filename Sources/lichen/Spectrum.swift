/// Levels as a row of blocks, one a level, from the lowest of them to the highest.
struct Spectrum {
    private var levels: [Int] = []
    private let limit: Int

    /// - Parameter limit: The most levels that are kept: those before are forgotten.
    init(limit: Int) { self.limit = limit }

    /// Adds a level in dBm behind the others.
    mutating func append(_ level: Int) {
        levels.append(level)
        if levels.count > limit { levels.removeFirst() }
    }

    /// Takes other levels instead.
    mutating func replace(by levels: [Int]) { self.levels = Array(levels.prefix(limit)) }

    /// The blocks with lowest, now and highest behind them. Quiet bands look quiet: eight steps are
    /// 16 dB at least.
    func line(now: Int?) -> String {
        guard let lowest = levels.min(), let highest = levels.max() else { return "" }
        let blocks: [StaticString] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
        var text = ""
        for level in levels {
            text += blocks[(level - lowest) * 7 / max(16, highest - lowest)].description
        }
        return text + "  \(lowest) / \(now.map { "\($0)" } ?? "-") / \(highest) dBm"
    }
}
