/// Why a configuration file was refused.
public enum ConfigurationError: Error {
    case unreadable(errno: Int32)
    case tooLarge
    case lineTooLong(line: Int, limit: Int)
    case syntax(line: Int)
    case noSection(line: Int, key: String)
    case unknownSection(line: Int, name: String, suggestion: String?)
    case unknownKey(line: Int, section: String, key: String, suggestion: String?)
    case twice(line: Int, key: String)
    case badValue(line: Int, key: String, value: String, expects: String)
    case missing(section: String, key: String, expects: String)
    case channel(line: Int, sentence: String)
    /// A region's plan in a file of its own.
    case plan(sentence: String)

    /// The line it is about, from 1; `nil` where it is about the whole file.
    public var line: Int? {
        switch self {
        case .unreadable, .tooLarge, .missing, .plan: nil
        case .lineTooLong(let line, _), .syntax(let line), .noSection(let line, _),
            .unknownSection(let line, _, _), .unknownKey(let line, _, _, _),
            .twice(let line, _), .badValue(let line, _, _, _):
            line
        case .channel(let line, _): line > 0 ? line : nil
        }
    }

    /// What is wrong, and what to do about it.
    public var sentence: String {
        switch self {
        case .unreadable(let errno):
            errno == 2
                ? "there is no such file; write one, or name another with --config"
                : "cannot be read (error \(errno)); check its owner and permissions"
        case .tooLarge: "has more than 64 KiB; a configuration is a page at most"
        case .lineTooLong(_, let limit): "this line has more than \(limit) bytes; shorten it"
        case .syntax: "expected '[section]', 'key = value' or a comment that begins with '#'"
        case .noSection(_, let key):
            "'\(key)' stands before any section; write a line such as [node] above it"
        case .unknownSection(_, let name, let suggestion):
            "there is no section [\(name)]" + Self.hint(suggestion, "[", "]")
                + (suggestion == nil
                    ? "; sections are [node], [radio], [mesh], [state] and [control]" : "")
        case .unknownKey(_, let section, let key, let suggestion):
            "[\(section)] has no key '\(key)'" + Self.hint(suggestion, "'", "'")
        case .twice(_, let key): "'\(key)' is given a second time; remove one of the two"
        case .badValue(_, let key, let value, let expects):
            "'\(key)' cannot be '\(value)'; expected \(expects)"
        case .missing(let section, let key, let expects):
            "[\(section)] has no '\(key)'; add it: \(expects)"
        case .channel(_, let sentence), .plan(let sentence): sentence
        }
    }

    private static func hint(_ suggestion: String?, _ open: String, _ close: String) -> String {
        guard let suggestion else { return "" }
        return "; did you mean \(open)\(suggestion)\(close)?"
    }
}
