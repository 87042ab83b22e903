import Agent
import CLinux

/// The words of the command line, program name first.
enum CommandLineWords {
    static var all: [String] {
        (0..<Int(lichen_argc())).compactMap { index in
            lichen_argv()[index].map { String(cString: $0) }
        }
    }
}

/// Why a command line was not understood.
enum UsageError: Error {
    case unknownCommand(String, suggestion: String?)
    case unknownOption(String)
    case missingValue(String)
    case operands(Command, count: Int)

    /// What is wrong, and what to do about it.
    var sentence: String {
        switch self {
        case .unknownCommand(let word, let suggestion):
            "there is no command '\(word)'"
                + (suggestion.map { "; did you mean '\($0)'?" } ?? "; 'lichen --help' lists all")
        case .unknownOption(let option):
            option.utf8.dropFirst().first.map { $0 >= 48 && $0 <= 57 } ?? false
                ? "there is no option '\(option)'; write -- before words that begin with '-'"
                : "there is no option '\(option)'; 'lichen --help' lists all"
        case .missingValue(let option): "the option '\(option)' needs a value"
        case .operands(let command, let count):
            "'\(command.word)' takes \(command.operandText), not \(count); "
                + "usage: \(command.synopsis)"
        }
    }
}

extension Command {
    fileprivate var operandText: String {
        let least = operands.lowerBound
        let most = operands.upperBound
        if most == 0 { return "no arguments" }
        if least == most { return least == 1 ? "one argument" : "\(least) arguments" }
        return "at most \(most) argument"
    }
}

/// A command line, understood: options may stand before and behind the command.
struct Arguments {
    private(set) var command: Command?
    private(set) var operands: [String] = []
    private(set) var configuration: String?
    private(set) var socket: String?
    private(set) var wantsJSON = false
    private(set) var wantsHelp = false
    private(set) var wantsVersion = false

    init(_ words: [String]) throws(UsageError) {
        try parse()
        guard let command, !wantsHelp else { return }
        guard command.operands.contains(operands.count) else {
            throw .operands(command, count: operands.count)
        }
    }

    /// getopt_long permutes: options are taken out wherever they stand, `--` ends them.
    private mutating func parse() throws(UsageError) {
        let argc = lichen_argc()
        let argv = lichen_argv()!
        lichen_options_begin(1)
        while true {
            let option = Self.nextOption(argc, argv)
            guard option >= 0 else { break }
            switch UInt8(truncatingIfNeeded: option) {
            case UInt8(ascii: "c"): configuration = Self.value
            case UInt8(ascii: "s"): socket = Self.value
            case UInt8(ascii: "j"): wantsJSON = true
            case UInt8(ascii: "h"): wantsHelp = true
            case UInt8(ascii: "V"): wantsVersion = true
            case UInt8(ascii: ":"): throw .missingValue(Self.lastWord(argv))
            default: throw .unknownOption(Self.unknownOption(argv))
            }
        }
        var index = Int(lichen_optind())
        while index < Int(argc), let word = argv[index] {
            try take(String(cString: word))
            index += 1
        }
    }

    private mutating func take(_ word: String) throws(UsageError) {
        guard command == nil else { return operands.append(word) }
        for candidate in Command.allCases
        where candidate.word.description.utf8.elementsEqual(word.utf8) {
            command = candidate
            return
        }
        throw .unknownCommand(
            word, suggestion: nearest(word, Command.allCases.map { $0.word.description }))
    }

    private static var value: String { lichen_optarg().map { String(cString: $0) } ?? "" }

    /// One letter, which may stand in the middle of a word, or a whole word that begins with `--`.
    private static func unknownOption(
        _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> String {
        let letter = UInt8(truncatingIfNeeded: lichen_optopt())
        guard letter != 0, !"csjhV".utf8.contains(letter) else { return lastWord(argv) }
        return String(decoding: [UInt8(ascii: "-"), letter], as: UTF8.self)
    }

    private static func lastWord(_ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>)
        -> String
    {
        argv[max(1, Int(lichen_optind()) - 1)].map { String(cString: $0) } ?? ""
    }

    private static func nextOption(
        _ argc: Int32, _ argv: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    ) -> Int32 {
        lichen_next_option(argc, argv)
    }
}
