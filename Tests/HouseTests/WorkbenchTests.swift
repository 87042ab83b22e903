import Foundation
import TestSupport
import Testing

@Suite struct WorkbenchTests {
    @Test("input goes in, output and exit status come out")
    func run() async throws {
        var shell = Program("/bin/sh", ["-c", "cat; echo $WORD; pwd; echo talk >&2; exit 3"])
        shell.input = "line\n"
        shell.environment["WORD"] = "stone"
        shell.folder = "/usr"
        let outcome = try await shell.run()
        #expect(outcome.ending == .exited(3))
        #expect(outcome.output == "line\nstone\n/usr\n")
        #expect(outcome.errors == "talk\n")
    }

    @Test("a signal that ended it is told")
    func killed() async throws {
        let outcome = try await Program("/bin/sh", ["-c", "kill -TERM $$"]).run()
        #expect(outcome.ending == .killed(bySignal: SIGTERM))
    }

    @Test("megabytes of output block nobody")
    func much() async throws {
        let outcome = try await Program("/bin/sh", ["-c", "yes lichen | head -n 1000000"]).run()
        #expect(outcome.output.utf8.count == 7_000_000)
    }

    @Test("one that does not end is killed, and what it said is told")
    func tooSlow() async throws {
        let error = try await #require(throws: ProgramError.self) {
            _ = try await Program("/bin/sh", ["-c", "echo waiting; exec sleep 600"])
                .run(within: .milliseconds(300))
        }
        #expect("\(error)".contains("waiting"))
    }

    @Test("a missing program is an error")
    func missing() async throws {
        await #expect(throws: ProgramError.self) { try await Program("/nowhere/at-all").run() }
    }

    @Test("words are awaited while it runs, and signals reach it")
    func conversation() async throws {
        try await withWorkbench { bench in
            let program = try bench.start(
                Program(
                    "/bin/sh", ["-c", "trap 'echo bye; exit 0' TERM; sleep 600 & echo ready; wait"])
            )
            try await program.says("ready")
            program.signal(SIGTERM)
            let outcome = try await program.end(within: .seconds(5))
            #expect(outcome.ending == .exited(0))
            #expect(outcome.output == "ready\nbye\n")
            // The shell has left a child behind.
            #expect(bench.processes().count == 1)
            #expect(!bench.processes().contains(program.pid))
        }
    }

    @Test("one that ends without the awaited words is an error at once")
    func silent() async throws {
        try await withWorkbench { bench in
            let program = try bench.start(Program("/bin/sh", ["-c", "exit 0"]))
            await #expect(throws: ProgramError.self) {
                try await program.says("ready", within: .seconds(60))
            }
        }
    }

    @Test("afterwards nothing is left, grandchildren and folder included")
    func cleared() async throws {
        let (folder, pids) = try await withWorkbench { bench in
            let program = try bench.start(
                Program("/bin/sh", ["-c", "sleep 600 & echo ready; sleep 601"]))
            try await program.says("ready")
            _ = await eventually(within: .seconds(5)) { bench.processes().count == 3 }
            return (bench.folder, bench.processes())
        }
        #expect(pids.count == 3)
        #expect(!FileManager.default.fileExists(atPath: folder))
        let gone = await eventually(within: .seconds(5)) {
            pids.allSatisfy { pid in
                FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")?.isEmpty ?? true
            }
        }
        #expect(gone)
    }

    @Test("blocks taken from the heap are counted")
    func allocationsCounted() {
        func work() { withExtendedLifetime([Int](repeating: 1, count: Int.random(in: 9...9))) {} }
        work()
        guard let count = allocations(during: work) else { return }  // Under a sanitizer.
        #expect(count >= 1)
        #expect(allocations(during: {}) == 0)
    }

    @Test("seeds are the same in every run", .disabled(if: Program.inherited("SEED") != nil))
    func seeds() {
        #expect(Seed.slice(3).starts(with: Seed.slice(2)))
        #expect(Set(Seed.slice(100)).count >= 100)
    }
}
