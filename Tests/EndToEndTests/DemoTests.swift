import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct DemoTests {
        /// What it says it shows, in this order; what came of each follows behind a colon.
        private static let steps = [
            "five agents start, and answer on their control sockets",
            "node 1 founds the mesh 'valley'",
            "node 2 joins by its code, over LoRa",
            "node 3 joins by its code, over LoRa",
            "node 4 joins by its code, over LoRa",
            "node 5 joins by its code, over LoRa",
            "all five know all five, with equal state on flash",
            "'bridge = open', set on node 3, appears on all",
            "node 5 is carried out of reach; it and node 2 write the same key",
            "node 5 comes back: all agree on the later write",
            "node 4 is killed (SIGKILL) while others write",
            "node 4 starts again and catches up",
            "node 2, out of reach, loses its power in the midst of a write",
            "node 2 starts with what the cut left of its card: the five are there",
            "node 2 comes back: all agree, and all have the five",
            "all agents end cleanly at SIGTERM",
        ]

        private func demo(_ bench: Workbench) throws -> RunningProgram {
            try bench.start(
                Build.host.program(
                    "lichen-sim", ["demo", "--plain", "--lichen", Build.host.path("lichen")]))
        }

        /// The demo's folder, as its agents were told it.
        private func scene(_ bench: Workbench) -> String? {
            for pid in bench.processes() {
                guard let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline")
                else { continue }
                let words = line.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
                guard let file = words.first(where: { $0.hasSuffix("/lichen.conf") }) else {
                    continue
                }
                return URL(filePath: file).deletingLastPathComponent()
                    .deletingLastPathComponent().path(percentEncoded: false)
            }
            return nil
        }

        @Test("the demo shows all that it claims within 90 s, and leaves nothing behind")
        func whole() async throws {
            try await withWorkbench { bench in
                let demo = try demo(bench)
                try await demo.says("answer on their control sockets\n", within: .seconds(30))
                let folder = try #require(scene(bench))
                #expect(folder.hasPrefix("/tmp/lichen-demo-"))
                let outcome = try await demo.end(within: .seconds(90))
                #expect(outcome.ending == .exited(0), "\(outcome)")
                #expect(outcome.errors == "")
                #expect(!outcome.output.contains("\u{1B}"), "plain lines")
                let lines = outcome.output.split(separator: "\n").map(String.init)
                let shown = lines.filter { $0.hasPrefix("ok  ") }
                #expect(shown.count == Self.steps.count)
                for (line, step) in zip(shown, Self.steps) {
                    #expect(line == "ok  \(step)" || line.hasPrefix("ok  \(step): "))
                }
                let rows = lines.filter {
                    $0.wholeMatch(
                        of: /\s+[1-5] +\d+ +\d+ +\d+\.\d\d s +\d+\.\d\d % +[1-9]\d* kB/) != nil
                }
                #expect(rows.count == 5, "\(outcome)")
                #expect(outcome.output.contains("All claims were checked and are true, "))
                #expect(bench.processes() == [])
                #expect(!exists(folder))
            }
        }

        @Test("Ctrl-C in the middle: status 1, and nothing is left", arguments: [SIGINT, SIGTERM])
        func interrupted(signal: Int32) async throws {
            try await withWorkbench { bench in
                let demo = try demo(bench)
                try await demo.says("ok  node 2 joins", within: .seconds(40))
                let folder = try #require(scene(bench))
                #expect(exists("\(folder)/node-1.sock"))
                #expect(bench.processes().count == 6)
                demo.signal(signal)
                let outcome = try await demo.end(within: .seconds(10))
                #expect(outcome.ending == .exited(1))
                #expect(
                    outcome.errors
                        == "lichen-sim: interrupted; all processes are ended and all files removed\n"
                )
                #expect(bench.processes() == [])
                #expect(!exists(folder))
            }
        }

        @Test("Ctrl-C before anything has happened leaves nothing either")
        func interruptedEarly() async throws {
            try await withWorkbench { bench in
                let demo = try demo(bench)
                var folder: String?
                _ = await eventually(within: .seconds(20)) {
                    folder = scene(bench)
                    return folder != nil
                }
                demo.signal(SIGINT)
                #expect(try await demo.end(within: .seconds(10)).ending == .exited(1))
                #expect(bench.processes() == [])
                #expect(!exists(try #require(folder)))
            }
        }

        @Test("without the program it says what makes it")
        func noProgram() async throws {
            let outcome = try await Build.host.program(
                "lichen-sim", ["demo", "--plain", "--lichen", "/nowhere/lichen"]
            ).run()
            #expect(outcome.ending == .exited(1))
            #expect(outcome.output == "")
            #expect(
                outcome.errors
                    == "lichen-sim: there is no program at /nowhere/lichen; 'make build' makes it, "
                    + "or name one with --lichen\n")
        }
    }
}
