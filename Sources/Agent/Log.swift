import CLinux

/// Lines for people on standard error; under systemd with the level that journald reads
/// (sd-daemon(3)).
public struct Log: Sendable {
    /// How much a line matters: the kernel's levels.
    public enum Level: Int, Sendable {
        case error = 3
        case warning = 4
        case info = 6
    }

    private let isJournal: Bool

    /// A log to standard error.
    public init() { isJournal = getenv("JOURNAL_STREAM") != nil }

    /// Writes one line.
    public func write(_ level: Level, _ text: String) {
        var line = Array((isJournal ? "<\(level.rawValue)>" : "lichen: ").utf8)
        line += Array(text.utf8)
        line.append(10)
        _ = line.withUnsafeBytes { CLinux.write(2, $0.baseAddress, $0.count) }
    }
}
