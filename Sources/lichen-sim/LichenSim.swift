import ArgumentParser

/// The simulator and its tools, for machines without a radio.
@main
struct LichenSim: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lichen-sim",
        abstract: "Emulated radios, and the air between them.",
        discussion: """
            The agents that run on these radios are the ones that run on real boards: `lichen \
            agent` does not know the difference.
            """,
        subcommands: [
            AirCommand.self, DemoCommand.self, BenchCommand.self, FuzzCommand.self,
            StoreCommand.self,
        ])
}
