import Agent
import CLinux
import LinuxHAL

/// `lichen store`: the state on this node's card.
extension Lichen {
    static func store(_ arguments: Arguments) -> ExitStatus {
        let verb = arguments.operands[0].utf8
        if verb.elementsEqual("import".utf8) {
            guard arguments.operands.count == 2 else { return storeUsage() }
            return importState(arguments, path: arguments.operands[1])
        }
        guard arguments.operands.count == 1 else { return storeUsage() }
        if verb.elementsEqual("stats".utf8) { return storeStatistics(arguments) }
        if verb.elementsEqual("check".utf8) {
            return tellOne(
                arguments, "store-check",
                """
                {records} records, [{damagedRecords:+} damaged; ][{damagedPages:+} pages damaged; \
                ]all are whole now

                """)
        }
        if verb.elementsEqual("compact".utf8) {
            return tellOne(arguments, "store-compact", "{bytes} bytes, before {bytesBefore}\n")
        }
        if verb.elementsEqual("export".utf8) { return exportState(arguments) }
        return storeUsage()
    }

    private static func storeUsage() -> ExitStatus {
        Terminal.complain("usage: \(Command.store.synopsis)")
        return .usage
    }

    private static func tellOne(
        _ arguments: Arguments, _ word: String, _ template: StaticString
    ) -> ExitStatus {
        arguments.ask(ControlRecord(word)) { record in
            if record.isWord("progress") {
                return Terminal.tell(
                    "\(record.number("pages") ?? 0) of \(record.number("of") ?? 0) pages are read")
            }
            if arguments.wantsJSON { return Terminal.line(record.json) }
            Terminal.print(Template.fill(template, record))
        }
    }

    private static func storeStatistics(_ arguments: Arguments) -> ExitStatus {
        arguments.ask(ControlRecord("store-stats")) { record in
            if arguments.wantsJSON { return Terminal.line(record.json) }
            var record = record
            for (name, field) in [("day", "bytesPerDay"), ("budget", "budgetPerDay")] {
                let bytes = record.number(field) ?? 0
                record.add(name, decimal(bytes / 100_000, per: 10, digits: 1))
            }
            for (name, field) in [("map", "mapBytes"), ("log", "logBytes")] {
                record.add(name, (record.number(field) ?? 0) / 1_024)
            }
            for (name, field) in [("mapAll", "mapCapacity"), ("logAll", "logCapacity")] {
                record.add(name, (record.number(field) ?? 0) / 1_024)
            }
            Terminal.print(
                Template.fill(
                    """
                    flash   {day} MB a day of {budget}: {commits} commits since the start
                    state   {entries} of {entryCapacity} entries
                    file    {map} of {mapAll} KiB, {records} records
                    log     {log} of {logAll} KiB
                    waiting [{oldestUnflushedMs:s}, the oldest write]
                    [doubt   the card has lost records; {inDoubt}: others have not told all yet
                    ]
                    """, record))
        }
    }

    // MARK: Export and import

    private static func exportState(_ arguments: Arguments) -> ExitStatus {
        var text = "["
        var count = 0
        for aspect in [StateAspect.register, .counter, .set] {
            let status = askPages(arguments, question(aspect)) { record in
                var item = ControlRecord("item")
                item.add("type", aspect == .register ? "register" : record.word)
                item.add("key", bytes: record.bytes("key") ?? [])
                if let number = record.number("value"), aspect == .counter {
                    item.add("value", number)
                } else {
                    item.add("value", bytes: record.bytes("value") ?? [])
                }
                text += count == 0 ? "\n  " : ",\n  "
                text += item.exactJSON
                count += 1
            }
            guard status == .success else { return status }
        }
        Terminal.line(text + (count == 0 ? "]" : "\n]"))
        return .success
    }

    private static func importState(_ arguments: Arguments, path: String) -> ExitStatus {
        guard let bytes = content(path) else {
            Terminal.complain("\(path): it cannot be read; name a file that 'export' has made")
            return .failure
        }
        guard let items = ItemReader.items(bytes) else {
            Terminal.complain("\(path): this is not what 'lichen store export' prints")
            return .failure
        }
        var written = 0
        for item in items {
            guard let request = change(item, arguments) else { continue }
            let status = arguments.ask(request) { _ in }
            guard status == .success else {
                Terminal.tell("\(written) of \(items.count) entries are written; import it again")
                return status
            }
            written += 1
        }
        Terminal.tell("\(written) entries written, \(items.count - written) were there already")
        return .success
    }

    /// What has to be written for an item; `nil` where it is there already.
    private static func change(_ item: ControlRecord, _ arguments: Arguments) -> ControlRecord? {
        var request: ControlRecord
        let key = item.bytes("key") ?? []
        let value = item.bytes("value") ?? []
        var present: [[UInt8]] = []
        let type = item.bytes("type")?.first
        var found = question(
            type == UInt8(ascii: "c") ? .counter : type == UInt8(ascii: "e") ? .set : .register)
        found.add("key", bytes: key)
        _ = arguments.askQuietly(found) { present.append($0.bytes("value") ?? []) }
        switch type {
        case UInt8(ascii: "c"):
            let now = present.first.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
            let amount = (item.number("value") ?? 0) - now
            guard amount != 0 else { return nil }
            request = ControlRecord("count")
            request.add("key", bytes: key)
            request.add("amount", amount)
            return request
        case UInt8(ascii: "e"): request = ControlRecord("add")
        default: request = ControlRecord("set")
        }
        guard !present.contains(value) else { return nil }
        request.add("key", bytes: key)
        request.add("value", bytes: value)
        return request
    }

    private static func content(_ path: String) -> [UInt8]? {
        let isStandardInput = path.utf8.elementsEqual("-".utf8)
        let opened = isStandardInput ? dup(0) : lichen_open_read(path)
        guard opened >= 0 else { return nil }
        let file = FileDescriptor(owning: opened)
        var content: [UInt8] = []
        while content.count <= 16 << 20 {
            let count = file.read(into: &content, atMost: 65_536)
            if count == 0 { return content }
            guard count > 0 else { return nil }
        }
        return nil
    }
}
