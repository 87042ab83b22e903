import Foundation

/// A program to run: what, how, and with which input.
public struct Program: Sendable {
    /// The executable.
    public var path: String
    /// All after its name.
    public var arguments: [String]
    /// What it finds on its standard input.
    public var input = ""
    /// Variables that are added to this process's environment, or replace those in it; `nil` takes
    /// one away.
    public var environment: [String: String?] = [:]
    /// The folder it starts in, this process's unless said.
    public var folder: String?

    /// - Parameter path: With a slash in it; `find` searches `PATH`.
    public init(_ path: String, _ arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }

    /// A variable of this process's environment.
    public static func inherited(_ name: String) -> String? {
        ProcessInfo.processInfo.environment[name]
    }

    /// Where `PATH` has an executable of that name.
    public static func find(_ name: String) -> String? {
        (inherited("PATH") ?? "").split(separator: ":")
            .map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Runs it to its end.
    /// - Throws: `ProgramError.tooSlow` where it has not ended within `limit`; it is killed then.
    public func run(within limit: Duration = .seconds(30)) async throws -> Outcome {
        try await withWorkbench { bench in try await bench.start(self).end(within: limit) }
    }
}

/// How a program ended.
public enum Ending: Equatable, Sendable, CustomStringConvertible {
    case exited(Int32)
    case killed(bySignal: Int32)

    public var description: String {
        switch self {
        case .exited(let status): "exit status \(status)"
        case .killed(let signal): "killed by signal \(signal)"
        }
    }
}

/// What came of running a program.
public struct Outcome: Sendable, CustomStringConvertible {
    /// How it ended.
    public let ending: Ending
    /// What it wrote to its standard output.
    public let output: String
    /// What it wrote to its standard error.
    public let errors: String

    public var description: String { "\(ending)\n--- output\n\(output)\n--- errors\n\(errors)" }
}

/// Why a program could not be run as a test asked.
public enum ProgramError: Error, CustomStringConvertible {
    case cannotStart(String, errno: Int32)
    case tooSlow(String, limit: Duration, Outcome)
    case silent(String, awaited: String, Outcome)

    public var description: String {
        switch self {
        case .cannotStart(let path, let errno):
            "\(path) cannot be started: \(String(cString: strerror(errno)))"
        case .tooSlow(let path, let limit, let outcome):
            "\(path) had not ended after \(limit): \(outcome)"
        case .silent(let path, let awaited, let outcome):
            "\(path) has not written '\(awaited)': \(outcome)"
        }
    }
}
