import Agent
import Base
import CLinux
import Foundation
import LinuxHAL
import PowerCut

/// One agent of the demo: the program that ships, as a process with a folder of its own.
final class AgentProcess {
    /// Its number, from 1; also that of its emulated chip.
    let number: Int
    private let program: String
    /// Where its files are; `state` there is its card.
    let folder: String
    /// What it runs under at its next start, where its card is watched.
    var recorder: RecordedRun?
    private var process: Process?
    private var connection: ControlConnection?

    /// What it last said of itself.
    var status: ControlRecord?
    /// Whom it last said to hear.
    var neighbours: [ControlRecord] = []

    init(
        _ number: Int, program: String, folder: String, radio: String, keys: Int = 512
    ) throws {
        self.number = number
        self.program = program
        self.folder = folder
        try FileManager.default.createDirectory(
            atPath: "\(folder)/state", withIntermediateDirectories: true)
        try """
        [node]
        name = hut-\(number)
        [radio]
        device = emulator:\(radio)
        spreading-factor = 7
        [mesh]
        beacon = 5
        [state]
        directory = \(folder)/state
        keys = \(keys)
        [control]
        socket = \(folder)/control

        """.write(toFile: "\(folder)/lichen.conf", atomically: true, encoding: .utf8)
    }

    var isRunning: Bool { process?.isRunning ?? false }

    /// Where its control socket is.
    var socket: String { "\(folder)/control" }

    func start() throws {
        _ = FileManager.default.createFile(atPath: "\(folder)/log", contents: nil)
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder)/log"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["agent", "--config", "\(folder)/lichen.conf"]
        if let recorder {
            process.environment = ProcessInfo.processInfo.environment.merging(
                recorder.environment
            ) { $1 }
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        try process.run()
        self.process = process
    }

    /// The end of what it wrote to standard error.
    var log: String {
        let text = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: "\n")
    }

    /// Resident memory in kB, while it runs.
    var residentKilobytes: Int? {
        guard let process, process.isRunning else { return nil }
        return Self.residentKilobytes(of: process.processIdentifier)
    }

    /// Resident memory of a process in kB (proc(5): `VmRSS`).
    static func residentKilobytes(of pid: Int32) -> Int? {
        let text = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.split(whereSeparator: { !$0.isNumber }).first ?? "") }
    }

    /// Ends it the hard way: nothing is flushed.
    func kill() {
        guard let process, process.isRunning else { return }
        _ = CLinux.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        connection = nil
    }

    /// Asks it to end.
    func terminate() {
        guard let process, process.isRunning else { return }
        process.terminate()
    }

    /// Its exit status once it has ended; `nil` after a signal.
    var exitStatus: Int32? {
        guard let process, !process.isRunning, process.terminationReason == .exit else {
            return nil
        }
        return process.terminationStatus
    }

    /// A connection to its control socket, if it answers there.
    func connect() -> ControlConnection? {
        if let connection, !connection.isGone { return connection }
        connection = isRunning ? ControlConnection(socket) : nil
        return connection
    }
}

/// A client of a control socket that never waits.
final class ControlConnection {
    private let descriptor: FileDescriptor
    private var input: [UInt8] = []
    private(set) var isGone = false

    init?(_ path: String) {
        let raw = path.withCString { lichen_unix_connect($0) }
        guard raw >= 0 else { return nil }
        descriptor = FileDescriptor(owning: raw)
    }

    func send(_ record: ControlRecord) {
        if !descriptor.send(record.line.span) { isGone = true }
    }

    /// The next line that has arrived whole.
    func next() -> ControlRecord? {
        while true {
            if let end = input.firstIndex(of: 10) {
                defer { input.removeSubrange(...end) }
                return ControlRecord(line: Array(input[..<end]))
            }
            var chunk = [UInt8](repeating: 0, count: 4_096)
            var span = chunk.mutableSpan
            switch descriptor.receive(into: &span) {
            case .bytes(let count): input += chunk[..<count]
            case .nothing: return nil
            case .end:
                isGone = true
                return nil
            }
        }
    }
}
