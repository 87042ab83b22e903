import Agent
import Base

extension Lichen {
    /// `lichen status`
    static func status(_ arguments: Arguments) -> ExitStatus {
        arguments.ask(ControlRecord("status")) { record in
            Terminal.print(arguments.wantsJSON ? record.json + "\n" : statusText(record))
        }
    }

    private static func statusText(_ record: ControlRecord) -> String {
        var record = record
        let used = record.number("airtimeUsedMs") ?? 0
        let budget = max(1, record.number("airtimeBudgetMs") ?? 1)
        record.add("share", decimal(used * 1_000 / budget, per: 10, digits: 1))
        record.add("others", (record.number("members") ?? 1) - 1)
        record.add("onFlash", record.isTrue("waitingForFlash") ? "some not yet" : "all")
        let mesh: StaticString =
            record.has("mesh")
            ? """
            mesh    {mesh}, node {number}; {heard} of {others} others heard in the last hour
            [        {absence}
            ]
            """
            : "mesh    none; 'lichen init' founds one, 'lichen code' is for joining one\n"
        return Template.fill("node    {node}, up {uptimeSeconds:age}\n", record)
            + Template.fill(mesh, record)
            + Template.fill(
                """
                radio   {frequencyHz:MHz} SF{spreadingFactor} {bandwidthHz:kHz}, on air {share} % of \
                the hour's budget
                [        {radioFault}
                ]state   {keys} of {keyCapacity} keys, {onFlash} on flash
                [        full: {keysRefused:+} writes of others had no room; raise 'keys'
                ][        the disk failed: {diskFault}
                ]
                """, record)
    }

    /// `lichen nodes`
    static func nodes(_ arguments: Arguments) -> ExitStatus {
        if arguments.wantsJSON { return list(ControlRecord("nodes"), arguments) }
        var rows = [["node", "name", "heard", "RSSI", "SNR", "operations"]]
        let status = arguments.ask(ControlRecord("nodes")) { record in
            let isSelf = record.text("self").utf8.first == UInt8(ascii: "t")
            let heard = record.number("heardMsAgo").map { "\(age(seconds: $0 / 1_000)) ago" }
            let snr = record.number("snrQuarterDB").map {
                decimal($0 * 25, per: 100, digits: 1) + " dB"
            }
            rows.append([
                record.text("number"), record.text("name"),
                record.isTrue("leftOut") ? "left out" : isSelf ? "this node" : heard ?? "-",
                record.number("rssiDBm").map { "\($0) dBm" } ?? "-", snr ?? "-",
                record.text("operations"),
            ])
        }
        guard status == .success else { return status }
        if rows.count == 1 {
            Terminal.tell("This node belongs to no mesh, so there are no members.")
        } else {
            Terminal.print(table(rows))
        }
        return status
    }

    /// Without a command: what this node is doing, or what to type next.
    static func summary(_ arguments: Arguments) -> ExitStatus {
        let path = arguments.socketPath
        if arguments.wantsJSON || Client(path) != nil { return status(arguments) }
        Terminal.print(
            """
            No agent is running here: nothing answers at \(path).

              lichen agent          start this node, as \(arguments.configuration ?? Arguments.defaultConfiguration) says
              lichen agent --help   what to write there
              lichen --help         all commands

            """)
        return .failure
    }

    // MARK: Text

    static func table(_ rows: [[String]]) -> String {
        var text = ""
        let widths = rows[0].indices.map { column in
            rows.map { $0[column].utf8.count }.max() ?? 0
        }
        for row in rows {
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                if column < row.count - 1 {
                    line += String(repeating: " ", count: widths[column] + 2 - cell.utf8.count)
                }
            }
            text += line + "\n"
        }
        return text
    }

    static func age(seconds: Int) -> String {
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7_200 { return "\(seconds / 60) min" }
        return seconds < 172_800 ? "\(seconds / 3_600) h" : "\(seconds / 86_400) days"
    }

    /// A number divided by `unit`, cut after so many decimals.
    static func decimal(_ number: Int, per unit: Int, digits: Int) -> String {
        let magnitude = number.magnitude
        var fraction = String(magnitude % UInt(unit))
        var width = 0
        var power = 1
        while power < unit {
            power *= 10
            width += 1
        }
        fraction = String(repeating: "0", count: max(0, width - fraction.utf8.count)) + fraction
        let sign = number < 0 ? "-" : ""
        return
            "\(sign)\(magnitude / UInt(unit)).\(String(decoding: fraction.utf8.prefix(digits), as: UTF8.self))"
    }
}
