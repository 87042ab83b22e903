import Foundation

/// An air of emulated chips, served to agents in real time.
public struct TestAir: Sendable {
    /// The folder of the chips' sockets: `node-1.sock` and so on.
    public let folder: String
    /// `lichen-sim air`.
    public let process: RunningProgram

    /// Serves chips, and waits until they can be attached to.
    public init(
        on bench: Workbench, nodes: Int = 1, _ options: [String] = []
    ) async throws {
        folder = bench.path("air")
        process = try bench.start(
            Build.host.program(
                "lichen-sim", ["air", "--nodes", "\(nodes)", "--directory", folder] + options))
        try await process.says("Serving")
    }
}

/// A node on a workbench: its files, its agent, and the commands that ask it.
public struct TestNode: Sendable {
    /// 1 for the first.
    public let number: Int
    /// Which build's `lichen` it runs.
    public var build: Build
    /// Its configuration file.
    public let configuration: String
    /// Its state directory.
    public let state: String
    /// Its control socket.
    public let socket: String
    private let bench: Workbench

    /// Writes the configuration of a node at a fast spreading factor.
    ///
    /// - Parameter settings: Lines to add behind `[mesh]`, the last section.
    public init(
        _ number: Int = 1, of build: Build = .host, on bench: Workbench, settings: String = ""
    ) throws {
        self.number = number
        self.build = build
        self.bench = bench
        state = bench.path("state-\(number)")
        socket = bench.path("\(number).sock")
        configuration = try bench.write(
            """
            [node]
            name = node-\(number)
            [radio]
            device = emulator:\(bench.path("air"))/node-\(number).sock
            spreading-factor = 7
            [state]
            directory = \(state)
            [control]
            socket = \(socket)
            [mesh]
            \(settings)

            """, to: "\(number).conf")
    }

    /// Starts its agent, and waits until it answers.
    public func start() async throws -> RunningProgram {
        let agent = try bench.start(build.program("lichen", ["agent", "--config", configuration]))
        try await agent.says("is up", within: .seconds(20))
        return agent
    }

    /// Runs a command that asks its agent.
    public func ask(
        _ words: String..., within limit: Duration = .seconds(20)
    ) async throws -> Outcome {
        try await run(words, within: limit)
    }

    /// Runs a command that must succeed.
    /// - Returns: Its output.
    public func expect(
        _ words: String..., within limit: Duration = .seconds(20)
    ) async throws -> String {
        let outcome = try await run(words, within: limit)
        guard outcome.ending == .exited(0) else { throw CommandFailed(words: words, outcome) }
        return outcome.output
    }

    private func run(_ words: [String], within limit: Duration) async throws -> Outcome {
        try await bench.start(build.program("lichen", ["--socket", socket] + words))
            .end(within: limit)
    }

    /// A command that should have succeeded did not.
    public struct CommandFailed: Error, CustomStringConvertible {
        let words: [String]
        let outcome: Outcome

        fileprivate init(words: [String], _ outcome: Outcome) {
            self.words = words
            self.outcome = outcome
        }

        public var description: String {
            "lichen \(words.joined(separator: " ")): \(outcome)"
        }
    }
}
