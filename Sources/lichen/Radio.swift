import Agent
import Base

extension Lichen {
    /// `lichen radio`
    static func radio(_ arguments: Arguments) -> ExitStatus {
        guard let verb = arguments.verb else {
            Terminal.print(Command.radio.help)
            return .success
        }
        switch verb {
        case .probe: return probeRadio(arguments)
        case .status: return radioStatus(arguments)
        case .airtime: return airtime(arguments)
        case .listen: return listen(arguments)
        case .send: return sendTest(arguments)
        case .ping: return ping(arguments)
        case .range: return range(arguments)
        }
    }

    // MARK: Status

    private static func radioStatus(_ arguments: Arguments) -> ExitStatus {
        var radio = ControlRecord("radio")
        var faults: [ControlRecord] = []
        let status = arguments.ask(ControlRecord("radio-status")) { record in
            if record.isWord("fault") { faults.append(record) } else { radio = record }
        }
        guard status == .success else { return status }
        if arguments.wantsJSON {
            var counts = "{"
            for fault in faults {
                counts += counts.utf8.count > 1 ? ", " : ""
                counts += "\"\(fault.text("kind"))\": \(fault.text("count"))"
            }
            Terminal.line("\(String(radio.json.dropLast())), \"faults\": \(counts)}}")
        } else {
            Terminal.print(radioText(radio) + healthText(radio, faults) + countsText(radio))
        }
        return status
    }

    /// Which chip, and where it speaks.
    static func radioText(_ record: ControlRecord) -> String {
        var text = "chip    "
        if record.bytes("chip") != nil {
            text += "\(record.text("chip")) (\(Terminal.plain(record.text("version"))))"
        } else {
            text += "\(record.text("model")), which has not answered yet"
        }
        text += ", tcxo \(record.text("tcxo"))\n"
        if record.bytes("chipErrors") != nil {
            text += "        it finds errors in itself: \(record.text("chipErrors"))\n"
        }
        return text + channelText(record)
    }

    /// Where it speaks, and by whose leave.
    static func channelText(_ record: ControlRecord) -> String {
        var text = "radio   \(megahertz(record.number("frequencyHz"))) MHz "
        text += "SF\(record.text("spreadingFactor")) "
        text += "\((record.number("bandwidthHz") ?? 0) / 1_000) kHz \(record.text("codingRate")), "
        text += "\(record.text("powerDBm")) dBm; \(record.text("region"))"
        return text + " (\(record.text("rule")))\n"
    }

    private static func healthText(_ record: ControlRecord, _ faults: [ControlRecord]) -> String {
        let since = age(seconds: record.number("sinceSeconds") ?? 0)
        var text = ""
        if record.bytes("fault") != nil {
            text += "health  has failed for \(since): \(record.text("fault"))\n"
        } else {
            text += "health  works, for \(since)\n"
            if record.bytes("lastFault") != nil {
                let ago = age(seconds: record.number("lastFaultSecondsAgo") ?? 0)
                text += "        \(ago) ago: \(record.text("lastFault"))\n"
            }
        }
        for fault in faults { text += "        \(fault.text("kind")): \(fault.text("count"))\n" }
        let counts = [
            ("restarts", "restarts"), ("recalibrations", "recalibrations"),
            ("lostInterrupts", "lost interrupts"),
        ]
        for (name, meaning) in counts {
            if let count = record.number(name), count > 0 {
                text += "        \(meaning): \(count)\n"
            }
        }
        return text
    }

    private static func countsText(_ record: ControlRecord) -> String {
        let heard = record.number("heardSecondsAgo").map { "last \(age(seconds: $0)) ago" }
        var text = "heard   \(heard ?? "nothing yet"); \(record.text("framesHeard")) frames, "
        text +=
            "\(record.text("framesDamaged")) damaged, \(record.text("framesForeign")) of strangers, "
        text += "\(record.text("testsHeard")) test frames\n"
        text += "sent    \(record.text("framesSent")) frames; "
        text += "\(record.text("probesAnswered")) pings answered\n"
        if record.bytes("chipReceived") != nil {
            text += "counts  of the chip: \(record.text("chipReceived")) frames, "
            text += "\(record.text("chipChecksumErrors")) with wrong checksums, "
            text += "\(record.text("chipHeaderErrors")) wrong headers\n"
        }
        return text
    }

    // MARK: Airtime

    private static func airtime(_ arguments: Arguments) -> ExitStatus {
        var airtime = ControlRecord("airtime")
        var bands: [ControlRecord] = []
        let status = arguments.ask(ControlRecord("radio-airtime")) { record in
            if record.isWord("band") { bands.append(record) } else { airtime = record }
        }
        guard status == .success else { return status }
        if arguments.wantsJSON {
            var list = ""
            for band in bands { list += (list.isEmpty ? "" : ", ") + band.json }
            Terminal.line("\(String(airtime.json.dropLast())), \"bands\": [\(list)]}")
        } else {
            Terminal.print(airtimeText(airtime) + bandsText(bands))
        }
        return status
    }

    private static func airtimeText(_ record: ControlRecord) -> String {
        let used = record.number("usedMs") ?? 0
        let budget = record.number("budgetMs") ?? 1
        let window = record.number("windowSeconds") ?? 0
        var text = "used    \(seconds(used)) of \(seconds(budget)) in any \(window) s "
        text += "(\(percent(used, of: budget)))\n"
        text += "left    \(seconds(max(0, budget - used)))\n"
        for size in [20, 200] {
            text += size == 20 ? "next    " : "        "
            text += "\(size) bytes, \(record.text("onAir\(size)Ms")) ms on the air: "
            switch record.number("wait\(size)Ms") {
            case 0?: text += "now\n"
            case let wait?: text += "in \((wait + 999) / 1_000) s\n"
            case nil: text += "never, the rule is against frames so long\n"
            }
        }
        return text + "law     \(record.text("region")): \(record.text("rule"))\n\n"
    }

    private static func bandsText(_ bands: [ControlRecord]) -> String {
        var rows = [["MHz", "used", "budget", "share", "EIRP", "frame", "listen first"]]
        for band in bands {
            let budget = band.number("budgetMs") ?? 0
            let window = band.number("windowSeconds") ?? 1
            let edges =
                "\(megahertz(band.number("lowestHz")))-\(megahertz(band.number("highestHz")))"
            rows.append([
                edges + (band.isTrue("own") ? " *" : ""), seconds(band.number("usedMs") ?? 0),
                budget < window * 1_000 ? seconds(budget) : "no limit",
                percent(budget, of: window * 1_000),
                decimal(band.number("eirpTenthsDBm") ?? 0, per: 10, digits: 1) + " dBm",
                band.number("dwellMs").map { "\($0) ms" } ?? "-",
                band.number("listenBeforeTalkDBm").map { "\($0) dBm" } ?? "-",
            ])
        }
        return table(rows) + "* this node's\n"
    }

    // MARK: Send

    private static func sendTest(_ arguments: Arguments) -> ExitStatus {
        var request = ControlRecord("radio-send")
        request.add("text", arguments.operands[0])
        return arguments.ask(request) { record in
            Terminal.print(arguments.wantsJSON ? record.json + "\n" : sentText(record))
        }
    }

    static func sentText(_ record: ControlRecord) -> String {
        "sent    \(record.text("onAirMs")) ms on the air, "
            + "\(seconds(record.number("airtimeLeftMs") ?? 0)) of "
            + "\(seconds(record.number("airtimeBudgetMs") ?? 0)) left\n"
    }

    // MARK: Figures

    static func megahertz(_ hertz: Int?) -> String {
        decimal(hertz ?? 0, per: 1_000_000, digits: 3)
    }

    static func decibel(quarters: Int) -> String { decimal(quarters * 25, per: 100, digits: 1) }

    private static func seconds(_ milliseconds: Int) -> String {
        decimal(milliseconds, per: 1_000, digits: 1) + " s"
    }

    private static func percent(_ part: Int, of whole: Int) -> String {
        decimal(part * 10_000 / max(1, whole), per: 100, digits: 2) + " %"
    }
}
