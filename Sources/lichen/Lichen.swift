import Agent
import CLinux
import Crypto

/// `lichen`, the one binary on the board: `lichen agent` is the node, all other commands ask it
/// over its control socket.
@main
struct Lichen {
    static func main() {
        lichen_report_traps()
        exit(run().rawValue)
    }

    private static func run() -> ExitStatus {
        let arguments: Arguments
        do throws(UsageError) {
            arguments = try Arguments(CommandLineWords.all)
        } catch {
            Terminal.complain("\(error.sentence)")
            return .usage
        }
        if arguments.wantsHelp {
            Terminal.print(arguments.verb?.help ?? arguments.command?.help ?? Help.general)
            return .success
        }
        if arguments.wantsVersion { return version(arguments) }
        guard let command = arguments.command else { return summary(arguments) }
        switch command {
        case .agent: return agent(arguments)
        case .status: return status(arguments)
        case .nodes: return nodes(arguments)
        case .get: return get(arguments)
        case .set: return set(arguments)
        case .watch: return watch(arguments)
        case .store: return store(arguments)
        case .radio: return radio(arguments)
        case .initialize: return initialize(arguments)
        case .code: return code(arguments)
        case .pair: return pair(arguments)
        case .version: return version(arguments)
        }
    }
}

/// What the shell is told.
enum ExitStatus: Int32 {
    case success = 0
    /// It could not be done.
    case failure = 1
    /// It was not understood: the command line, or the configuration.
    case usage = 2
}

/// The version of this program.
enum Version {
    static var text: String { "0.1.0" }
}
