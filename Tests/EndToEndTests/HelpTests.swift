import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct HelpTests {
        private static let commands = [
            "agent", "init", "code", "pair", "status", "nodes", "get", "set", "watch", "store",
            "radio",
            "version",
        ]
        private static let verbs = [
            "probe", "status", "airtime", "listen", "send", "ping", "range",
        ]

        @Test("the general help is as it was reviewed")
        func general() async throws { try await compare(["--help"], "lichen") }

        @Test("so is each command's", arguments: commands)
        func command(_ word: String) async throws {
            try await compare([word, "--help"], word)
            try await compare(["-h", word], word)
        }

        @Test("so is that of each thing that 'radio' does", arguments: verbs)
        func verb(_ word: String) async throws {
            try await compare(["radio", word, "--help"], "radio-\(word)")
            try await compare(["radio", "-h", word], "radio-\(word)")
        }

        @Test("'radio' alone says what it can do")
        func bareRadio() async throws { try await compare(["radio"], "radio") }

        @Test("the general help names every command, and no other")
        func complete() throws {
            let text = try Repository.text("Tests/EndToEndTests/Snapshots/lichen.txt")
            let listed = text.split(separator: "\n").drop { $0 != "Commands:" }.dropFirst()
                .prefix { $0.hasPrefix("  ") }.compactMap { $0.split(separator: " ").first }
            #expect(listed.map(String.init) == Self.commands)
        }

        @Test(
            "lines of help fit a terminal",
            arguments: ["lichen"] + commands + verbs.map { "radio-\($0)" })
        func width(_ name: String) throws {
            let text = try Repository.text("Tests/EndToEndTests/Snapshots/\(name).txt")
            #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
        }

        // Method: the example is copied as it stands on the screen; only its paths are this test's.
        @Test("the configuration in the help is one that an agent takes")
        func example() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let help = try await Build.host.program("lichen", ["agent", "--help"]).run().output
                let example = help.split(separator: "\n").filter {
                    $0.hasPrefix("  [") || $0.contains(" = ")
                }
                .joined(separator: "\n")
                .replacing("/tmp/air/node-1.sock", with: field.radio())
                .replacing("/var/lib/lichen", with: field.directory())
                .replacing("/run/lichen.sock", with: field.socket())
                #expect(example.contains("[control]"))
                try bench.write(example, to: "1.conf")
                _ = try await field.start()
                #expect(try await field.lichen(1, "status").output.hasPrefix("node    hut-3, up "))
            }
        }

        private func compare(_ arguments: [String], _ name: String) async throws {
            let outcome = try await Build.host.program("lichen", arguments).run()
            #expect(outcome.ending == .exited(0))
            #expect(outcome.errors == "")
            #expect(
                try outcome.output == Repository.text("Tests/EndToEndTests/Snapshots/\(name).txt"),
                "where it is better now, copy it: lichen \(arguments.joined(separator: " "))")
        }
    }
}
