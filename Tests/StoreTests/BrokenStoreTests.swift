import TestSupport
import Testing

@Suite(.aside) struct BrokenStoreTests {
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
        Variant("hides a failed commit", "--flaw", "hides-faults", "--fault", "eio 40 6"),
        Variant("never syncs", "--lie", "skip *"),
        Variant("acknowledges what is not synced in the log", "--lie", "skip log"),
        Variant("acknowledges before the log is synced", "--lie", "late log"),
        Variant("syncs every second frame of the log", "--lie", "half log"),
        Variant(
            "does not sync the tree before it names it in a meta page", "--lie", "skip data.mdb"),
        Variant("syncs the tree after its meta page", "--lie", "late data.mdb"),
        Variant("does not wait for the meta page", "--lie", "plain data.mdb"),
        Variant("does not sync a new file before it is named", "--lie", "skip log.new"),
        Variant("does not sync a new tree before it is named", "--lie", "skip data.mdb.new"),
        Variant("does not sync names", "--lie", "skip .", "--strict-names"),
    ]

    // Method: cuts under which `PowerCutTests` finds nothing wrong with the honest store.
    @Test("a broken store is caught", arguments: variants)
    func caught(variant: Variant) async throws {
        let seed = Seed.slice(1)[0]
        let cuts = try await StoreRun.cuts(
            seed: seed, ["--batches", "60", "--until-bad"] + variant.arguments)
        #expect(cuts.bad > 0 || cuts.hasTrapped, "\(cuts)")
        print("caught: \(variant.testDescription)\n    by \(cuts.complaint)")
    }
}
