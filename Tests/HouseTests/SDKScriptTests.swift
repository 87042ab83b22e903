import TestSupport
import Testing

@Suite struct SDKScriptTests {
    @Test(
        "a second run is silent and asks the network for nothing",
        .enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"), arguments: ["arm64", "amd64"])
    func secondRun(architecture: String) async throws {
        var script = Program(Repository.path("tools/sdk.sh"), [architecture])
        script.environment["http_proxy"] = "http://127.0.0.1:9"
        script.environment["https_proxy"] = "http://127.0.0.1:9"
        let outcome = try await script.run(within: .seconds(10))
        #expect(outcome.ending == .exited(0), "\(outcome)")
        #expect(outcome.output == "" && outcome.errors == "", "\(outcome)")
    }

    @Test("where apt has no Debian mirror, one sentence asks for MIRROR")
    func noMirror() async throws {
        try await withWorkbench { bench in
            // The script works in the folder above its own.
            for name in ["tools/sdk.sh", "tools/private-apt.sh"] {
                try bench.write(Repository.text(name), to: name, executable: true)
            }
            try bench.write("#!/bin/sh\nexit 0\n", to: "bin/apt-get", executable: true)
            var script = Program(bench.path("tools/sdk.sh"), ["arm64"])
            script.environment["PATH"] =
                bench.path("bin") + ":" + (Program.inherited("PATH") ?? "")
            script.environment["MIRROR"] = .some(nil)
            let outcome = try await bench.start(script).end()
            #expect(outcome.ending == .exited(1))
            #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
            #expect(outcome.errors.contains("MIRROR="), "\(outcome)")
        }
    }

    @Test("an unknown architecture is refused")
    func unknownArchitecture() async throws {
        let outcome = try await Program(Repository.path("tools/sdk.sh"), ["mips"]).run()
        #expect(outcome.ending == .exited(1))
        #expect(outcome.errors.contains("arm64 or amd64"))
    }
}
