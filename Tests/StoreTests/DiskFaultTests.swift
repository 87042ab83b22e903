import Foundation
import TestSupport
import Testing

@Suite struct DiskFaultTests {
    /// How a call fails, and how many do.
    enum Fault: String, CaseIterable {
        case inputOutput = "eio", noSpace = "enospc", short
    }

    // Method: each call of a run that writes, syncs, makes or renames fails in turn, alone and with
    // the nine after it. The worker tries again what is refused; the store must take it in the end,
    // and hold it when another process opens it.
    @Test(
        "a failed call is told, costs nothing acknowledged, and does not stop the store",
        arguments: Fault.allCases)
    func sweep(fault: Fault) async throws {
        let seed = Seed.slice(1)[0]
        let calls = try await run(seed, fault: nil).calls
        #expect(calls > 20)
        for call in 1...calls {
            for count in [1, 10] {
                let setting = "\(fault.rawValue) \(call) \(count)"
                let told = try await run(seed, fault: setting)
                // A write that was short can be told from nothing, if the rest was written then.
                #expect(
                    told.faults > 0 || fault == .short || told.isRetried,
                    "\(setting): a fault without an error")
            }
        }
    }

    /// What a worker told.
    private struct Told {
        var calls = 0
        var faults = 0
        /// Whether the store made more calls than it does alone, and so went another way.
        var isRetried = false
    }

    private func run(_ seed: Seed, fault: String?) async throws -> Told {
        try await withWorkbench { bench in
            let folder = bench.path("store")
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            let what = [folder, "--seed", "\(seed)", "--batches", "12"]
            var worker = try StoreRun.program(["work"] + what)
            worker.environment["LD_PRELOAD"] = StoreRun.shim
            worker.environment["LICHEN_DISK_FOLDER"] = folder
            worker.environment["LICHEN_DISK_FAULT"] = fault
            let outcome = try await bench.start(worker).end(within: .seconds(60))
            #expect(outcome.ending == .exited(0), "\(fault ?? "no fault"): \(outcome)")
            let check = try await bench.start(StoreRun.program(["check"] + what))
                .end(within: .seconds(60))
            #expect(check.ending == .exited(0), "\(fault ?? "no fault"): \(check)")
            var told = Told()
            for line in outcome.output.split(separator: "\n") {
                if line.hasPrefix("fault ") { told.faults += 1 }
                if line.hasPrefix("calls ") { told.calls = Int(line.dropFirst(6)) ?? 0 }
            }
            return told
        }
    }
}
