import ArgumentParser
import Base
import Foundation
import Simulation

/// `lichen-sim fuzz`.
struct FuzzCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fuzz",
        abstract: "Lie to drivers and to the emulator's sockets, for minutes.",
        discussion: """
            Drivers of both families get random calls and random answers on their bus; emulated chips \
            get random messages on their sockets. Every case has a seed, which is printed where it \
            finds something. A case that takes longer than a minute ends the program: that is a hang.

            EXIT STATUS
              0 if nothing was found; 1 for a call that took too many transactions, or a server that \
            answers no more; anything else is a trap or a hang, and the last line tells its seed.
            """)

    @Option(help: "How long, in minutes.")
    var minutes = 10.0

    @Option(help: ArgumentHelp("The first seed.", valueName: "number"))
    var seed: UInt64 = 1

    func validate() throws {
        guard minutes.isFinite, minutes > 0 else {
            throw ValidationError("--minutes must be more than 0.")
        }
    }

    func run() throws {
        let end = Date(timeIntervalSinceNow: minutes * 60)
        var seed = seed
        var faults = 0
        var most = 0
        while Date() < end {
            try inMinute("drivers, seed \(seed)") {
                for _ in 0..<200 {
                    let (transactions, found) = DriverFuzz.run(seed: seed)
                    most = max(most, transactions)
                    faults += found
                    guard transactions <= DriverFuzz.limit else {
                        throw FuzzError.tooManyTransactions(seed: seed, transactions)
                    }
                    seed &+= 1
                }
            }
            try inMinute("sockets, seed \(seed)") { try SocketFuzz.run(seed: seed) }
        }
        print(
            "\(seed &- self.seed) seeds, nothing found: \(faults) named faults, at most \(most) "
                + "transactions a call")
    }

    /// A case that hangs is ended by the kernel, its name the last thing that was said.
    private func inMinute(_ name: String, _ body: () throws -> Void) rethrows {
        FileHandle.standardError.write(Data("\r\(name)  ".utf8))
        alarm(60)
        defer { alarm(0) }
        try body()
    }
}

/// What fuzzing has found.
enum FuzzError: Error, CustomStringConvertible {
    case tooManyTransactions(seed: UInt64, Int)
    case noAnswer(seed: UInt64)

    var description: String {
        switch self {
        case .tooManyTransactions(let seed, let count):
            "seed \(seed): a call took \(count) transactions"
        case .noAnswer(let seed): "seed \(seed): the server does not answer any more"
        }
    }
}
