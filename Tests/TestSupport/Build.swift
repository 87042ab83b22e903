import Foundation

/// The builds of one source: what runs here, and what `make amd64` and `make arm64` leave.
public enum Build: String, CaseIterable, Sendable {
    case host, amd64, arm64

    /// Whether `make test` runs these tests, which has made the device builds just before; what a
    /// bare `swift test` might find of them is of an older source.
    public static var deviceBuildsAreFresh: Bool {
        ProcessInfo.processInfo.environment["LICHEN_DEVICE"] == "1"
    }

    /// What to say about tests that a bare `swift test` skips.
    public static let hint = "`make test` makes the device builds first"

    /// Where the build's executable of that name is.
    public func path(_ name: String) -> String {
        switch self {
        case .host: Self.hostFolder.appending(path: name).path(percentEncoded: false)
        case .amd64, .arm64: Repository.path(".build/\(rawValue)/\(name)")
        }
    }

    /// A program of this build; qemu runs it where this machine does not.
    public func program(_ name: String, _ arguments: [String] = []) throws -> Program {
        let path = path(name)
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw BuildError.missing(path)
        }
        guard self == .arm64, Self.machine != "aarch64" else { return Program(path, arguments) }
        for qemu in ["qemu-aarch64-static", "qemu-aarch64"] {
            if let qemu = Program.find(qemu) { return Program(qemu, [path] + arguments) }
        }
        throw BuildError.noEmulator
    }

    /// Tests are built beside the programs.
    private static var hostFolder: URL {
        URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    }

    private static var machine: String {
        var name = utsname()
        uname(&name)
        return withUnsafeBytes(of: &name.machine) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

/// Why a build cannot be tested.
public enum BuildError: Error, CustomStringConvertible {
    case missing(String)
    case noEmulator

    public var description: String {
        switch self {
        case .missing(let path): "there is no \(path); run `make test`"
        case .noEmulator: "there is no qemu-aarch64; run `make test`, which installs it"
        }
    }
}
