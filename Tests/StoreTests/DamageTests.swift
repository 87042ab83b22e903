import Base
import Foundation
import PowerCut
import TestSupport
import Testing

@Suite(.aside) struct DamageTests {
    /// What a card may lose at once: a page of its flash, and an erase block.
    static let regions = [16 << 10, 4 << 20]

    // Method: a store of some megabytes in several copies; in each a region of one of its files is
    // damaged; a process of its own opens it and compares all that it is given with what was written.
    @Test("a damaged region is noticed, and nothing false is read", arguments: Seed.slice(1))
    func regions(seed: Seed) async throws {
        try await withWorkbench { bench in
            let whole = bench.path("whole")
            try FileManager.default.createDirectory(
                atPath: whole, withIntermediateDirectories: true)
            try DamageTrial.fill(whole)
            try #require(DamageTrial.read(whole) == .whole)
            var dice = Dice(seed)
            var failures: [String] = []
            var counts: [String: Int] = [:]
            for size in Self.regions {
                for damage in DamageTrial.Damage.allCases {
                    for round in 0..<2 {
                        let (what, outcome) = try await read(
                            whole, size, damage, atStart: round == 0, bench, &dice)
                        let said =
                            outcome.ending == .exited(0) || outcome.ending == .exited(1)
                            ? outcome.output : "\(outcome.ending)"
                        let kind = String(said.prefix { $0 != "(" && $0 != "\n" })
                        counts[kind, default: 0] += 1
                        if outcome.ending != .exited(0) { failures.append("\(what): \(said)") }
                    }
                }
            }
            print(
                "damaged regions: \(counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" })"
            )
            #expect(failures == [], "replay: make test SEED=\(seed)")
        }
    }

    // Method: a small store, in which a few bytes or pages are changed where its structures are.
    @Test("whatever its files hold, the store does not trap", arguments: Seed.slice(2))
    func structures(seed: Seed) async throws {
        let folder = CutTrial.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let first = seed.number * 1_000
        let outcome = try await StoreRun.program(
            ["fuzz", folder, "--seed", "\(first)", "--count", "100"]
        ).run(within: .seconds(120))
        let lines = outcome.output.split(separator: "\n")
        let said = "\(outcome.ending) \(lines.suffix(3)) \(outcome.errors)"
        #expect(outcome.ending == .exited(0), "replay: make test SEED=\(seed)\n\(said)")
    }

    private func read(
        _ whole: String, _ size: Int, _ damage: DamageTrial.Damage, atStart: Bool,
        _ bench: Workbench, _ dice: inout Dice
    ) async throws -> (String, Outcome) {
        let copy = bench.path("copy")
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: whole, toPath: copy)
        let names = try FileManager.default.contentsOfDirectory(atPath: copy).sorted()
        let name = names[dice.roll(0..<names.count)]
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(copy)/\(name)")
        let length = (attributes[.size] as? NSNumber)?.intValue ?? 0
        let last = max(1, (length - size / 2) / 4_096)
        let start = atStart ? 0 : dice.roll(0..<last) * 4_096
        try DamageTrial.damage("\(copy)/\(name)", start..<(start + size), damage, dice: &dice)
        let outcome = try await bench.start(StoreRun.program(["read", copy])).end(
            within: .seconds(60))
        return ("\(size) B of \(name) at \(start) \(damage)", outcome)
    }
}
