import Base
import Foundation
import PowerCut
import Store
import TestSupport
import Testing

@Suite(.aside) struct PowerCutTests {
    // Method: a worker's every write and sync is recorded; for each moment the images are made that a
    // cut may leave, and opened.
    @Test(
        "after any cut the store holds a committed prefix with all that was acknowledged",
        arguments: Seed.slice(3))
    func cuts(seed: Seed) async throws {
        let cuts = try await StoreRun.cuts(seed: seed, ["--batches", "40"])
        #expect(cuts.distinct > 150, "\(cuts)")
        #expect(cuts.outcome.ending == .exited(0), "replay: make test SEED=\(seed)\n\(cuts)")
    }

    @Test("the same where only a sync of the folder keeps a name", arguments: Seed.slice(1))
    func names(seed: Seed) async throws {
        let cuts = try await StoreRun.cuts(seed: seed, ["--batches", "20", "--strict-names"])
        #expect(cuts.distinct > 100, "\(cuts)")
        #expect(cuts.outcome.ending == .exited(0), "replay: make test SEED=\(seed)\n\(cuts)")
    }

    // Method: some of the images are opened under the recorder, and the work goes on from there.
    @Test(
        "the same when the power is cut again while the store is put right",
        arguments: Seed.slice(1))
    func again(seed: Seed) async throws {
        let cuts = try await StoreRun.cuts(
            seed: seed, ["--batches", "20", "--effort", "1", "--again", "4"])
        #expect(cuts.distinct > 100, "\(cuts)")
        #expect(cuts.outcome.ending == .exited(0), "replay: make test SEED=\(seed)\n\(cuts)")
    }

    // Method: what a failed sync was to put on flash stays uncertain for ever, as on Linux.
    @Test("the same when a call had failed before", arguments: Seed.slice(1))
    func afterFault(seed: Seed) async throws {
        for kind in ["eio", "enospc", "short"] {
            let call = 18 + seed.number % 40
            let cuts = try await StoreRun.cuts(
                seed: seed, ["--batches", "20", "--fault", "\(kind) \(call) 2"])
            #expect(cuts.distinct > 50, "\(cuts)")
            #expect(
                cuts.outcome.ending == .exited(0),
                "\(kind) \(call); replay: make test SEED=\(seed)\n\(cuts)")
        }
    }

    @Test(
        "the disk of a program that is cut in the midst of a write opens", arguments: Seed.slice(3))
    func midWrite(seed: Seed) async throws {
        let folder = CutTrial.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(
            atPath: "\(folder)/work", withIntermediateDirectories: true)
        var recorded = RecordedRun(shim: StoreRun.shim, folder: "\(folder)/work")
        recorded.record = "\(folder)/record"
        let (status, output) = try recorded.run(
            Build.host.path("lichen-sim"),
            ["store", "work", "\(folder)/work", "--seed", "\(seed)", "--batches", "5"])
        try #require(status == 0, "\(output)")
        let torn = try MidWriteCut.make(
            record: "\(folder)/record", in: "\(folder)/image", seed: seed.number)
        #expect(torn.contains("torn"))
        var store = try Store(in: "\(folder)/image")
        var count = 0
        try store.forEach { (_, _) throws(DiskFault) in count += 1 }
        #expect(count > 0 && !store.isDamaged, "\(torn); replay: make test SEED=\(seed)")
    }
}
