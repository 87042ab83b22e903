import CLinux
import LinuxHAL
import Node

/// One client of the control socket: what it sent, and what it has not read yet.
///
/// Both are bounded: a client that sends an endless line, talks on while it waits for an answer, or
/// does not read what it watches, is disconnected.
final class Connection {
    /// Requests whose answer depends on what they are.
    enum Question { case plain, ping, test, check, store }

    /// The most bytes that may wait to be read by the client.
    static let mostWaiting = 65_536
    /// The most bytes of requests that may wait for the answer to an earlier one.
    static let mostRequests = 8 * ControlRecord.mostBytes

    let descriptor: FileDescriptor
    /// What it waits for the answer to.
    var request: Request?
    /// What its request is, where that decides how it is answered.
    var question = Question.plain
    /// Whether it waits for a check of the card.
    var waitsForCheck: Bool { request != nil && question == .store }
    /// Whether it is told of every change.
    var isWatching = false
    /// Whether it is told of every frame.
    var isListening = false
    private(set) var isClosed = false
    private var input: [UInt8] = []
    private var output: [UInt8] = []

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Whether something waits to be read by the client.
    var hasOutput: Bool { !output.isEmpty }

    /// Reads what the client sent.
    func receive() {
        var bytes = InlineArray<1024, UInt8>(repeating: 0)
        var span = bytes.mutableSpan
        switch descriptor.receive(into: &span) {
        case .nothing: break
        case .end: isClosed = true
        case .bytes(let count):
            for index in 0..<count { input.append(bytes[index]) }
            if input.count > Self.mostRequests { isClosed = true }
        }
    }

    /// The next whole line.
    func nextLine() -> ControlRecord? {
        let end = input.firstIndex(of: 10)
        guard (end ?? input.count) < ControlRecord.mostBytes else {
            fail("a request has at most \(ControlRecord.mostBytes) bytes; shorten what it carries")
            isClosed = true
            return nil
        }
        guard let end else { return nil }
        let line = Array(input[..<end])
        input.removeSubrange(...end)
        return ControlRecord(line: line)
    }

    /// Sends a line, or keeps it until the client has read others.
    func send(_ record: ControlRecord) {
        output += record.line
        flush()
        if output.count > Self.mostWaiting { isClosed = true }
    }

    /// Sends what waits, as far as the client takes it.
    func flush() {
        while !output.isEmpty {
            let sent = output.withUnsafeBytes {
                lichen_send(descriptor.raw, $0.baseAddress, $0.count)
            }
            guard sent > 0 else {
                if lichen_errno() != EAGAIN { isClosed = true }
                return
            }
            output.removeSubrange(..<sent)
        }
    }

    /// Answers that it is done.
    func succeed() { send(ControlRecord("ok")) }

    /// Answers that it cannot be done, and why.
    func fail(_ sentence: String) {
        var record = ControlRecord("error")
        record.add("sentence", sentence)
        send(record)
    }
}
