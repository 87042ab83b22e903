import Foundation
import TestSupport
import Testing

/// The program that ships, in each of its builds.
@Suite struct AgentTests {
    /// Builds that can be tested now.
    static var builds: [Build] { Build.deviceBuildsAreFresh ? Build.allCases : [.host] }

    @Test("it tells its version and its commands", arguments: builds)
    func version(build: Build) async throws {
        let version = try await build.program("lichen", ["version"]).run()
        #expect(version.ending == .exited(0), "\(version)")
        #expect(version.output.hasPrefix("lichen "))
        let help = try await build.program("lichen", ["--help"]).run()
        let here = try await Build.host.program("lichen", ["--help"]).run()
        #expect(help.output == here.output && help.ending == .exited(0))
    }

    @Test("an agent starts, answers, keeps what it was told, and stops", arguments: builds)
    func life(build: Build) async throws {
        try await withWorkbench { bench in
            _ = try await TestAir(on: bench)
            let node = try TestNode(of: build, on: bench)
            var agent = try await node.start()
            #expect(try await node.expect("init", "valley").contains("valley"))
            _ = try await node.expect("set", "lamp", "on")
            #expect(try await node.expect("get", "lamp") == "on\n")

            agent.signal(SIGTERM)
            let outcome = try await agent.end(within: .seconds(10))
            #expect(outcome.ending == .exited(0), "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: node.socket), "it leaves no socket")

            agent = try await node.start()
            #expect(try await node.expect("get", "lamp") == "on\n", "read from flash")
            _ = try await node.expect("set", "lamp", "off")
            agent.kill()  // A power cut.
            agent = try await node.start()
            #expect(try await node.expect("get", "lamp") == "off\n", "durable before said")
        }
    }

    // Method: one state directory, the builds in turn; a card may be read on a laptop.
    @Test(
        "all builds understand each other's flash",
        .enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
    func commonFlash() async throws {
        try await withWorkbench { bench in
            _ = try await TestAir(on: bench)
            var node = try TestNode(on: bench)
            var expected = ""
            for build in Build.allCases + Build.allCases.reversed() {
                node.build = build
                let agent = try await node.start()
                if expected.isEmpty {
                    _ = try await node.expect("init", "valley")
                } else {
                    #expect(try await node.expect("get", "writer") == expected, "\(build) reads")
                }
                _ = try await node.expect("set", "writer", "\(build)")
                expected = "\(build)\n"
                agent.signal(SIGTERM)
                _ = try await agent.end(within: .seconds(10))
            }
        }
    }

    // Method: the sponsor of one build, the joiner of the other.
    @Test(
        "nodes of different builds pair over the air, and agree",
        .enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
    func pairing() async throws {
        try await withWorkbench { bench in
            _ = try await TestAir(on: bench, nodes: 2)
            let founder = try TestNode(1, of: .arm64, on: bench, settings: "beacon = 5")
            let joiner = try TestNode(2, of: .host, on: bench, settings: "beacon = 5")
            _ = try await (founder.start(), joiner.start())
            _ = try await founder.expect("init", "valley")
            let code = try await joiner.expect("code").trimmingCharacters(in: .newlines)
            _ = try await founder.expect("pair", code, within: .seconds(60))
            _ = try await founder.expect("set", "lamp", "on")
            let agree = try await eventually(within: .seconds(60)) {
                try await joiner.ask("get", "lamp").output == "on\n"
            }
            #expect(agree)
        }
    }
}
