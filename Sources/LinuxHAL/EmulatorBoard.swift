import Base
import CLinux
import HAL

/// A board whose radio is an emulated chip behind a socket (`radio/emulator.md`).
///
/// The chip tells of its wires unasked. What it tells while this board waits for an answer is not
/// lost to a loop that sleeps on `raw`: a DIO1 that rose meanwhile keeps it readable until somebody
/// has looked at that wire.
public final class EmulatorBoard: RadioBoard {
    private let path: String
    private var socket: FileDescriptor
    private var isConnected = true
    private let news: FileDescriptor
    private var epoll: Epoll
    private let clock = MonotonicClock()
    private var incoming = MessageBuffer()
    private var outgoing = OutgoingMessage()
    private var levels: WireLevels = []
    private var isNewsSet = false

    /// How long an answer may take.
    private let answerLimit = Duration.seconds(2)

    /// Connects to an emulated chip.
    ///
    /// - Throws: `.system` where there is no such socket, or none that may be used; `.gone` where
    ///   another host has the chip; `.garbled` where what answers is not an emulator of this version.
    public init(connectingTo path: String) throws(BoardError) {
        self.path = path
        socket = try Self.connect(path)
        let event = lichen_eventfd()
        guard event >= 0 else { throw .system(call: .open, errno: lichen_errno()) }
        news = FileDescriptor(owning: event)
        epoll = try Self.makeEpoll()
        do throws(SystemError) {
            try epoll.add(socket.raw, token: 0)
            try epoll.add(news.raw, token: 1)
        } catch {
            throw .system(call: .poll, errno: error.errno)
        }
        try greet()
    }

    private static func connect(_ path: String) throws(BoardError) -> FileDescriptor {
        let raw = unsafe path.withCString { unsafe lichen_unix_connect($0) }
        guard raw >= 0 else { throw .system(call: .connect, errno: lichen_errno()) }
        return FileDescriptor(owning: raw)
    }

    private func greet() throws(BoardError) {
        guard case .hello(let version, _) = try ask(.hello(version: EmulatorMessage.version)),
            version == EmulatorMessage.version
        else { throw .garbled }
        finishMessage()
    }

    /// The emulator has ended. A socket that is gone is readable for ever: `raw` must not be.
    private func gone() -> BoardError {
        if isConnected { try? epoll.remove(socket.raw) }
        isConnected = false
        setNews(false)
        return .gone
    }

    /// Connects to an emulator that was started again.
    private func reconnect() throws(BoardError) {
        socket = try Self.connect(path)
        incoming = MessageBuffer()
        levels = []
        do throws(SystemError) {
            try epoll.add(socket.raw, token: 0)
        } catch {
            throw .system(call: .poll, errno: error.errno)
        }
        isConnected = true
        try greet()
    }

    /// For `Epoll`: readable when the chip has told of a wire, or is gone.
    public var raw: Int32 { epoll.raw }

    public func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        try exchange(&bytes, as: .transfer)
    }

    public func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        try takeNews()
        if input == .interrupt { setNews(false) }
        return levels.contains(input == .busy ? .busy : .interrupt)
    }

    /// Waits a second at least: what a chip does at once, its emulator does when it gets the
    /// processor.
    public func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool {
        let end = clock.now + max(limit, .seconds(1))
        while try isHigh(input) {
            let rest = end - clock.now
            guard rest > .zero else { return false }
            _ = lichen_wait_readable(socket.raw, rest.wholeNanoseconds)
        }
        return true
    }

    /// Moves a wire. A chip is reset before it is started, so that is when an emulator that was
    /// gone is looked for again.
    public func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        if !isConnected, output == .reset, !high { try reconnect() }
        guard case .done = try ask(.drive(output, high: high)) else { throw .garbled }
        finishMessage()
    }

    public func pause(_ duration: Duration) { lichen_sleep(duration.wholeNanoseconds) }

    private func exchange(
        _ bytes: inout MutableSpan<UInt8>, as request: EmulatorRequest
    ) throws(BoardError) {
        outgoing.set(request, bytes.span)
        let answer = try askOutgoing()
        let offset = EmulatorAnswer.bytesOffset
        guard case .bytes = answer, messageSize == offset + bytes.count else { throw .garbled }
        incoming.copy(from: offset, to: &bytes)
        finishMessage()
    }

    // MARK: Messages

    /// Size of the message that `receive` has returned and `finishMessage` will drop.
    private var messageSize = 0

    private func ask(_ request: EmulatorRequest) throws(BoardError) -> EmulatorAnswer {
        outgoing.set(request)
        return try askOutgoing()
    }

    /// Sends a request and waits for its answer, which stays in the buffer until `finishMessage`.
    private func askOutgoing() throws(BoardError) -> EmulatorAnswer {
        guard isConnected, outgoing.send(on: socket) else { throw gone() }
        let end = clock.now + answerLimit
        while true {
            if let message = try nextMessage() {
                if case .levels = message {
                    finishMessage()
                    continue
                }
                return message
            }
            switch incoming.fill(from: socket) {
            case .bytes: continue
            case .end: throw gone()
            case .nothing:
                let rest = end - clock.now
                guard rest > .zero else { throw .silent }
                _ = lichen_wait_readable(socket.raw, rest.wholeNanoseconds)
            }
        }
    }

    /// Takes in all that the chip has told unasked, without waiting.
    private func takeNews() throws(BoardError) {
        guard isConnected else { throw .gone }
        while true {
            while let message = try nextMessage() {
                guard case .levels = message else { throw .garbled }
                finishMessage()
            }
            switch incoming.fill(from: socket) {
            case .bytes: continue
            case .end: throw gone()
            case .nothing: return
            }
        }
    }

    /// The first message that has arrived whole; notes the levels it tells.
    private func nextMessage() throws(BoardError) -> EmulatorAnswer? {
        let message: EmulatorAnswer
        do throws(EmulatorMessageError) {
            guard let (answer, size) = try incoming.answer() else { return nil }
            message = answer
            messageSize = size
        } catch {
            throw .garbled
        }
        let wires = message.wires
        if wires.contains(.interrupt), !levels.contains(.interrupt) { setNews(true) }
        levels = wires
        return message
    }

    private func finishMessage() { incoming.drop(messageSize) }

    /// Keeps `raw` readable, or no longer.
    private func setNews(_ isSet: Bool) {
        guard isSet != isNewsSet else { return }
        isNewsSet = isSet
        var count: UInt64 = 1
        _ = unsafe isSet ? write(news.raw, &count, 8) : read(news.raw, &count, 8)
    }

    private static func makeEpoll() throws(BoardError) -> Epoll {
        do throws(SystemError) {
            return try Epoll()
        } catch {
            throw .system(call: .poll, errno: error.errno)
        }
    }
}
