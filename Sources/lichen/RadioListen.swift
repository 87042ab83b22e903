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
            return record.has("uptimeSeconds")
                ? radioText(record) : Template.fill(channelTemplate, record)
        }
        if record.isWord("noise") {
            return Template.fill(
                record.has("highestDBm")
                    ? "noise   {frequencyHz:MHz}: {medianDBm} dBm, at most {highestDBm}\n"
                    : "level   {frequencyHz:MHz}: {levelDBm} dBm now\n", record)
        }
        let templates: [(String, StaticString)] = [
            ("chip", chipTemplate), ("sent", sentTemplate), ("verdict", "{sentence}\n"),
            ("interrupts", "wires   {arrived} of {expected} interrupts came\n"),
            ("transmitter", "sent    nothing: {sentence}\n"),
        ]
        for (word, template) in templates where record.isWord(word) {
            return Template.fill(template, record)
        }
        return ""
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
            Terminal.talk(Template.fill(Lichen.channelTemplate, record))
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
        var record = record
        record.add("clock", Timestamp.now.time)
        if record.isTrue("damaged") { return Template.fill("{clock}  damaged", record) }
        record.add("bytes", Template.fill("{size} B", record))
        record.add("level", Template.fill("{rssiDBm} dBm", record))
        record.add("from", Template.fill("[node {sender}][ {name}]", record))
        return Template.fill(
            """
            {clock}  {kind:<8}{bytes:<7}{from:<14}{level:<10}{snrQuarterDB:dB}[  {text}]
            """, record)
    }
}
