import CTestSupport
import Foundation
import Synchronization

/// A program that a `Workbench` has started.
///
/// Its output goes to files, so that neither side ever waits for the other. Signals go to its
/// process alone, never to a group or a name, and never after its end was seen.
public final class RunningProgram: Sendable {
    /// Its process.
    public let pid: Int32
    private let path: String
    private let outputPath: String
    private let errorsPath: String
    private let ending = Mutex<Ending?>(nil)

    init(_ program: Program, writingTo prefix: String) throws {
        path = program.path
        outputPath = prefix + ".out"
        errorsPath = prefix + ".err"
        let inputPath = prefix + ".in"
        try program.input.write(toFile: inputPath, atomically: false, encoding: .utf8)
        pid = try Self.spawn(
            program, input: inputPath, output: outputPath, errors: errorsPath)
    }

    /// What it has written to its standard output so far.
    public var output: String { Self.text(outputPath) }

    /// What it has written to its standard error so far.
    public var errors: String { Self.text(errorsPath) }

    /// How it ended, or `nil` while it runs.
    public func poll() -> Ending? {
        ending.withLock { ending in
            if ending == nil {
                var status: Int32 = 0
                if waitpid(pid, &status, WNOHANG) == pid { ending = Ending(waitStatus: status) }
            }
            return ending
        }
    }

    /// Sends it a signal, unless it has ended.
    public func signal(_ signal: Int32) {
        ending.withLock { ending in
            if ending == nil { _ = Foundation.kill(pid, signal) }
        }
    }

    /// Waits for its end.
    /// - Throws: `ProgramError.tooSlow`; it is killed then.
    public func end(within limit: Duration = .seconds(30)) async throws -> Outcome {
        if await eventually(within: limit, { poll() != nil }), let ending = poll() {
            return outcome(ending)
        }
        throw ProgramError.tooSlow(path, limit: limit, outcome(kill()))
    }

    /// Waits until it has written `text` to its standard output or its standard error.
    /// - Throws: `ProgramError.silent` where it has not, or ends before.
    public func says(_ text: String, within limit: Duration = .seconds(10)) async throws {
        func hasSaid() -> Bool { output.contains(text) || errors.contains(text) }
        _ = await eventually(within: limit) { hasSaid() || poll() != nil }
        if !hasSaid() { throw ProgramError.silent(path, awaited: text, outcome(kill())) }
    }

    /// Ends it at once, and waits for that; does nothing where it has ended.
    @discardableResult
    public func kill() -> Ending {
        ending.withLock { ending in
            if let ending { return ending }
            _ = Foundation.kill(pid, SIGKILL)
            var status: Int32 = 0
            while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
            let seen = Ending(waitStatus: status)
            ending = seen
            return seen
        }
    }

    private func outcome(_ ending: Ending) -> Outcome {
        Outcome(ending: ending, output: output, errors: errors)
    }

    private static func text(_ path: String) -> String {
        String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
    }

    /// The child gets three descriptors and no other, and signals as a shell would give it.
    private static func spawn(
        _ program: Program, input: String, output: String, errors: String
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let create = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, create, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, create, 0o600)
        spawn_close_from(&actions, 3)
        if let folder = program.folder {
            spawn_in_folder(&actions, folder)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var environment = ProcessInfo.processInfo.environment
        for (name, value) in program.environment { environment[name] = value }
        let spawned: Result<Int32, Errno> = withCStrings([program.path] + program.arguments) {
            arguments in
            withCStrings(environment.map { "\($0.key)=\($0.value)" }) { environment in
                var pid: Int32 = 0
                let error = posix_spawn(
                    &pid, program.path, &actions, &attributes, arguments, environment)
                return error == 0 ? .success(pid) : .failure(Errno(number: error))
            }
        }
        switch spawned {
        case .success(let pid): return pid
        case .failure(let error):
            throw ProgramError.cannotStart(program.path, errno: error.number)
        }
    }

    private struct Errno: Error { var number: Int32 }
}

extension Ending {
    fileprivate init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(bySignal: signal)
    }
}

/// Lends an array of C strings that ends with a null pointer.
private func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
) -> Result {
    let copies = strings.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
}
