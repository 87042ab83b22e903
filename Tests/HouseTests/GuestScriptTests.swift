import TestSupport
import Testing

@Suite struct GuestScriptTests {
    @Test(
        "a second run is silent and asks the network for nothing",
        .enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
    func secondRun() async throws {
        var script = Program(Repository.path("tools/guest.sh"))
        script.environment["http_proxy"] = "http://127.0.0.1:9"
        script.environment["https_proxy"] = "http://127.0.0.1:9"
        let outcome = try await script.run(within: .seconds(10))
        #expect(outcome.ending == .exited(0), "\(outcome)")
        #expect(outcome.output == "" && outcome.errors == "", "\(outcome)")
    }

    // Method: the scripts in a tree of their own, and an apt that fetches nothing.
    @Test("with nothing cached and no network, it fails and says so")
    func noNetwork() async throws {
        try await withWorkbench { bench in
            for name in ["tools/guest.sh", "tools/private-apt.sh"] {
                try bench.write(Repository.text(name), to: name, executable: true)
            }
            try bench.write("#!/bin/sh\nexit 100\n", to: "bin/apt-get", executable: true)
            var script = Program(bench.path("tools/guest.sh"))
            script.environment["PATH"] =
                bench.path("bin") + ":" + (Program.inherited("PATH") ?? "")
            script.environment["MIRROR"] = "http://127.0.0.1:9/debian"
            let outcome = try await bench.start(script).end()
            #expect(outcome.ending == .exited(1))
            #expect(
                outcome.errors.hasSuffix(
                    "tools/guest.sh: the package index could not be fetched or checked; check the "
                        + "network; if the keys are too old for Debian trixie, name a newer "
                        + "keyring: KEYRING=…\n"), "\(outcome)")
        }
    }
}
