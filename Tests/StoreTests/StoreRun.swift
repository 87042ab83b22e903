import Foundation
import PowerCut
import TestSupport

/// A trial of the store as a process: a trap of it is a finding, not the end of the tests.
struct StoreRun {
    /// What `lichen-sim store cuts` found.
    struct Cuts: CustomStringConvertible {
        var distinct = 0
        var bad = 0
        let outcome: Outcome

        /// What was wrong with the first bad image.
        var complaint: String {
            let lines = outcome.output.split(separator: "\n")
            if hasTrapped { return "\(lines.last?.dropFirst(3) ?? ""): \(outcome.ending)" }
            return String(lines.first { $0.hasPrefix("bad ") }?.dropFirst(4) ?? "")
        }

        /// Whether the store trapped on an image.
        var hasTrapped: Bool { if case .killed = outcome.ending { true } else { false } }

        var description: String {
            let lines = outcome.output.split(separator: "\n")
            let last = hasTrapped ? lines.suffix(1) : []
            let bad = lines.filter { $0.hasPrefix("bad ") || $0.hasPrefix("cuts ") }
            return (["\(outcome.ending)"] + bad + last + [Substring(outcome.errors)])
                .joined(separator: "\n")
        }
    }

    /// The recorder, beside the programs.
    static let shim = Build.host.path("libCDiskShim.so")

    /// A trial of `lichen-sim store`. Traps are told by the exit status: nobody has to symbolicate.
    static func program(_ arguments: [String]) throws -> Program {
        var program = try Build.host.program("lichen-sim", ["store"] + arguments)
        program.environment["SWIFT_BACKTRACE"] = "enable=no"
        return program
    }

    /// Runs a store through a history and cuts its power at every event.
    static func cuts(seed: Seed, _ arguments: [String] = []) async throws -> Cuts {
        let folder = CutTrial.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let program = try program(["cuts", folder, "--seed", "\(seed)"] + arguments)
        let outcome = try await program.run(within: .seconds(300))
        var cuts = Cuts(outcome: outcome)
        if let line = outcome.output.split(separator: "\n").last, line.hasPrefix("cuts ") {
            let words = line.split(separator: " ")
            cuts.distinct = Int(words[5]) ?? 0
            cuts.bad = Int(words[7]) ?? 0
        }
        return cuts
    }
}
