import Agent
import Base
import CLinux
import LinuxHAL

extension Lichen {
    /// `lichen radio listen`
    static func listen(_ arguments: Arguments) -> ExitStatus {
        var view = ListenView(asJSON: arguments.wantsJSON)
        guard let client = Client(arguments.socketPath) else {
            return withLocalRadio(arguments) { (radio) throws(SystemError) in
                Terminal.tell("lichen: no agent runs, so this is the radio itself; Ctrl-C ends")
                try radio.listen { view.show($0) }
                view.end()
                return .success
            }
        }
        return listen(client, &view)
    }

    private static func listen(
        _ client: consuming Client, _ view: inout ListenView
    ) -> ExitStatus {
        guard var waiter = try? Waiter(client.raw) else { return .failure }
        client.send(ControlRecord("radio-listen"))
        while true {
            if !client.hasLine, waiter.wait(until: nil) == .stopped {
                view.end()
                return .success
            }
            guard let record = client.next() else {
                view.end()
                Terminal.complain("the agent has ended; its log says why")
                return .failure
            }
            if record.isWord("error") {
                Terminal.complain(record.text("sentence"))
                return .failure
            }
            view.show(record)
        }
    }

    /// `lichen radio probe`
    static func probeRadio(_ arguments: Arguments) -> ExitStatus {
        var works = false
        let show = { (record: ControlRecord) in
            if record.isWord("verdict") { works = record.isTrue("works") }
            Terminal.print(
                arguments.wantsJSON
                    ? record.json(type: record.word) + "\n" : probeText(record))
        }
        let status: ExitStatus
        if Client(arguments.socketPath) != nil {
            status = arguments.ask(ControlRecord("radio-probe"), show)
        } else {
            status = withLocalRadio(arguments) { (radio) throws(SystemError) in
                radio.probe(show)
                return .success
            }
        }
        return status == .success && !works ? .failure : status
    }

    private static func probeText(_ record: ControlRecord) -> String {
        if record.isWord("radio") {
            return record.bytes("uptimeSeconds") == nil ? channelText(record) : radioText(record)
        }
        if record.isWord("chip") {
            var text =
                "chip    \(record.text("chip")) (\(Terminal.plain(record.text("version")))), "
            text += "tcxo \(record.text("tcxo"))\n"
            return text
        }
        if record.isWord("interrupts") {
            return
                "wires   \(record.text("arrived")) of \(record.text("expected")) interrupts came\n"
        }
        if record.isWord("noise") {
            let frequency = megahertz(record.number("frequencyHz"))
            guard record.bytes("highestDBm") != nil else {
                return "level   \(frequency) MHz: \(record.text("levelDBm")) dBm now\n"
            }
            return "noise   \(frequency) MHz: \(record.text("medianDBm")) dBm, at most "
                + "\(record.text("highestDBm"))\n"
        }
        if record.isWord("sent") { return sentText(record) }
        if record.isWord("transmitter") {
            return "sent    nothing: \(record.text("sentence"))\n"
        }
        return record.isWord("verdict") ? record.text("sentence") + "\n" : ""
    }

    /// Opens the radio that the configuration names.
    private static func withLocalRadio(
        _ arguments: Arguments, _ use: (LocalRadio) throws(SystemError) -> ExitStatus
    ) -> ExitStatus {
        let path = arguments.configuration ?? Arguments.defaultConfiguration
        let settings: Settings
        do throws(ConfigurationError) {
            settings = try Settings.read(path: path)
        } catch {
            let line = error.line.map { ":\($0)" } ?? ""
            Terminal.complain("\(path)\(line): \(error.sentence)")
            return .usage
        }
        let radio: LocalRadio
        do throws(StartError) {
            radio = try LocalRadio(settings)
        } catch {
            Terminal.complain(error.sentence)
            return .failure
        }
        do throws(SystemError) {
            return try use(radio)
        } catch {
            Terminal.complain(error.sentence)
            return .failure
        }
    }
}

/// What is heard, as it is shown: lines that stay, and on a terminal a last line that changes.
struct ListenView {
    private let asJSON: Bool
    private let isTerminal = isatty(1) == 1
    private var spectrum = Spectrum(limit: 60)
    private var hasSpectrum = false
    private var level: Int?

    init(asJSON: Bool) { self.asJSON = asJSON }

    mutating func show(_ record: ControlRecord) {
        if asJSON {
            var record = record
            record.add("time", Timestamp.now.text)
            return Terminal.line(record.json(type: record.word))
        }
        if record.isWord("heard") {
            print(heardText(record))
        } else if record.isWord("radio") {
            Terminal.tell(String(Lichen.channelText(record).dropLast()))
        } else if record.isWord("fault") {
            clear()
            Terminal.tell(record.text("sentence"))
        } else if record.isWord("level") {
            level = record.number("levelDBm")
            if let level, !hasSpectrum { spectrum.append(level) }
        } else if record.isWord("spectrum") {
            hasSpectrum = true
            spectrum.replace(by: record.numbers("levelsDBm"))
        }
        refresh()
    }

    /// Leaves the cursor below the last line.
    func end() { if isTerminal, !asJSON { Terminal.print("\n") } }

    private func print(_ line: String) {
        clear()
        Terminal.line(line)
    }

    private func clear() { if isTerminal { Terminal.print("\r\u{1B}[K") } }

    private func refresh() {
        guard isTerminal else { return }
        clear()
        Terminal.print(spectrum.line(now: level))
    }

    private func heardText(_ record: ControlRecord) -> String {
        let time = Timestamp.now.time
        if record.isTrue("damaged") { return "\(time)  damaged" }
        var text = "\(time)  \(padded(record.text("kind"), 8))"
        text += padded("\(record.text("size")) B", 7)
        var sender = record.bytes("sender") == nil ? "" : "node \(record.text("sender"))"
        if record.bytes("name") != nil { sender += " \(Terminal.plain(record.text("name")))" }
        text += padded(sender, 14)
        text += padded("\(record.text("rssiDBm")) dBm", 10)
        text += "\(Lichen.decibel(quarters: record.number("snrQuarterDB") ?? 0)) dB"
        if record.bytes("text") != nil { text += "  \(Terminal.plain(record.text("text")))" }
        return text
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.utf8.count))
    }
}
