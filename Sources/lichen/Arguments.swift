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
    case badValue(option: StaticString, expects: StaticString)
    /// The option is none of this command's, but of those.
    case needlessOption(StaticString, for: StaticString)
    /// Two options that exclude each other.
    case contraryOptions
    /// What `set` was given does not fit its options.
    case setOperands
    case unknownVerb(String, suggestion: String?)
    case operands(CommandLineForm, count: Int)

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
        case .badValue(let option, let expects): "the option '\(option)' needs \(expects)"
        case .needlessOption(let option, let commands):
            "the option '\(option)' is for \(commands)"
        case .contraryOptions:
            "of --counter, --set, --conflicts and --remove there can be one only"
        case .setOperands: "usage: \(Command.set.synopsis)"
        case .unknownVerb(let word, let suggestion):
            "there is no command 'radio \(word)'"
                + (suggestion.map { "; did you mean 'radio \($0)'?" }
                    ?? "; 'lichen radio' lists all")
        case .operands(let form, let count):
            "'\(form.name)' takes \(form.operandText), not \(count); usage: \(form.synopsis)"
        }
    }
}

/// How a command is typed.
struct CommandLineForm {
    var name: String
    /// How many words may follow it.
    var operands: ClosedRange<Int>
    var synopsis: StaticString

    fileprivate var operandText: String {
        let least = operands.lowerBound
        let most = operands.upperBound
        if most == 0 { return "no arguments" }
        if least == most { return least == 1 ? "one argument" : "\(least) arguments" }
        return least == 0 ? "at most \(most) argument" : "\(least) to \(most) arguments"
    }
}

/// Which of the shared state's types a command is about.
enum StateAspect {
    case register, counter, set, conflicts, removal

    /// How many words `set` takes.
    fileprivate var operands: Int {
        switch self {
        case .register, .counter, .conflicts: 2
        case .removal: 1
        case .set: 3
        }
    }
}

/// A command line, understood: options may stand before and behind the command.
struct Arguments {
    private(set) var command: Command?
    /// The word behind `radio`; `nil` where there is none.
    private(set) var verb: RadioVerb?
    private(set) var operands: [String] = []
    private(set) var configuration: String?
    private(set) var socket: String?
    private(set) var wantsJSON = false
    /// `--count`, and `--interval` in seconds.
    private(set) var count: Int?, interval: Int?
    /// `--counter`, `--set`, `--conflicts` or `--remove`.
    private(set) var aspect = StateAspect.register
    private(set) var urgency: String?
    private(set) var wantsHelp = false
    private(set) var wantsVersion = false

    init(_ words: [String]) throws(UsageError) {
        try parse()
        if command == .radio { try takeVerb() }
        guard let command, !wantsHelp else { return }
        let form = verb?.form ?? command.form
        guard form.operands.contains(operands.count) else {
            throw .operands(form, count: operands.count)
        }
        try checkOptions(command)
    }

    private func checkOptions(_ command: Command) throws(UsageError) {
        if verb != .ping, verb != .range {
            let owners: StaticString = "'lichen radio ping' and 'lichen radio range'"
            if count != nil { throw .needlessOption("--count", for: owners) }
            if interval != nil { throw .needlessOption("--interval", for: owners) }
        }
        if urgency != nil, command != .set {
            throw .needlessOption("--urgency", for: "'lichen set'")
        }
        switch (command, aspect) {
        case (_, .register), (.get, .counter), (.get, .set), (.get, .conflicts), (.set, .counter),
            (.set, .set), (.set, .removal), (.watch, .counter), (.watch, .set):
            break
        case (_, .removal): throw .needlessOption("--remove", for: "'lichen set'")
        case (_, .conflicts): throw .needlessOption("--conflicts", for: "'lichen get'")
        case (_, .counter), (_, .set):
            throw .needlessOption(
                aspect == .set ? "--set" : "--counter", for: "'lichen get', 'set' and 'watch'")
        }
        guard command != .set || operands.count == aspect.operands else { throw .setOperands }
    }

    private mutating func look(at aspect: StateAspect) throws(UsageError) {
        guard self.aspect == .register else { throw .contraryOptions }
        self.aspect = aspect
    }

    private mutating func takeVerb() throws(UsageError) {
        guard !operands.isEmpty else { return }
        let word = operands.removeFirst()
        for candidate in RadioVerb.allCases
        where candidate.word.description.utf8.elementsEqual(word.utf8) {
            verb = candidate
            return
        }
        throw .unknownVerb(
            word, suggestion: nearest(word, RadioVerb.allCases.map { $0.word.description }))
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
            case UInt8(ascii: "n"):
                count = try Self.number("--count", 1...1_000_000, "a number from 1 to 1000000")
            case UInt8(ascii: "i"):
                interval = try Self.number("--interval", 2...3_600, "2 to 3600 seconds")
            case UInt8(ascii: "u"): urgency = Self.value
            case UInt8(ascii: "C"): try look(at: .counter)
            case UInt8(ascii: "S"): try look(at: .set)
            case UInt8(ascii: "X"): try look(at: .conflicts)
            case UInt8(ascii: "R"): try look(at: .removal)
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

    private static func number(
        _ option: StaticString, _ range: ClosedRange<Int>, _ expects: StaticString
    ) throws(UsageError) -> Int {
        guard let number = Int(value), range.contains(number) else {
            throw .badValue(option: option, expects: expects)
        }
        return number
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
