import Agent
import Base
import CLinux
import Foundation

/// Rows measured on the device builds as processes.
struct DeviceBench {
    let builds: String

    private func path(_ architecture: String) -> String { "\(builds)/\(architecture)/lichen" }

    func size() -> BenchRow {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path("arm64"))
        let size = (attributes?[.size] as? NSNumber)?.doubleValue
        return BenchRow(
            id: "size.arm64", title: "static ELF for arm64, stripped", value: size, unit: "B",
            better: .lower, goal: 1_500_000,
            how: size == nil
                ? "there is no \(path("arm64")); 'make arm64' makes it"
                : "size of \(path("arm64"))")
    }

    // MARK: Memory

    func residentMemory() throws -> BenchRow {
        func row(_ value: Double?, _ how: String, _ rivals: [(String, Int)] = []) -> BenchRow {
            BenchRow(
                id: "rss.agent", title: "resident memory of an agent in a mesh of five",
                value: value, unit: "kB", better: .lower, goal: 3_000,
                rival: rivals.first?.0, rivalValue: rivals.first.map { Double($0.1) }, how: how)
        }
        guard FileManager.default.isExecutableFile(atPath: path("amd64")) else {
            return row(nil, "there is no \(path("amd64")); 'make amd64' makes it")
        }
        let view = DemoView(isLive: false, hasColour: false, isSilent: true)
        let stage = try DemoStage(
            program: URL(fileURLWithPath: path("amd64")).path, view: view)
        defer { stage.strike() }
        try Demo(stage: stage).assemble()
        let resident = stage.agents.compactMap(\.residentKilobytes)
        guard resident.count == 5 else { throw DemoError.claim("five agents are running") }
        let rivals = ["mosquitto", "babeld"].compactMap { name in
            Rival(name)?.residentKilobytes().map { (name, $0) }
        }
        let others = rivals.map { "\($0.0) \($0.1) kB" }.joined(separator: ", ")
        return row(
            Double(resident.max() ?? 0),
            "the largest VmRSS of five amd64 Embedded agents after four admissions; beside them "
                + (others.isEmpty ? "neither mosquitto nor babeld is installed" : others), rivals)
    }

    // MARK: Start

    func start() throws -> BenchRow {
        func row(_ value: Double?, _ how: String) -> BenchRow {
            BenchRow(
                id: "start.agent", title: "start to the control socket's first answer",
                value: value, unit: "× mosquitto", better: .lower, goal: 1,
                rival: "mosquitto", rivalValue: 1, how: how)
        }
        guard FileManager.default.isExecutableFile(atPath: path("amd64")) else {
            return row(nil, "there is no \(path("amd64")); 'make amd64' makes it")
        }
        guard let rival = Rival("mosquitto") else {
            return row(nil, "mosquitto is not installed here")
        }
        var ours: [Duration] = []
        var theirs: [Duration] = []
        for _ in 0..<21 {
            ours.append(try startOnce())
            theirs.append(try rival.startOnce())
        }
        ours.sort()
        theirs.sort()
        let ratio = ours[10] / theirs[10]
        return row(
            (ratio * 100).rounded() / 100,
            "medians of 21 starts each, in turn: \(milliseconds(ours[10])) against "
                + "\(milliseconds(theirs[10])); an agent with state, to its answer to 'status'")
    }

    private func milliseconds(_ duration: Duration) -> String {
        String(format: "%.2f ms", Double(duration.wholeMicroseconds) / 1_000)
    }

    /// One agent on a chip of its own, with the state of an earlier start.
    private func startOnce() throws -> Duration {
        let view = DemoView(isLive: false, hasColour: false, isSilent: true)
        let stage = try DemoStage(
            program: URL(fileURLWithPath: path("amd64")).path, view: view)
        defer { stage.strike() }
        let agent = stage.agents[0]
        try agent.start()
        try stage.wait("the agent answers", within: .seconds(10)) { agent.connect() != nil }
        _ = try stage.ask(1, ControlRecord("status"))
        agent.terminate()
        try stage.wait("the agent ends", within: .seconds(5)) { !agent.isRunning }

        let clock = ContinuousClock()
        let begin = clock.now
        try agent.start()
        while true {
            if let connection = ControlConnection(agent.socket) {
                connection.send(ControlRecord("status"))
                while !connection.isGone {
                    if connection.next()?.word == "ok" { return clock.now - begin }
                    try stage.serve()
                }
            }
            guard clock.now - begin < .seconds(10) else {
                throw DemoError.ended(node: 1, log: agent.log)
            }
            try stage.serve()
        }
    }
}

/// A well-known daemon to measure beside ours.
struct Rival {
    let name: String
    let path: String

    /// `nil` where it is not installed.
    init?(_ name: String) {
        let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
        guard
            let path = folders.map({ "\($0)/\(name)" }).first(where: {
                FileManager.default.isExecutableFile(atPath: $0)
            })
        else { return nil }
        self.name = name
        self.path = path
    }

    private static let port: UInt16 = 28_883

    private func launch() throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.currentDirectoryURL = FileManager.default.temporaryDirectory
        // babeld replaces its state file and writes a pid file: neither may be a real one.
        process.arguments =
            name == "mosquitto"
            ? ["-p", "\(Self.port)"]
            : ["-I", "", "-S", "lichen-bench-babeld.state", "-L", "lichen-bench-babeld.log", "lo"]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// SIGKILL: a stage blocks SIGTERM in this process, and so in those that it starts.
    private func end(_ process: Process) {
        _ = kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        for file in ["lichen-bench-babeld.state", "lichen-bench-babeld.log"] {
            try? FileManager.default.removeItem(
                at: FileManager.default.temporaryDirectory.appending(path: file))
        }
    }

    /// Start to listening.
    func startOnce() throws -> Duration {
        let clock = ContinuousClock()
        let begin = clock.now
        let process = try launch()
        defer { end(process) }
        while !Self.answers(Self.port) {
            guard process.isRunning, clock.now - begin < .seconds(10) else {
                throw DemoError.claim("\(name) listens on loopback")
            }
            usleep(50)
        }
        return clock.now - begin
    }

    /// Resident memory once it runs; `nil` where it does not.
    func residentKilobytes() -> Int? {
        guard let process = try? launch() else { return nil }
        defer { end(process) }
        usleep(300_000)
        guard process.isRunning else { return nil }
        return AgentProcess.residentKilobytes(of: process.processIdentifier)
    }

    private static func answers(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { _ = close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
