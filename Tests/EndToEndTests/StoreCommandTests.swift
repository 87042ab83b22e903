import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// `lichen store`, while the agent runs.
    @Suite struct StoreCommandTests {
        private func withNode(
            _ body: (Field, Workbench) async throws -> Void
        ) async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                for number in 0..<20 {
                    let outcome = try await field.lichen(1, "set", "key \(number)", "\(number)")
                    #expect(outcome.ending == .exited(0), "\(outcome)")
                }
                try await body(field, bench)
                agent.signal(SIGTERM)
                #expect(try await agent.end().ending == .exited(0))
            }
        }

        @Test("stats, check and compact")
        func care() async throws {
            try await withNode { field, _ in
                let stats = try await field.lichen(1, "store", "stats")
                #expect(stats.ending == .exited(0), "\(stats)")
                #expect(stats.output.contains("state   21 of 512 entries\n"), "\(stats)")
                #expect(stats.output.contains(" MB a day of 12.0: "), "\(stats)")
                let check = try await field.lichen(1, "store", "check")
                #expect(check.output.hasSuffix("records, all are whole now\n"), "\(check)")
                let compact = try await field.lichen(1, "store", "compact")
                #expect(compact.ending == .exited(0) && compact.output.contains("bytes, before"))
                #expect(try await field.lichen(1, "get", "key 7").output == "7\n")
                let json = try await field.lichen(1, "store", "stats", "--json").output
                let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
                #expect((object as? [String: Any])?["entries"] as? Int == 21)
            }
        }

        // Method: the file is changed under the agent, which has all in memory.
        @Test("what the card has damaged is found, and written anew")
        func damage() async throws {
            try await withNode { field, bench in
                _ = try await field.lichen(1, "store", "compact")
                let url = URL(fileURLWithPath: "\(field.directory())/data.mdb")
                var data = try Data(contentsOf: url)
                let place = try #require(data.lastRange(of: Data("key 7".utf8)))
                data[place.lowerBound] ^= 1
                let file = try FileHandle(forUpdating: url)
                try file.write(contentsOf: data)
                try file.close()
                let check = try await field.lichen(1, "store", "check")
                #expect(check.ending == .exited(0), "\(check)")
                #expect(check.output.contains("1 damaged"), "\(check)")
                let again = try await field.lichen(1, "store", "check")
                #expect(again.output.hasSuffix("records, all are whole now\n"), "\(again)")
                #expect(!again.output.contains("damaged"), "\(again)")
                #expect(try await field.lichen(1, "get", "key 7").output == "7\n")
            }
        }

        @Test("what is exported is imported elsewhere, and costs nothing where it is")
        func exchange() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                for number in 1...2 {
                    _ = try await field.start(number)
                    #expect(try await field.lichen(number, "init", "valley").ending == .exited(0))
                }
                _ = try await field.lichen(1, "set", "door", "tab\tquote\"é")
                _ = try await field.lichen(1, "set", "--counter", "visits", "41")
                _ = try await field.lichen(1, "set", "--set", "add", "crew", "ann")
                let exported = try await field.lichen(1, "store", "export").output
                let items = try JSONSerialization.jsonObject(with: Data(exported.utf8))
                #expect((items as? [[String: Any]])?.count == 3, "\(exported)")
                let path = try bench.write(exported, to: "state.json")
                for expected in [
                    "3 entries written, 0 were there already\n",
                    "0 entries written, 3 were there already\n",
                ] {
                    let outcome = try await field.lichen(2, "store", "import", path)
                    #expect(outcome.ending == .exited(0) && outcome.errors == expected)
                }
                let copied = try await field.lichen(2, "store", "export").output
                #expect(copied == exported)
                let wrong = try bench.write("[{\"type\": 1", to: "wrong.json")
                let refused = try await field.lichen(2, "store", "import", wrong)
                #expect(
                    refused.refuses(1, "\(wrong): this is not what 'lichen store export' prints"))
                let missing = try await field.lichen(2, "store", "import", "nowhere")
                #expect(missing.ending == .exited(1))
                let usage = try await field.lichen(2, "store", "tidy")
                #expect(usage.ending == .exited(2))
            }
        }
    }
}
