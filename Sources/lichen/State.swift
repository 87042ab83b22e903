import Agent
import Base
import CLinux

/// The shared state: what is asked, written and watched.
extension Lichen {
    /// `lichen get`
    static func get(_ arguments: Arguments) -> ExitStatus {
        let key = arguments.operands.first
        let isOne = key.map { $0.utf8.last != UInt8(ascii: "*") } ?? false
        var objects: [String] = []
        var request = question(arguments.aspect)
        if let key { request.add("key", key) }
        if arguments.aspect == .conflicts { request.add("conflicts", "yes") }
        let status = askPages(arguments, request) { record in
            if arguments.wantsJSON {
                objects.append(record.json)
            } else {
                show(record, arguments.aspect, withKey: !isOne)
            }
        }
        guard arguments.wantsJSON, status == .success else { return status }
        isOne && arguments.aspect != .set && arguments.aspect != .conflicts
            ? Terminal.line(objects.first ?? "null") : Terminal.line(array(objects))
        return status
    }

    static func question(_ aspect: StateAspect) -> ControlRecord {
        var request = ControlRecord("get")
        switch aspect {
        case .counter: request.add("type", "counter")
        case .set: request.add("type", "set")
        case .register, .conflicts, .removal: break
        }
        return request
    }

    private static func show(_ record: ControlRecord, _ aspect: StateAspect, withKey: Bool) {
        if aspect == .conflicts {
            return Terminal.print(
                Template.fill("{key}\t{value}\tnode {by}, its write {sequence}\n", record))
        }
        let value = record.text("value")
        Terminal.line(withKey ? "\(record.text("key"))\t\(value)" : value)
        if !withKey, record.has("values") {
            Terminal.tell(
                Template.fill(
                    """
                    lichen: {values} values conflict; 'lichen get --conflicts' shows them, \
                    'lichen set' settles it
                    """, record))
        }
    }

    /// Asks page by page until all is told.
    static func askPages(
        _ arguments: Arguments, _ request: ControlRecord, _ take: (ControlRecord) -> Void
    ) -> ExitStatus {
        var after: [UInt8]? = nil
        while true {
            var page = request
            if let after { page.add("after", bytes: after) }
            after = nil
            let status = arguments.ask(page) { record in
                if record.isWord("more") { after = record.bytes("after") } else { take(record) }
            }
            if status != .success || after == nil { return status }
        }
    }

    /// `lichen set`
    static func set(_ arguments: Arguments) -> ExitStatus {
        let words = arguments.operands
        var request: ControlRecord
        switch arguments.aspect {
        case .removal:
            request = ControlRecord("unset")
            request.add("key", words[0])
        case .counter:
            request = ControlRecord("count")
            request.add("key", words[0])
            guard let amount = Int(words[1]) else {
                Terminal.complain("an amount is a whole number, as 5 or, behind --, -2")
                return .usage
            }
            request.add("amount", amount)
        case .set:
            let isAdding = words[0].utf8.elementsEqual("add".utf8)
            guard isAdding || words[0].utf8.elementsEqual("remove".utf8) else {
                Terminal.complain("--set is followed by 'add' or 'remove', a key and an element")
                return .usage
            }
            request = ControlRecord(isAdding ? "add" : "discard")
            request.add("key", words[1])
            request.add("value", words[2])
        case .register, .conflicts:
            request = ControlRecord("set")
            request.add("key", words[0])
            request.add("value", words[1])
        }
        if let urgency = arguments.urgency { request.add("urgency", urgency) }
        return arguments.ask(request) { _ in }
    }

    /// `lichen watch [PREFIX]`: an agent that restarts is waited for.
    static func watch(_ arguments: Arguments) -> ExitStatus {
        let path = arguments.socketPath
        var isFirst = true
        while true {
            guard var client = Client(path) else {
                guard !isFirst else {
                    return arguments.ask(ControlRecord("watch")) { _ in }
                }
                sleep(1)
                continue
            }
            client.send(ControlRecord("watch"))
            client.send(question(arguments.aspect))
            while let record = client.next() {
                if record.isWord("error") {
                    Terminal.complain(record.text("sentence"))
                    return .failure
                }
                if record.isWord("more") {
                    var next = question(arguments.aspect)
                    next.add("after", bytes: record.bytes("after") ?? [])
                    client.send(next)
                } else {
                    showChange(record, arguments)
                }
            }
            if isFirst { Terminal.tell("lichen: the agent has ended; waiting for it") }
            isFirst = false
        }
    }

    private static func showChange(_ record: ControlRecord, _ arguments: Arguments) {
        let word: String =
            switch arguments.aspect {
            case .counter: "counter"
            case .set: "element"
            case .register, .conflicts, .removal: "entry"
            }
        var prefix = Array((arguments.operands.first ?? "").utf8)
        if prefix.last == UInt8(ascii: "*") { prefix.removeLast() }
        guard record.isWord(word), (record.bytes("key") ?? []).starts(with: prefix) else { return }
        if arguments.wantsJSON { return Terminal.line(record.json) }
        let key = record.text("key")
        if record.has("gone") { return Terminal.line("\(key)\t") }
        let sign = record.has("present") ? (record.isTrue("present") ? "+" : "-") : ""
        Terminal.line("\(key)\t\(sign)\(record.text("value"))")
    }

    private static func array(_ objects: [String]) -> String {
        var text = "["
        for (index, object) in objects.enumerated() {
            text += index == 0 ? "\n  " : ",\n  "
            text += object
        }
        return text + (objects.isEmpty ? "]" : "\n]")
    }

    /// Prints all lines of an answer as a JSON array.
    static func list(_ request: ControlRecord, _ arguments: Arguments) -> ExitStatus {
        var objects: [String] = []
        let status = arguments.ask(request) { objects.append($0.json) }
        if status == .success { Terminal.line(array(objects)) }
        return status
    }
}
