import TestSupport
import Testing

/// What only Embedded mode breaks shows as a difference between builds of one program.
@Suite struct SelfTestTests {
    @Test("all checks hold in the host build")
    func host() async throws {
        let outcome = try await Build.host.program("self-test").run()
        #expect(outcome.ending == .exited(0), "\(outcome)")
        #expect(outcome.output.hasSuffix(" 0 failed\n"), "\(outcome)")
    }

    @Test(
        "a device build prints what the host build prints",
        .enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"),
        arguments: [Build.amd64, .arm64])
    func sameEverywhere(build: Build) async throws {
        let here = try await Build.host.program("self-test").run()
        let there = try await build.program("self-test").run(within: .seconds(120))
        #expect(there.ending == .exited(0), "\(there)")
        #expect(there.output == here.output)
        #expect(there.errors == "")
    }
}
