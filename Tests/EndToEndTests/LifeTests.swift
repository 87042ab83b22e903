import Base
import Crypto
import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct LifeTests {
        @Test("SIGTERM and Ctrl-C: status 0, the socket is gone", arguments: [SIGTERM, SIGINT])
        func stop(signal: Int32) async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                #expect(exists(field.socket()))
                agent.signal(signal)
                let outcome = try await agent.end(within: .seconds(5))
                #expect(outcome.ending == .exited(0))
                #expect(outcome.output == "")
                #expect(
                    outcome.errors == """
                        lichen: node hut-1 is up; 'lichen status' asks at \(field.socket())
                        lichen: node hut-1 has stopped, its state is on flash

                        """)
                #expect(!exists(field.socket()))
            }
        }

        @Test("a radio that was gone and comes back is found again, without spinning meanwhile")
        func radioReturns() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                _ = field.air.kill()
                try await agent.says("the radio's connection is gone")
                let status = try await field.lichen(1, "status")
                #expect(status.output.contains("the radio's connection is gone"), "\(status)")
                let before = processorTicks(of: agent.pid)
                try await agent.says("connect failed", within: .seconds(10))
                #expect(processorTicks(of: agent.pid) - before < 20, "a fifth of a second in one")

                let again = try bench.start(
                    Build.host.program(
                        "lichen-sim", ["air", "--nodes", "1", "--directory", bench.path("air")]))
                try await again.says("Ctrl-C ends.")
                try await agent.says("the radio works again", within: .seconds(20))
            }
        }

        /// User and system time of a process so far, in hundredths of a second (proc(5): fields 14, 15).
        private func processorTicks(of pid: Int32) -> Int {
            let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
        }

        // Method: each write is acknowledged, and the power fails at once.
        @Test("what was acknowledged is there after kill -9, again and again")
        func powerCut() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                var agent = try await field.start()
                let code = try await field.lichen(1, "code").output
                agent.kill()
                agent = try await field.start()
                #expect(try await field.lichen(1, "code").output == code)
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                for round in 1...4 {
                    agent.kill()
                    #expect(exists(field.socket()), "the stale socket that the next one replaces")
                    agent = try await field.start()
                    let status = try await field.lichen(1, "status").output
                    #expect(status.contains("mesh    valley, node 1;"), "\(status)")
                    #expect(
                        try await field.lichen(1, "set", "round", "\(round)").ending == .exited(0))
                    agent.kill()
                    agent = try await field.start()
                    #expect(try await field.lichen(1, "get", "round").output == "\(round)\n")
                }
            }
        }

        @Test("without arguments it says what this node is doing, or what to type next")
        func summary() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                let before = try await field.client(1, []).run()
                #expect(before.ending == .exited(0))
                let age = try #require(before.output.firstMatch(of: /up \d+ s/)).output
                #expect(
                    before.output == """
                        node    hut-1, \(age)
                        mesh    none; 'lichen init' founds one, 'lichen code' is for joining one
                        radio   869.525 MHz SF7 125 kHz, on air 0.0 % of the hour's budget
                        state   0 of 512 keys, all on flash

                        """)
                #expect(
                    try await field.lichen(1, "nodes").errors
                        == "This node belongs to no mesh, so there are no members.\n")
                let founded = try await field.lichen(1, "init", "valley")
                #expect(
                    founded.output == """
                        Founded the mesh 'valley'. Admit other nodes with 'lichen pair CODE'; \
                        'lichen code' there prints it.

                        """)
                let after = try await field.client(1, []).run()
                #expect(after.output.contains("mesh    valley, node 1; 0 of 0 others heard"))
                agent.kill()
                #expect(
                    try await field.client(1, []).run().output
                        .hasPrefix("No agent is running here"))
            }
        }

        @Test("watch shows all, then each change, and waits for an agent that restarts")
        func watch() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                var agent = try await field.start()
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                #expect(try await field.lichen(1, "set", "bridge", "open").ending == .exited(0))
                #expect(try await field.lichen(1, "set", "gate", "open").ending == .exited(0))
                let watch = try bench.start(field.client(1, ["watch", "b"]))
                try await watch.says("bridge\topen\n")
                #expect(try await field.lichen(1, "set", "gate", "shut").ending == .exited(0))
                #expect(try await field.lichen(1, "set", "bridge", "shut").ending == .exited(0))
                try await watch.says("bridge\topen\nbridge\tshut\n")
                agent.kill()
                try await watch.says("lichen: the agent has ended; waiting for it\n")
                agent = try await field.start()
                #expect(try await field.lichen(1, "set", "boat", "here").ending == .exited(0))
                try await watch.says("boat\there\n")
                #expect(watch.output.hasPrefix("bridge\topen\nbridge\tshut\n"))
                #expect(!watch.output.contains("gate"))
                #expect(watch.poll() == nil)
                watch.signal(SIGINT)
                #expect(try await watch.end().ending == .killed(bySignal: SIGINT))
            }
        }

        @Test("a node joins by its code; a wrong code changes nothing")
        func pairing() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                _ = try await field.start(1)
                _ = try await field.start(2)
                let code = String(try await field.lichen(2, "code").output.dropLast())
                #expect(code.wholeMatch(of: /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/) != nil)

                let early = try await field.lichen(1, "pair", code)
                #expect(
                    early.refuses(
                        1, "this node belongs to no mesh itself; found one with 'lichen init'"),
                    "\(early)")
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                for (typed, sentence) in [
                    (
                        mistyped(code),
                        "this code's last character does not fit the others: one of them is "
                            + "mistyped"
                    ),
                    (
                        "1234",
                        "a pairing code has 12 characters, this has 4; 'lichen code' on the new "
                            + "node prints it"
                    ),
                    (
                        code.replacing(code.prefix(1), with: "U", maxReplacements: 1),
                        "a pairing code has no 'U'; it is made of digits and the letters A to Z "
                            + "without I, L, O and U"
                    ),
                ] {
                    let outcome = try await field.lichen(1, "pair", typed)
                    #expect(outcome.refuses(1, sentence), "\(outcome)")
                }

                let wrong = try await field.lichen(1, "pair", neighbour(of: code))
                #expect(wrong.ending == .exited(1))
                #expect(
                    wrong.errors.hasSuffix(
                        "lichen: a node answered, but its code is another one; type it as 'lichen "
                            + "code' prints it there\n"), "\(wrong)")
                #expect(try await field.lichen(2, "code").output == code + "\n")
                #expect(
                    try await field.lichen(1, "status").output.contains("0 of 0 others heard"))

                let right = try await field.lichen(1, "pair", code.lowercased())
                #expect(right.ending == .exited(0), "\(right)")
                #expect(right.output == "Node 2 is a member now.\n")
                #expect(
                    right.errors.hasSuffix(
                        """
                        it answered, and knows the code
                        admitted as node 2; waiting for its receipt

                        """), "\(right)")
                let other = try await field.lichen(2, "pair", code)
                #expect(
                    other.refuses(
                        1,
                        "only the node that founded the mesh (node 1) can admit others yet; run "
                            + "'lichen pair' there"), "\(other)")

                #expect(try await field.lichen(2, "set", "bridge", "open").ending == .exited(0))
                #expect(
                    try await eventually(within: .seconds(30)) {
                        try await field.lichen(1, "get", "bridge").output == "open\n"
                    })
                let nodes = try await field.lichen(1, "nodes").output.split(separator: "\n")
                #expect(nodes.count == 3)
                #expect(nodes[0].split(separator: " ").first == "node")
                #expect(nodes[1].hasPrefix("1     hut-1  this node"))
                #expect(
                    nodes[2].firstMatch(of: /^2     hut-2  \d+ s ago +-\d+ dBm +-?\d+\.\d dB/)
                        != nil,
                    "\(nodes[2])")
            }
        }

        @Test("where nobody has the code, patience ends")
        func noAnswer() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                _ = try await field.start()
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                let outcome = try await field.lichen(1, "pair", "0000-0000-0000")
                #expect(outcome.ending == .exited(1))
                #expect(outcome.output == "")
                #expect(
                    outcome.errors
                        == (1...8).map { "calling, attempt \($0) of 8\n" }.joined()
                        + "lichen: no node with this code answered; check that it is on, in reach, "
                        + "on the same channel, and not yet a member of a mesh\n")
            }
        }

        @Test("what prints data prints JSON that others can read")
        func json() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                _ = try await field.start(1)
                _ = try await field.start(2)
                let code = try #require(
                    try await field.lichen(2, "code", "--json").json as? [String: String])
                #expect(try await field.lichen(2, "code").output == "\(code["code"] ?? "")\n")
                #expect(try await field.lichen(1, "get", "--json").output == "[]\n")
                #expect(try await field.lichen(1, "nodes", "--json").output == "[]\n")
                let founded = try await field.lichen(1, "init", "valley", "--json")
                #expect(founded.ending == .exited(0) && founded.output == "")

                let pairing = try await field.lichen(1, "pair", code["code"] ?? "", "--json")
                #expect(pairing.ending == .exited(0) && pairing.errors == "")
                let steps = try objects(in: pairing.output).map { $0["step"] as? String }
                #expect(steps.suffix(3) == ["answered", "admitted", "confirmed"])

                let odd = "tab\tquote\"back\\slash\nü"
                let set = try await field.lichen(1, "--json", "set", "odd", odd)
                #expect(set.ending == .exited(0) && set.output == "")
                let entry = try await field.lichen(1, "get", "odd", "--json").json
                let entryObject = try #require(entry as? [String: Any])
                #expect(entryObject["value"] as? String == odd)
                #expect(entryObject["by"] as? Int == 1)
                let all = try await field.lichen(1, "get", "-j").json as? [[String: Any]]
                #expect(all?.map { $0["key"] as? String } == ["odd"])

                let nodes = try await field.lichen(1, "nodes", "--json").json
                #expect(
                    (nodes as? [[String: Any]])?.map { $0["name"] as? String } == [
                        "hut-1", "hut-2",
                    ])
                let status = try #require(
                    try await field.lichen(1, "status", "--json").json as? [String: Any])
                #expect(status["mesh"] as? String == "valley")
                #expect(status["members"] as? Int == 2)
                #expect(status["founder"] as? Bool == true)
                let bare = try await field.lichen(1, "--json").json as? [String: Any]
                #expect(bare?["node"] as? String == "hut-1")

                let watch = try bench.start(field.client(1, ["watch", "--json"]))
                try await watch.says("}\n")
                #expect(try objects(in: watch.output).first?["value"] as? String == odd)
            }
        }

        private func objects(in lines: String) throws -> [[String: Any]] {
            try lines.split(separator: "\n").map { line in
                try #require(
                    JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
        }

        /// The code with its sixth character wrong.
        private func mistyped(_ code: String) -> String {
            var characters = Array(code)
            characters[5] = characters[5] == "0" ? "1" : "0"
            return String(characters)
        }

        /// A code that calls the same node and is another one.
        private func neighbour(of code: String) -> String {
            let typed = String(mistyped(code).filter { $0 != "-" }.dropLast())
            for check in "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
                let candidate = typed + String(check)
                if (try? PairingCode(typed: candidate)) != nil { return candidate }
            }
            return ""
        }
    }
}
