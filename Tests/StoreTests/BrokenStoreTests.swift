import TestSupport
import Testing

@Suite struct BrokenStoreTests {
    /// A store that is wrong on purpose: in itself, or because the disk lies to it.
    struct Variant: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let arguments: [String]

        init(_ description: String, _ arguments: String...) {
            testDescription = description
            self.arguments = arguments
        }
    }

    static let variants = [
        Variant("acknowledges a batch before it is written", "--flaw", "acknowledges-early"),
        Variant("commits a batch in two halves", "--flaw", "commits-in-halves"),
        Variant("forgets deletions", "--flaw", "forgets-deletions"),
        Variant("hides a failed commit", "--flaw", "hides-faults", "--fault", "eio 30"),
        Variant("never syncs", "--lie", "skip *"),
        Variant("skips the syncs of its data", "--lie", "skip data.mdb"),
        Variant("skips every second sync of its data", "--lie", "half data.mdb"),
        Variant("acknowledges before the sync", "--lie", "late data.mdb"),
        Variant("does not wait for its meta page", "--lie", "plain data.mdb"),
    ]

    // Method: the honest store under the same cuts is what a variant must be told from.
    @Test("a broken store is caught", arguments: variants)
    func caught(variant: Variant) async throws {
        let seed = Seed.slice(1)[0]
        let honest = try await StoreRun.cuts(seed: seed, ["--batches", "30"])
        let cuts = try await StoreRun.cuts(seed: seed, ["--batches", "30"] + variant.arguments)
        #expect(cuts.hasTrapped || cuts.bad > honest.bad, "\(cuts)")
        let complaint = cuts.description.split(separator: "\n").dropFirst().first { line in
            !honest.description.contains(line)
        }
        print("caught: \(variant.testDescription): \(complaint ?? "\(cuts.outcome.ending)")")
    }
}
