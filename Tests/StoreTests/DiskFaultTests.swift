import Foundation
import PowerCut
import TestSupport
import Testing

@Suite(.aside) struct DiskFaultTests {
    /// How a call fails, and how many do.
    enum Fault: String, CaseIterable {
        case inputOutput = "eio", noSpace = "enospc", short
    }

    // Method: each call of a run that writes, syncs, makes or renames fails in turn, alone and with
    // the nine after it. The worker tries again what is refused; the store must take it in the end,
    // and hold it when it is opened again. A call that failed alone may be made good in silence.
    @Test(
        "a failed call costs nothing acknowledged, and does not stop the store",
        arguments: Fault.allCases)
    func sweep(fault: Fault) async throws {
        let seed = Seed.slice(1)[0]
        let calls = try await run(seed, fault: nil).calls
        #expect(calls > 20)
        var told = 0
        for call in 1...calls {
            for count in [1, 10] {
                told += try await run(seed, fault: "\(fault.rawValue) \(call) \(count)").faults
            }
        }
        #expect(told > calls / 2 || fault == .short)
    }

    /// A worker whose calls fail.
    private func run(_ seed: Seed, fault: String?) async throws -> (calls: Int, faults: Int) {
        let folder = CutTrial.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var worker = try StoreRun.program(["work", folder, "--seed", "\(seed)", "--batches", "8"])
        worker.environment["LD_PRELOAD"] = StoreRun.shim
        worker.environment["LICHEN_DISK_FOLDER"] = folder
        worker.environment["LICHEN_DISK_FAULT"] = fault
        let outcome = try await worker.run(within: .seconds(60))
        #expect(outcome.ending == .exited(0), "\(fault ?? "no fault"): \(outcome)")
        // Nothing is damaged: a store that says so has lost its way, and goes on only when restarted.
        #expect(!outcome.output.contains("fault damaged"), "\(fault ?? "no fault"): \(outcome)")
        let lines = outcome.output.split(separator: "\n")
        let calls = lines.first { $0.hasPrefix("calls ") }.flatMap { Int($0.dropFirst(6)) }
        return (calls ?? 0, lines.count { $0.hasPrefix("fault ") })
    }
}
