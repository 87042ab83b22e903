import Agent
import CLinux
import LinuxHAL

/// A connection to the agent's control socket.
struct Client: ~Copyable {
    private let descriptor: FileDescriptor
    private var input: [UInt8] = []

    /// Connects; `nil` where nobody answers.
    init?(_ path: String) {
        let connected = lichen_unix_connect(path)
        guard connected >= 0 else { return nil }
        descriptor = FileDescriptor(owning: connected)
    }

    /// Sends a request.
    func send(_ record: ControlRecord) {
        let line = record.line
        _ = descriptor.send(line.span)
    }

    /// For `Epoll`.
    var raw: Int32 { descriptor.raw }

    /// Whether `next` has a line without waiting.
    var hasLine: Bool { input.contains(10) }

    /// The next line of the answer; `nil` where the agent is gone.
    mutating func next() -> ControlRecord? {
        while true {
            if let end = input.firstIndex(of: 10) {
                let line = Array(input[..<end])
                input.removeSubrange(...end)
                return ControlRecord(line: line)
            }
            guard descriptor.read(into: &input, atMost: 4_096) > 0 else { return nil }
        }
    }
}

extension Arguments {
    /// Where the agent answers: the option, the environment, the configuration, the default.
    var socketPath: String {
        if let socket { return socket }
        if let path = getenv("LICHEN_SOCKET") { return String(cString: path) }
        let path = configuration ?? Arguments.defaultConfiguration
        return (try? Settings.read(path: path))?.socket ?? Settings().socket
    }

    /// Where the configuration is unless said.
    static var defaultConfiguration: String { "/etc/lichen.conf" }

    /// The same as `ask`, where it does not matter why there is no answer.
    func askQuietly(_ request: ControlRecord, _ take: (ControlRecord) -> Void) -> Bool {
        guard var client = Client(socketPath) else { return false }
        client.send(request)
        while let record = client.next() {
            if record.isWord("ok") { return true }
            if record.isWord("error") { return false }
            take(record)
        }
        return false
    }

    /// Asks the agent, and hands over each line of the answer.
    ///
    /// - Returns: `success` after `ok`; otherwise the reason has been told.
    func ask(_ request: ControlRecord, _ take: (ControlRecord) -> Void) -> ExitStatus {
        let path = socketPath
        guard var client = Client(path) else {
            Terminal.complain(
                "no agent answers at \(path); start one with 'lichen agent', or name its socket "
                    + "with --socket")
            return .failure
        }
        client.send(request)
        while let record = client.next() {
            if record.isWord("ok") { return .success }
            if record.isWord("error") {
                Terminal.complain(record.text("sentence"))
                return .failure
            }
            take(record)
        }
        Terminal.complain("the agent ended before it answered; its log says why")
        return .failure
    }
}
