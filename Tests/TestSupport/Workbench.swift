import Foundation
import Synchronization

/// Gives `body` a folder and programs of its own; whatever happens, all are gone afterwards.
public func withWorkbench<Result>(
    isolation: isolated (any Actor)? = #isolation,
    _ body: (Workbench) async throws -> Result
) async throws -> Result {
    let bench = try Workbench()
    defer { bench.clear() }
    return try await body(bench)
}

/// Where a test works: a temporary folder, and the programs that it started.
public final class Workbench: Sendable {
    /// A new, empty folder. Its path is short enough for sockets in it (at most 107 bytes).
    public let folder: String
    private let tag: String
    private let programs = Mutex<[RunningProgram]>([])

    /// Every program started here carries this variable, and so do those that it starts itself.
    private static let tagName = "LICHEN_TEST_BENCH"

    fileprivate init() throws {
        var template = Array("/tmp/lichen-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else {
            throw ProgramError.cannotStart("mkdtemp", errno: errno)
        }
        folder = String(cString: made)
        tag = "\(getpid())-\(folder.suffix(6))"
    }

    /// The path of a file in the folder.
    public func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// Writes a file in the folder, made executable where asked. Missing folders are made.
    /// - Returns: Its path.
    @discardableResult
    public func write(_ text: String, to name: String, executable: Bool = false) throws -> String {
        let path = path(name)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        if executable { chmod(path, 0o755) }
        return path
    }

    /// Starts a program, to run until it ends or the test does.
    public func start(_ program: Program) throws -> RunningProgram {
        var tagged = program
        tagged.environment[Self.tagName] = tag
        return try programs.withLock { programs in
            let running = try RunningProgram(
                tagged, writingTo: "\(folder)/.\(programs.count)")
            programs.append(running)
            return running
        }
    }

    /// Processes that were started here, or by programs started here, and still run.
    public func processes() -> [Int32] {
        let needle = Data("\0\(Self.tagName)=\(tag)\0".utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { pid in
            guard let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
            else { return false }  // It ended meanwhile, or is not ours.
            return (Data([0]) + environment).range(of: needle) != nil
        }
    }

    fileprivate func clear() {
        for program in programs.withLock({ $0 }) { program.kill() }
        for pid in processes() { _ = Foundation.kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Asks again and again until `condition` holds.
/// - Returns: Whether it did within `limit`.
public func eventually(
    within limit: Duration, isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async rethrows -> Bool {
    let end = ContinuousClock.now + limit
    var pause = Duration.milliseconds(1)
    while try await !condition() {
        guard ContinuousClock.now < end else { return false }
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(20))
    }
    return true
}
