import TestSupport
import Testing

/// `tools/packages.sh` on machines that are not this one: a `PATH` of stand-ins, and nothing else.
@Suite struct PackagesScriptTests {
    @Test("without root and sudo, one sentence names the packages")
    func mayNot() async throws {
        let outcome = try await run(["build"], on: ["id": "echo 1000", "apt-get": "exit 0"])
        #expect(outcome.ending == .exited(1))
        #expect(outcome.output == "")
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
        #expect(outcome.errors.contains("please install them: apt-get install "))
        for package in ["libc6-dev", "libsodium-dev", "liblmdb-dev", "libgcc-12-dev"] {
            #expect(outcome.errors.contains(" \(package)"), "\(outcome)")
        }
        #expect(!outcome.errors.contains("|"), "one name each: \(outcome)")
    }

    @Test("where sudo refuses, the same sentence")
    func sudoRefuses() async throws {
        let outcome = try await run(
            ["device"],
            on: ["id": "echo 1000", "apt-get": "exit 0", "sudo": "echo no >&2; exit 1"])
        #expect(outcome.ending == .exited(1))
        #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome)")
        #expect(outcome.errors.contains("debian-archive-keyring"))
    }

    @Test("with sudo, apt is called through it")
    func sudoInstalls() async throws {
        let outcome = try await run(
            ["build"],
            on: [
                "id": "echo 1000", "apt-get": "exit 0", "env": "exit 0",
                "sudo": "shift; echo \"sudo $*\" >&2",
            ])
        #expect(outcome.ending == .exited(0), "\(outcome)")
        #expect(outcome.errors.hasPrefix("Installing "), "\(outcome)")
    }

    @Test("with nothing missing, silence, and apt is not called")
    func nothingMissing() async throws {
        let outcome = try await run(
            ["build", "device", "guest", "python", "bench"],
            on: [
                "dpkg-query": "printf installed", "ld.gold": "", "qemu-aarch64": "", "python3": "",
                "qemu-system-aarch64": "", "apt-get": "echo apt was called",
            ])
        #expect(outcome.ending == .exited(0))
        #expect(outcome.output == "" && outcome.errors == "", "\(outcome)")
    }

    @Test("a Python without pip is not enough")
    func pip() async throws {
        for python in [nil, "exit 1"] as [String?] {
            var machine = ["id": "echo 1000", "apt-get": "exit 0"]
            machine["python3"] = python
            let outcome = try await run(["python"], on: machine)
            #expect(outcome.ending == .exited(1))
            #expect(outcome.errors.contains("apt-get install python3 python3-pip"), "\(outcome)")
        }
    }

    @Test("what is only compared with may be missing")
    func wished() async throws {
        let outcome = try await run(["bench"], on: ["id": "echo 1000", "apt-get": "exit 0"])
        #expect(outcome.ending == .exited(0))
        #expect(
            outcome.errors
                == "without mosquitto babeld e2fsprogs mount installed, some comparisons stay empty\n"
        )
    }

    @Test("an unknown group is a usage error")
    func unknownGroup() async throws {
        let outcome = try await run(["everything"], on: [:])
        #expect(outcome.ending == .exited(2))
    }

    private func run(_ groups: [String], on machine: [String: String]) async throws -> Outcome {
        try await withWorkbench { bench in
            for (name, script) in machine {
                try bench.write("#!/bin/bash\n\(script)\n", to: "bin/\(name)", executable: true)
            }
            let xargs = Program.find("xargs") ?? ""
            try bench.write(
                "#!/bin/bash\nexec \(xargs) \(Program.find("echo") ?? "")\n", to: "bin/xargs",
                executable: true)
            var script = Program(
                Program.find("bash") ?? "", [Repository.path("tools/packages.sh")] + groups)
            script.environment["PATH"] = bench.path("bin")
            return try await bench.start(script).end()
        }
    }
}
