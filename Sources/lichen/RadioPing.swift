import Agent
import Base
import LinuxHAL

/// Pings in a row, over one connection: `lichen radio ping` and `lichen radio range`.
struct PingSeries: ~Copyable {
    /// How a ping went.
    enum Result {
        case echo(ControlRecord)
        /// Why there is none.
        case lost(String)
    }

    /// How a series ended.
    enum End: Equatable { case complete, stopped, failed }

    let node: String
    let count: Int?
    let interval: Duration

    init(_ arguments: Arguments, count: Int?) {
        node = arguments.operands[0]
        self.count = arguments.count ?? count
        interval = .seconds(arguments.interval ?? 2)
    }

    /// Pings until there were enough or somebody stops it; each result is handed over with its
    /// number, from 1.
    func run(_ arguments: Arguments, _ take: (Int, Result) -> Void) -> End {
        let path = arguments.socketPath
        guard var client = Client(path), var waiter = try? Waiter(client.raw) else {
            _ = arguments.ask(ControlRecord("radio-ping")) { _ in }
            return .failed
        }
        var number = 0
        while number < count ?? .max {
            number += 1
            let next = waiter.now + interval
            var request = ControlRecord("radio-ping")
            request.add("node", node)
            client.send(request)
            var result = Result.lost("")
            while true {
                if !client.hasLine, waiter.wait(until: nil) == .stopped { return .stopped }
                guard let record = client.next() else {
                    Terminal.complain("the agent has ended; its log says why")
                    return .failed
                }
                if record.isWord("ok") { break }
                if record.isWord("error") {
                    Terminal.complain(record.text("sentence"))
                    return .failed
                }
                result = record.isWord("echo") ? .echo(record) : .lost(record.text("sentence"))
            }
            take(number, result)
            if number < count ?? .max, waiter.wait(until: next) == .stopped { return .stopped }
        }
        return .complete
    }
}

/// What a series of pings comes to.
struct PingSummary {
    var sent = 0
    var roundTrips: [Int] = []

    var answered: Int { roundTrips.count }

    var record: ControlRecord {
        var record = ControlRecord("summary")
        record.add("sent", sent)
        record.add("answered", answered)
        record.add("lostPercent", sent == 0 ? 0 : (sent - answered) * 100 / sent)
        if let least = roundTrips.min(), let most = roundTrips.max() {
            record.add("lowestMs", least)
            record.add("meanMs", roundTrips.reduce(0, +) / answered)
            record.add("highestMs", most)
        }
        return record
    }
}

extension Lichen {
    /// `lichen radio ping NODE`
    static func ping(_ arguments: Arguments) -> ExitStatus {
        let series = PingSeries(arguments, count: 4)
        var summary = PingSummary()
        let end = series.run(arguments) { number, result in
            summary.sent = number
            switch result {
            case .echo(let record):
                summary.roundTrips.append(record.number("roundTripMs") ?? 0)
                Terminal.line(
                    arguments.wantsJSON
                        ? record.json(type: "echo", "sequence", number)
                        : "\(number)  " + Template.fill(echoTemplate, record))
            case .lost(let sentence):
                var record = ControlRecord("lost")
                record.add("sentence", sentence)
                Terminal.line(
                    arguments.wantsJSON
                        ? record.json(type: "lost", "sequence", number) : "\(number)  \(sentence)")
            }
        }
        if end == .failed, summary.sent == 0 { return .failure }
        var record = summary.record
        if !arguments.wantsJSON { record.add("node", series.node) }
        Terminal.line(
            arguments.wantsJSON
                ? record.json(type: "summary") : Template.fill(summaryTemplate, record))
        return summary.answered > 0 ? .success : .failure
    }

    private static let echoTemplate: StaticString = """
        {roundTripMs} ms ({onAirMs} on the air)  there {thereRSSIDBm} dBm {thereSNRQuarterDB:dB}  \
        here {hereRSSIDBm} dBm {hereSNRQuarterDB:dB}
        """

    private static let summaryTemplate: StaticString = """
        {node}  {sent} sent, {answered} answered, {lostPercent} % lost\
        [; round trip {lowestMs} / {meanMs} / {highestMs} ms (lowest, mean, highest)]
        """

    /// `lichen radio range NODE`
    static func range(_ arguments: Arguments) -> ExitStatus {
        let series = PingSeries(arguments, count: nil)
        if !arguments.wantsJSON {
            Terminal.line(
                "time,node,sent,round_trip_ms,rssi_there_dbm,snr_there_db,rssi_here_dbm,snr_here_db"
            )
        }
        let name = csv(series.node)
        let end = series.run(arguments) { number, result in
            let time = Timestamp.now.text
            var echo: ControlRecord?
            if case .echo(let record) = result { echo = record }
            if arguments.wantsJSON {
                var record = echo ?? ControlRecord("lost")
                record.add("time", time)
                record.add("node", series.node)
                Terminal.line(
                    record.json(type: echo == nil ? "lost" : "echo", "sequence", number))
            } else {
                Terminal.line("\(time),\(name),\(number),\(columns(echo))")
            }
        }
        return end == .failed ? .failure : .success
    }

    /// RFC 4180.
    private static func csv(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 < 0x20 }) else {
            return text
        }
        let quote = UInt8(ascii: "\"")
        var quoted = [quote]
        for byte in text.utf8 { quoted += byte == quote ? [quote, quote] : [byte] }
        return String(decoding: quoted + [quote], as: UTF8.self)
    }

    private static func columns(_ echo: ControlRecord?) -> String {
        guard let echo else { return ",,,," }
        var text = echo.text("roundTripMs")
        for side in ["there", "here"] {
            text += "," + echo.text(side + "RSSIDBm") + ","
            text += decibel(quarters: echo.number(side + "SNRQuarterDB") ?? 0)
        }
        return text
    }
}
