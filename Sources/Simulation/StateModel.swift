import Base
import CRDT

/// What the replicated types mean, said as plainly as can be: over all operations there are, with
/// each the set of those that its author knew. Shares no code with the types.
struct StateModel {
    private struct Entry {
        var dot: Dot
        var change: Change
        var past: Set<Dot>
    }

    private var entries: [String: [Entry]] = [:]
    private(set) var count = 0
    private var last: [Actor: UInt32] = [:]

    /// Takes note of a write.
    mutating func note(
        _ operation: Operation, _ change: Change, of name: KeyName, seeing past: Set<Dot>
    ) {
        entries[name.key.text, default: []].append(
            Entry(dot: operation.dot, change: change, past: past))
        count += 1
    }

    /// What a replica holds otherwise than the model; `nil` where nothing.
    func difference(from replica: borrowing Replica, actors: Range<UInt8>) -> String? {
        for (key, all) in entries.sorted(by: { $0.key < $1.key }) {
            let entries = all.filter { replica.received.contains($0.dot) }
            let name = KeyName(.shared, Key(key) ?? Key())
            let (here, model) = compare(name, key, entries, replica, actors)
            if here != model { return "\(key): here \(here), by the model \(model)" }
        }
        return nil
    }

    private func compare(
        _ name: KeyName, _ key: String, _ entries: [Entry], _ replica: borrowing Replica,
        _ actors: Range<UInt8>
    ) -> ([String], [String]) {
        switch key.prefix(3) {
        case "reg":
            return (registerHere(name, replica), register(entries))
        case "set":
            let elements = Set(entries.compactMap { Self.element($0.change) }).sorted()
            let here = elements.filter { replica.contains(Value($0) ?? Value(), in: name) }
            return (here, elements.filter { isIn($0, entries) })
        case "cou":
            let sum = entries.reduce(Int64(0)) { sum, entry in
                if case .count(let amount) = entry.change { sum + amount } else { sum }
            }
            return ([(replica.total(name)?.total ?? 0).description], [sum.description])
        case "rig":
            return rights(name, entries, replica, actors)
        case "log":
            var here: [String] = []
            var model: [String] = []
            for raw in actors {
                here += log(name, replica, Actor(raw: raw))
                model += log(entries, raw)
            }
            return (here, model)
        default:
            var here: [String] = []
            var model: [String] = []
            for raw in actors {
                let report = replica.report(name, by: Actor(raw: raw))
                here.append(report?.value.text ?? "")
                let own = entries.filter { $0.dot.actor.raw == raw }
                let latest = own.max { $0.dot.sequence < $1.dot.sequence }
                if case .report(let value)? = latest?.change {
                    model.append(value.text)
                } else {
                    model.append("")
                }
            }
            return (here, model)
        }
    }

    // MARK: Registers and sets

    private func register(_ entries: [Entry]) -> [String] {
        let left = entries.filter { entry in !entries.contains { $0.past.contains(entry.dot) } }
        return left.compactMap { entry in
            if case .set(let value) = entry.change { "\(entry.dot) \(value.text)" } else { nil }
        }.sorted()
    }

    private func registerHere(_ name: KeyName, _ replica: borrowing Replica) -> [String] {
        var found: [String] = []
        var place: Int?
        while let index = replica.nextValue(of: name, at: &place) {
            guard let operation = replica.live[index] else { continue }
            found.append("\(operation.dot) \(operation.value.text)")
        }
        return found.sorted()
    }

    private static func element(_ change: Change) -> String? {
        switch change {
        case .add(let element), .discard(let element): element.text
        default: nil
        }
    }

    private func isIn(_ element: String, _ entries: [Entry]) -> Bool {
        let those = entries.filter { Self.element($0.change) == element }
        return those.contains { entry in
            guard case .add = entry.change else { return false }
            return !those.contains { $0.past.contains(entry.dot) }
        }
    }

    // MARK: Rights and logs

    private func rights(
        _ name: KeyName, _ entries: [Entry], _ replica: borrowing Replica, _ actors: Range<UInt8>
    ) -> ([String], [String]) {
        var held: [Actor: Int] = [:]
        var minted = 0
        var spent = 0
        for entry in entries {
            switch entry.change {
            case .mint(let amount):
                held[entry.dot.actor, default: 0] += Int(amount)
                minted += Int(amount)
            case .give(let amount, let peer):
                held[entry.dot.actor, default: 0] -= Int(amount)
                held[peer, default: 0] += Int(amount)
            case .spend(let amount):
                held[entry.dot.actor, default: 0] -= Int(amount)
                spent += Int(amount)
            default: break
            }
        }
        var here = ["never more spent than minted"]
        var model = [spent <= minted ? here[0] : "\(spent) spent of \(minted)"]
        for raw in actors {
            let actor = Actor(raw: raw)
            here.append(replica.rights(name, of: actor).description)
            model.append(max(0, held[actor] ?? 0).description)
        }
        return (here, model)
    }

    private func log(_ name: KeyName, _ replica: borrowing Replica, _ actor: Actor) -> [String] {
        var texts: [String] = []
        var sequence: UInt32 = 0
        while let entry = replica.nextEntry(of: name, by: actor, after: sequence) {
            texts.append(String(entry.value.text.dropFirst()))
            sequence = entry.dot.sequence
        }
        return texts
    }

    private func log(_ entries: [Entry], _ raw: UInt8) -> [String] {
        let own = entries.filter { $0.dot.actor.raw == raw }
            .sorted { $0.dot.sequence < $1.dot.sequence }
        return own.suffix(Int(StateHistory.horizon)).compactMap { entry in
            if case .append(let value, _) = entry.change { value.text } else { nil }
        }
    }
}
