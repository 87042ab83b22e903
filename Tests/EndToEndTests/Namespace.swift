import Foundation
import TestSupport

/// File systems that are small or read-only, seen by one program only. No root is needed where the
/// kernel lets users have namespaces of their own; there a remount must name type and source, or
/// mount(8) hands the kernel the owner's number as it is outside.
enum Namespace {
    /// What `unshare` needs here; `nil` where the machine allows neither.
    static func flags() async -> [String]? {
        for flags in [["-m"], ["-Urm"]] {
            let trial = Program(
                "/usr/bin/env", ["unshare"] + flags + ["mount", "-t", "tmpfs", "none", "/mnt"])
            if let outcome = try? await trial.run(), outcome.ending == .exited(0) { return flags }
        }
        return nil
    }

    static let hint = "this machine lets nobody mount a file system in a namespace"

    /// The program, after a shell has prepared its file systems; it has the shell's process.
    static func program(_ program: Program, after script: String) async throws -> Program {
        let command = ["sh", "-ec", script + "\nexec \"$@\"", "sh", program.path]
        return Program(
            "/usr/bin/env", ["unshare"] + (await flags() ?? []) + command + program.arguments)
    }

    /// Runs a command where `process` is.
    static func enter(_ process: RunningProgram, _ command: [String]) async throws -> Outcome {
        let user = await flags() == ["-m"] ? [] : ["-U", "--preserve-credentials"]
        return try await Program(
            "/usr/bin/env", ["nsenter", "-t", "\(process.pid)"] + user + ["-m"] + command
        ).run()
    }
}
