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
            let counts = faults.map { "\"\($0.text("kind"))\": \($0.text("count"))" }
            Terminal.line(radio.json(adding: "\"faults\": {\(list(counts))}"))
        } else {
            Terminal.print(radioText(radio) + healthText(radio))
            for fault in faults {
                Terminal.print(Template.fill("        {kind}: {count}\n", fault))
            }
            Terminal.print(countsText(radio))
        }
        return status
    }

    static let channelTemplate: StaticString = """
        radio   {frequencyHz:MHz} SF{spreadingFactor} {bandwidthHz:kHz} {codingRate}, {powerDBm} dBm; \
        {region} ({rule})

        """

    static let chipTemplate: StaticString = "chip    {chip} ({version}), tcxo {tcxo}\n"

    /// Which chip, and where it speaks.
    static func radioText(_ record: ControlRecord) -> String {
        let chip: StaticString =
            record.has("chip")
            ? chipTemplate : "chip    {model}, which has not answered yet, tcxo {tcxo}\n"
        return Template.fill(chip, record)
            + Template.fill("[        it finds errors in itself: {chipErrors}\n]", record)
            + Template.fill(channelTemplate, record)
    }

    private static func healthText(_ record: ControlRecord) -> String {
        let health: StaticString =
            record.has("fault")
            ? "health  has failed for {sinceSeconds:age}: {fault}\n"
            : """
            health  works, for {sinceSeconds:age}
            [        {lastFaultSecondsAgo:age} ago: {lastFault}
            ]
            """
        return Template.fill(health, record)
            + Template.fill(
                """
                [        restarts: {restarts:+}
                ][        recalibrations: {recalibrations:+}
                ][        lost interrupts: {lostInterrupts:+}
                ]
                """, record)
    }

    private static func countsText(_ record: ControlRecord) -> String {
        let heard: StaticString =
            record.has("heardSecondsAgo")
            ? "heard   last {heardSecondsAgo:age} ago" : "heard   nothing yet"
        return Template.fill(heard, record)
            + Template.fill(
                """
                ; {framesHeard} frames, {framesDamaged} damaged, {framesForeign} of strangers, \
                {testsHeard} test frames
                sent    {framesSent} frames; {probesAnswered} pings answered

                """, record)
            + (record.has("chipReceived")
                ? Template.fill(
                    """
                    counts  of the chip: {chipReceived} frames, {chipChecksumErrors} with wrong \
                    checksums, {chipHeaderErrors} wrong headers

                    """, record) : "")
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
            Terminal.line(airtime.json(adding: "\"bands\": [\(list(bands.map { $0.json }))]"))
        } else {
            Terminal.print(airtimeText(airtime) + bandsText(bands))
        }
        return status
    }

    private static func airtimeText(_ record: ControlRecord) -> String {
        var record = record
        let used = record.number("usedMs") ?? 0
        let budget = record.number("budgetMs") ?? 1
        record.add("share", percent(used, of: budget))
        record.add("leftMs", max(0, budget - used))
        for name in ["20", "200"] {
            switch record.number("wait\(name)Ms") {
            case 0?: record.add("wait\(name)", "now")
            case let wait?: record.add("wait\(name)", "in \((wait + 999) / 1_000) s")
            case nil: record.add("wait\(name)", "never, the rule is against frames so long")
            }
        }
        return Template.fill(
            """
            used    {usedMs:s} of {budgetMs:s} in any {windowSeconds} s ({share})
            left    {leftMs:s}
            next    20 bytes, {onAir20Ms} ms on the air: {wait20}
                    200 bytes, {onAir200Ms} ms on the air: {wait200}
            law     {region}: {rule}


            """, record)
    }

    private static func bandsText(_ bands: [ControlRecord]) -> String {
        var rows = [["MHz", "used", "budget", "share", "EIRP", "frame", "listen first"]]
        for band in bands {
            let budget = band.number("budgetMs") ?? 0
            let window = (band.number("windowSeconds") ?? 1) * 1_000
            let edges =
                megahertz(band.number("lowestHz")) + "-" + megahertz(band.number("highestHz"))
            rows.append([
                edges + (band.isTrue("own") ? " *" : ""), Template.fill("{usedMs:s}", band),
                budget < window ? Template.fill("{budgetMs:s}", band) : "no limit",
                percent(budget, of: window), Template.fill("{eirpTenthsDBm:dBm}", band),
                band.has("dwellMs") ? Template.fill("{dwellMs} ms", band) : "-",
                band.has("listenBeforeTalkDBm")
                    ? Template.fill("{listenBeforeTalkDBm} dBm", band) : "-",
            ])
        }
        return table(rows) + "* this node's\n"
    }

    // MARK: Send

    private static func sendTest(_ arguments: Arguments) -> ExitStatus {
        var request = ControlRecord("radio-send")
        request.add("text", arguments.operands[0])
        return arguments.ask(request) { record in
            Terminal.print(
                arguments.wantsJSON ? record.json + "\n" : Template.fill(sentTemplate, record))
        }
    }

    static let sentTemplate: StaticString =
        "sent    {onAirMs} ms on the air, {airtimeLeftMs:s} of {airtimeBudgetMs:s} left\n"

    // MARK: Figures

    private static func megahertz(_ hertz: Int?) -> String {
        decimal(hertz ?? 0, per: 1_000_000, digits: 3)
    }

    static func decibel(quarters: Int) -> String { decimal(quarters * 25, per: 100, digits: 1) }

    private static func percent(_ part: Int, of whole: Int) -> String {
        decimal(part * 10_000 / max(1, whole), per: 100, digits: 2) + " %"
    }

    private static func list(_ items: [String]) -> String {
        var text = ""
        for item in items { text += (text.isEmpty ? "" : ", ") + item }
        return text
    }
}
