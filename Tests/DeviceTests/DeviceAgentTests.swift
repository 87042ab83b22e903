import Foundation
import TestSupport
import Testing

/// The program for the board as a node: a store written and read, a control socket, an air.
///
/// The air is served by the host's build, one test at a time.
@Suite(.serialized, .enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
struct DeviceAgentTests {
    private static let builds = [Build.amd64, .arm64]

    @Test("it says which version it is, as the host build does", arguments: builds)
    func version(build: Build) async throws {
        for words in [["version"], ["version", "--json"], ["--help"], ["agent", "--help"]] {
            let outcome = try await build.program("lichen", words).run()
            #expect(outcome.ending == .exited(0), "\(outcome)")
            #expect(outcome.errors == "")
            #expect(try await outcome.output == Build.host.program("lichen", words).run().output)
        }
    }

    @Test("mistakes are told as in the host build", arguments: builds)
    func mistakes(build: Build) async throws {
        try await withWorkbench { bench in
            let field = try await Field(bench, build: build)
            try bench.write(
                field.configuration().replacing("spreading-f", with: "spreding-f"), to: "1.conf")
            let outcome = try await bench.start(field.agent()).end()
            #expect(outcome.ending == .exited(2))
            #expect(
                outcome.errors
                    == "lichen: \(bench.path("1.conf")):5: [radio] has no key 'spreding-factor'; did "
                    + "you mean 'spreading-factor'?\n")
            let absent = try await field.lichen(1, "status")
            #expect(absent.ending == .exited(1))
            #expect(absent.errors.hasPrefix("lichen: no agent answers at "))
        }
    }

    @Test("an agent starts, answers, keeps what it was told, and stops", arguments: builds)
    func life(build: Build) async throws {
        try await withWorkbench { bench in
            let field = try await Field(bench, build: build)
            var agent = try await field.start()
            let code = try await field.lichen(1, "code")
            #expect(
                code.output.wholeMatch(of: /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\n/) != nil,
                "\(code)")
            #expect(try await field.lichen(1, "status").output.contains("mesh    none;"))
            try await stop(agent)

            agent = try await field.start()
            #expect(try await field.lichen(1, "code").output == code.output)
            #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
            #expect(try await field.lichen(1, "set", "bridge", "open").ending == .exited(0))
            try await stop(agent)
            #expect(!FileManager.default.fileExists(atPath: field.socket()))

            agent = try await field.start()
            #expect(try await field.lichen(1, "get", "bridge").output == "open\n")
            #expect(try await field.lichen(1, "set", "bridge", "shut").ending == .exited(0))
            agent.kill()

            agent = try await field.start()
            let status = try await field.lichen(1, "status")
            #expect(status.ending == .exited(0))
            #expect(status.output.contains("mesh    valley, node 1; "), "\(status)")
            #expect(try await field.lichen(1, "get", "bridge").output == "shut\n")
            let json = try await field.lichen(1, "status", "--json").output
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8))
            #expect((object as? [String: Any])?["mesh"] as? String == "valley")
            try await stop(agent)
        }
    }

    // Method: what one build has written, the other reads: a card that is moved between machines.
    @Test("a store is the same for all builds", arguments: builds)
    func sameStore(build: Build) async throws {
        try await withWorkbench { bench in
            let there = try await Field(bench, build: build)
            var agent = try await there.start()
            #expect(try await there.lichen(1, "init", "valley").ending == .exited(0))
            #expect(try await there.lichen(1, "set", "bridge", "open").ending == .exited(0))
            try await stop(agent)
            let here = there.built(by: .host)
            agent = try await here.start()
            #expect(try await here.lichen(1, "get", "bridge").output == "open\n")
            #expect(try await here.lichen(1, "set", "bridge", "shut").ending == .exited(0))
            try await stop(agent)
            agent = try await there.start()
            #expect(try await there.lichen(1, "get", "bridge").output == "shut\n")
            try await stop(agent)
        }
    }

    @Test("two of them pair over the air, and share a key")
    func pairing() async throws {
        try await withWorkbench { bench in
            let field = try await Field(bench, nodes: 2, build: .amd64)
            let first = try await field.start(1)
            let second = try await field.start(2)
            #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
            let code = String(try await field.lichen(2, "code").output.dropLast())
            let pairing = try await field.lichen(1, "pair", code)
            #expect(pairing.ending == .exited(0), "\(pairing)")
            #expect(pairing.output == "Node 2 is a member now.\n")
            for (writer, reader) in [(1, 2), (2, 1)] {
                let value = "written by \(writer)"
                #expect(
                    try await field.lichen(writer, "set", "bridge", value).ending == .exited(0))
                #expect(
                    try await eventually(within: .seconds(30)) {
                        try await field.lichen(reader, "get", "bridge").output == value + "\n"
                    })
            }
            try await stop(first)
            try await stop(second)
        }
    }

    // Method: the founder is the host's build, so that both sides' cryptography must agree.
    @Test("it is admitted by a node of the host build", arguments: builds)
    func admitted(build: Build) async throws {
        try await withWorkbench { bench in
            let here = try await Field(bench, nodes: 2)
            let there = here.built(by: build)
            let founder = try await here.start(1)
            let joiner = try await there.start(2)
            #expect(try await here.lichen(1, "init", "valley").ending == .exited(0))
            let code = String(try await there.lichen(2, "code").output.dropLast())
            let pairing = try await here.lichen(1, "pair", code)
            #expect(pairing.ending == .exited(0), "\(pairing)")
            #expect(try await there.lichen(2, "set", "bridge", "open").ending == .exited(0))
            #expect(
                try await eventually(within: .seconds(30)) {
                    try await here.lichen(1, "get", "bridge").output == "open\n"
                })
            try await stop(founder)
            try await stop(joiner)
        }
    }

    private func stop(_ agent: RunningProgram) async throws {
        agent.signal(SIGTERM)
        let outcome = try await agent.end(within: .seconds(10))
        #expect(outcome.ending == .exited(0), "\(outcome)")
    }
}
