import Agent
import Base
import CLinux
import Emulation
import Foundation
import LinuxHAL
import PowerCut

/// The scene of the demo: an air in this process, five agents as processes, and one loop that
/// serves the air, shows what happens and notices Ctrl-C, while the director waits.
final class DemoStage {
    let air: Air
    let agents: [AgentProcess]
    let view: DemoView
    private let server: AirServer
    /// Whose power is to be cut; its card is watched from the start.
    let unlucky: AgentProcess
    /// Why that cannot be shown; `nil` where it can.
    private(set) var noCut: String?
    /// Whether the unlucky one runs another build than the others.
    let runsHostBuild: Bool
    private let signals: SignalFD
    private let folder: String
    private var lastPoll = Instant.start

    /// Where the nodes stand: in reach of each other (136 m at SF7 and 14 dBm).
    static let positions = [
        Position(x: 0, y: 0), Position(x: 70, y: 5), Position(x: 20, y: 65),
        Position(x: 85, y: 70), Position(x: 45, y: 110),
    ]

    init(program: String, view: DemoView) throws {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw DemoError.noProgram(path: program)
        }
        // Before there is anything to take away.
        signals = try SignalFD(SIGINT, SIGTERM, SIGHUP)
        signal(SIGPIPE, SIG_IGN)
        self.view = view
        folder = try Self.makeFolder()
        do {
            air = Air(positions: Self.positions, seed: 1)
            server = try AirServer(air, in: folder)
            let base = folder
            // The recorder is loaded by the dynamic linker, which a static program has none of.
            let bin = URL(fileURLWithPath: StoreCommand.program).deletingLastPathComponent()
            let host = bin.appending(path: "lichen").path
            noCut = [host, StoreCommand.shim].first {
                !FileManager.default.fileExists(atPath: $0)
            }
            let isHost = URL(fileURLWithPath: program).resolvingSymlinksInPath().path == host
            runsHostBuild = noCut == nil && !isHost
            let second = noCut == nil ? host : program
            agents = try (1...Self.positions.count).map { number in
                try AgentProcess(
                    number, program: number == 2 ? second : program,
                    folder: "\(base)/node-\(number)",
                    radio: AirServer.path(of: AirNode(number - 1), in: base))
            }
            unlucky = agents[1]
            if noCut == nil {
                var recorder = RecordedRun(
                    shim: StoreCommand.shim, folder: "\(unlucky.folder)/state")
                recorder.record = "\(unlucky.folder)/record"
                recorder.lie = "slow *"
                unlucky.recorder = recorder
            }
        } catch {
            try? FileManager.default.removeItem(atPath: folder)
            throw error
        }
    }

    private static func makeFolder() throws -> String {
        var template = Array("/tmp/lichen-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw DemoError.claim("a folder can be made in /tmp")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Ends every process and removes every file; never fails.
    func strike() {
        for agent in agents { agent.terminate() }
        let end = server.now + .seconds(3)
        while server.now < end, agents.contains(where: { $0.isRunning }) {
            try? server.step(for: .milliseconds(20))
        }
        for agent in agents { agent.kill() }
        view.end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// How late it is.
    var now: Instant { server.now }

    // MARK: Waiting

    /// What the agents have logged last, by node.
    private var logs: String {
        agents.map { "node \($0.number):\n\($0.log)" }.joined(separator: "\n")
    }

    /// Lets the world go on until something holds.
    ///
    /// - Returns: How long it took.
    @discardableResult
    func wait(
        _ claim: String, within limit: Duration, until holds: () throws -> Bool
    ) throws -> Duration {
        let start = now
        while true {
            if try holds() { return now - start }
            guard now - start < limit else {
                throw DemoError.claimOfAgents(claim, logs: logs)
            }
            try pump()
        }
    }

    /// Lets the world go on for a while.
    func pass(_ duration: Duration) throws {
        let end = now + duration
        while now < end { try pump() }
    }

    /// Serves the air, and nothing else.
    func serve() throws { try server.step(for: .microseconds(50)) }

    /// Lets the world go on in steps so small that a moment is not missed.
    func watch(_ claim: String, until holds: () -> Bool) throws {
        let end = now + .seconds(10)
        while !holds() {
            guard now < end else { throw DemoError.claimOfAgents(claim, logs: logs) }
            try server.step(for: .microseconds(500))
        }
    }

    /// Runs another command of this program while the world goes on.
    func run(_ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: StoreCommand.program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        defer { if process.isRunning { process.terminate() } }
        try wait("\(arguments[1]) ends within 30 s", within: .seconds(30)) { !process.isRunning }
        guard process.terminationStatus == 0 else {
            throw DemoError.claim("'lichen-sim \(arguments.joined(separator: " "))' succeeds")
        }
        let text = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        return text.trimmingCharacters(in: .newlines)
    }

    private func pump() throws {
        if signals.next() != nil { throw DemoError.interrupted }
        try server.step(for: .milliseconds(10))
        while let record = air.nextRecord() { view.take(record) }
        if now - lastPoll > .milliseconds(400) {
            lastPoll = now
            poll()
        }
        view.draw(self)
    }

    /// Asks all who answer what they are doing, for the view.
    private func poll() {
        for agent in agents {
            guard agent.isRunning else { continue }
            let lines =
                (try? answer(agent, ControlRecord("status"), within: .milliseconds(300))) ?? []
            if let status = lines.first { agent.status = status }
            agent.neighbours =
                (try? answer(agent, ControlRecord("nodes"), within: .milliseconds(300))) ?? []
        }
    }

    // MARK: Asking

    /// Asks an agent, and waits for the answer while the world goes on.
    func ask(
        _ number: Int, _ request: ControlRecord, within limit: Duration = .seconds(20),
        _ onLine: (ControlRecord) -> Void = { _ in }
    ) throws -> [ControlRecord] {
        let agent = agents[number - 1]
        return try answer(agent, request, within: limit, isView: false, onLine)
    }

    private func answer(
        _ agent: AgentProcess, _ request: ControlRecord, within limit: Duration,
        isView: Bool = true, _ onLine: (ControlRecord) -> Void = { _ in }
    ) throws -> [ControlRecord] {
        // A connection of its own: its answer is not mixed with another's.
        guard let connection = isView ? agent.connect() : ControlConnection(agent.socket) else {
            throw DemoError.silent(node: agent.number, request: request.word)
        }
        connection.send(request)
        var lines: [ControlRecord] = []
        let end = now + limit
        while now < end {
            while let line = connection.next() {
                if line.word == "ok" { return lines }
                if line.word == "error" {
                    throw DemoError.refused(node: agent.number, sentence: line.text("sentence"))
                }
                lines.append(line)
                onLine(line)
            }
            if connection.isGone { break }
            if isView {
                try server.step(for: .milliseconds(2))
            } else {
                try pump()
            }
        }
        if !agent.isRunning { throw DemoError.ended(node: agent.number, log: agent.log) }
        throw DemoError.silent(node: agent.number, request: request.word)
    }

    /// A key's value on a node; `nil` where it has none.
    func value(of key: String, on number: Int) throws -> String? {
        var request = ControlRecord("get")
        request.add("key", key)
        do {
            return try answer(agents[number - 1], request, within: .seconds(2)).first?.text("value")
        } catch DemoError.refused {
            return nil
        }
    }

    /// The root of what a node has on flash.
    func root(of number: Int) throws -> String {
        let status = try answer(
            agents[number - 1], ControlRecord("status"), within: .seconds(2)
        ).first
        agents[number - 1].status = status
        return status?.text("root") ?? ""
    }

    /// Whether all five have the same on flash.
    func allAgree() throws -> Bool {
        let roots = try agents.map { try root(of: $0.number) }
        return roots.allSatisfy { $0 == roots[0] && $0 != "00000000" }
    }
}
