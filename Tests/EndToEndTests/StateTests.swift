import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// What operators do with the shared state.
    @Suite struct StateTests {
        private func withNode(
            _ body: (Field, Workbench) async throws -> Void
        ) async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                try await body(field, bench)
                agent.signal(SIGTERM)
                #expect(try await agent.end().ending == .exited(0))
            }
        }

        /// Runs a command that must succeed.
        private func run(_ field: Field, _ words: String...) async throws -> String {
            let outcome = try await field.lichen(1, words)
            #expect(outcome.ending == .exited(0), "\(words): \(outcome)")
            return outcome.output
        }

        @Test("counters add up, sets hold elements, keys go away; each is asked for by its type")
        func types() async throws {
            try await withNode { field, _ in
                _ = try await run(field, "set", "--counter", "visits", "5")
                _ = try await run(field, "set", "--counter", "--", "visits", "-2")
                #expect(try await run(field, "get", "--counter", "visits") == "3\n")
                #expect(try await run(field, "get", "--counter") == "visits\t3\n")

                for name in ["bo", "ann", "cy"] {
                    _ = try await run(field, "set", "--set", "add", "crew", name)
                }
                _ = try await run(field, "set", "--set", "remove", "crew", "cy")
                #expect(try await run(field, "get", "--set", "crew") == "ann\nbo\n")
                let gone = try await field.lichen(1, "set", "--set", "remove", "crew", "cy")
                #expect(gone.refuses(1, "there is nothing of that name to take away"), "\(gone)")

                _ = try await run(field, "set", "door", "open")
                _ = try await run(field, "set", "--urgency", "seconds", "dog", "in")
                #expect(try await run(field, "get") == "dog\tin\ndoor\topen\n")
                #expect(try await run(field, "get", "do*") == "dog\tin\ndoor\topen\n")
                #expect(try await run(field, "get", "x*") == "")
                #expect(try await run(field, "get", "--conflicts") == "")
                _ = try await run(field, "set", "--remove", "door")
                let door = try await field.lichen(1, "get", "door")
                #expect(door.refuses(1, "there is no key 'door'; 'lichen get' lists all"))
                #expect(
                    try await field.lichen(1, "get", "crew").refuses(
                        1, "there is no key 'crew'; 'lichen get' lists all"))
                let soon = try await field.lichen(1, "set", "--urgency", "soon", "a", "b")
                #expect(soon.refuses(1, "an urgency is now, seconds or minutes"), "\(soon)")
            }
        }

        @Test("JSON is an array where there may be several")
        func json() async throws {
            try await withNode { field, _ in
                #expect(try await run(field, "get", "--json") == "[]\n")
                _ = try await run(field, "set", "--set", "add", "crew", "ann")
                _ = try await run(field, "set", "--counter", "visits", "5")
                _ = try await run(field, "set", "door", "open")
                for (words, count) in [
                    (["get", "--json"], 1), (["get", "--set", "crew", "--json"], 1),
                    (["get", "--counter", "v*", "--json"], 1),
                ] {
                    let text = try await field.lichen(1, words).output
                    let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
                    #expect((parsed as? [[String: Any]])?.count == count, "\(words): \(text)")
                }
                let text = try await run(field, "get", "--counter", "visits", "--json")
                let one = try JSONSerialization.jsonObject(with: Data(text.utf8))
                #expect((one as? [String: Any])?["value"] as? Int == 5)
            }
        }

        @Test("more keys than one answer holds are all told, once, in their order")
        func pages() async throws {
            try await withNode { field, _ in
                var expected = ""
                for number in 100..<321 {
                    _ = try await run(field, "set", "key-\(number)", "\(number)")
                    expected += "key-\(number)\t\(number)\n"
                }
                #expect(try await run(field, "get") == expected)
                #expect(try await run(field, "get", "key-3*").split(separator: "\n").count == 21)
            }
        }

        @Test("watch tells of counters and sets where it is asked to, and of what goes")
        func watch() async throws {
            try await withNode { field, bench in
                let counters = try bench.start(field.client(1, ["watch", "--counter"]))
                let sets = try bench.start(field.client(1, ["watch", "--set", "cr*"]))
                let keys = try bench.start(field.client(1, ["watch"]))
                _ = try await run(field, "set", "door", "open")
                try await keys.says("door\topen\n")
                _ = try await run(field, "set", "--counter", "visits", "5")
                try await counters.says("visits\t5\n")
                _ = try await run(field, "set", "--set", "add", "other", "x")
                _ = try await run(field, "set", "--set", "add", "crew", "ann")
                _ = try await run(field, "set", "--set", "remove", "crew", "ann")
                try await sets.says("crew\t+ann\ncrew\t-ann\n")
                _ = try await run(field, "set", "--remove", "door")
                try await keys.says("door\topen\ndoor\t\n")
                for program in [counters, sets, keys] {
                    program.signal(SIGINT)
                    _ = try await program.end()
                }
            }
        }
    }
}
