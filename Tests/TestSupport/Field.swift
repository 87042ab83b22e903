import Foundation

/// Agents on one air, all of them processes of a workbench.
///
/// The host's `lichen-sim air` serves the chips, forty metres apart. Node `n`, from 1, has a
/// configuration, a state directory and a control socket of its own.
public struct Field: Sendable {
    private let bench: Workbench
    private var build: Build

    /// The air's process.
    public let air: RunningProgram

    /// Serves an air, and writes the nodes' configurations.
    /// - Parameter build: What the agents and their clients are made of.
    public init(_ bench: Workbench, nodes: Int = 1, build: Build = .host) async throws {
        self.bench = bench
        self.build = build
        air = try bench.start(
            Build.host.program(
                "lichen-sim", ["air", "--nodes", "\(nodes)", "--directory", bench.path("air")]))
        for number in 1...nodes {
            try bench.write(configuration(number), to: "\(number).conf")
        }
        try await air.says("Ctrl-C ends.")
    }

    /// The same nodes, as programs of another build.
    public func built(by build: Build) -> Field {
        var field = self
        field.build = build
        return field
    }

    /// The text of a node's configuration: fast beacons, so that nobody waits for long.
    public func configuration(_ number: Int = 1) -> String {
        """
        [node]
        name = hut-\(number)
        [radio]
        device = emulator:\(radio(number))
        spreading-factor = 7
        [mesh]
        beacon = 5
        [state]
        directory = \(directory(number))
        [control]
        socket = \(socket(number))

        """
    }

    /// Where a node's chip is.
    public func radio(_ number: Int = 1) -> String { bench.path("air/node-\(number).sock") }

    /// Where a node keeps its state.
    public func directory(_ number: Int = 1) -> String { bench.path("state-\(number)") }

    /// Where a node's agent answers.
    public func socket(_ number: Int = 1) -> String { bench.path("control-\(number)") }

    /// The program that is a node.
    public func agent(_ number: Int = 1) throws -> Program {
        try build.program("lichen", ["agent", "--config", bench.path("\(number).conf")])
    }

    /// Starts a node, and waits until it answers.
    public func start(_ number: Int = 1) async throws -> RunningProgram {
        let agent = try bench.start(agent(number))
        try await agent.says("is up", within: .seconds(30))
        return agent
    }

    /// The program that asks a node.
    public func client(_ number: Int = 1, _ arguments: [String]) throws -> Program {
        try build.program("lichen", ["--socket", socket(number)] + arguments)
    }

    /// Asks a node, and waits for the answer.
    public func lichen(_ number: Int, _ arguments: String...) async throws -> Outcome {
        try await lichen(number, arguments)
    }

    /// The same, of a list of arguments.
    public func lichen(_ number: Int, _ arguments: [String]) async throws -> Outcome {
        try await bench.start(client(number, arguments)).end(within: .seconds(60))
    }
}
