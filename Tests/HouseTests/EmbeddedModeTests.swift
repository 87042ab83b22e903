import TestSupport
import Testing

@Suite(.enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
struct EmbeddedModeTests {
    // Method: a package of one file that ordinary Swift accepts, built as the Makefile builds.
    @Test("a file that breaks Embedded mode fails with the compiler's own message")
    func broken() async throws {
        try await withWorkbench { bench in
            try bench.write(
                """
                // swift-tools-version: 6.2
                import PackageDescription
                let package = Package(name: "broken", targets: [.executableTarget(name: "broken")])
                """, to: "Package.swift")
            try bench.write(
                """
                protocol Lamp { func light() }
                struct Red: Lamp { func light() { print("red") } }
                func pick() -> any Lamp { Red() }
                pick().light()
                """, to: "Sources/broken/main.swift")
            var build = Program(
                "/usr/bin/env",
                [
                    "swift", "build", "-c", "release", "--swift-sdk", "lichen-arm64",
                    "--swift-sdks-path", Repository.path(".sdk"), "--product", "broken",
                ])
            build.folder = bench.folder
            let outcome = try await bench.start(build).end(within: .seconds(120))
            #expect(outcome.ending == .exited(1), "\(outcome)")
            #expect(
                outcome.output.contains(
                    "main.swift:3:27: error: cannot use a value of protocol type"),
                "\(outcome)")
        }
    }

    @Test("a value that lends its own bytes does it by address")
    func lentBytes() throws {
        for file in Repository.files(below: "Sources", ending: ".swift") {
            let text = try Repository.text(file)
            #expect(
                !text.contains("@_lifetime(borrow self) borrowing get"),
                "\(file): add @_addressableSelf, as FixedBytes.span says")
        }
    }
}
