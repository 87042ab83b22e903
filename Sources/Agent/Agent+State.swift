import Base
import CRDT
import LoRa
import Node
import Station

/// What clients of the control socket can ask of the shared state.
///
///     get [type=T] [key=K] [after=K] [conflicts]
///                     of T: register, counter, set. One key's, or of all keys in their order; a
///                     key that ends with * stands for all that begin so. `more` at the end says
///                     that there are more, behind its key
///     set key=K value=V [urgency=U]      answered once it is on flash: U is now, seconds, minutes
///     unset key=K
///     count key=K amount=N
///     add key=K value=E, discard key=K value=E
///     watch           each change from now on, until the client leaves
///
/// They are told of entries (`entry key value by sequence timeMs`, with `values` where there are
/// several, `gone` where there is none any more), of counters (`counter key value`), and of
/// elements of sets (`element key value present`).
extension Agent {
    /// Keys told in one answer: what they take fits what a client may leave unread.
    private static let pageSize = 100

    /// - Returns: Whether it was one of these.
    func handleState(
        _ line: ControlRecord, from connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) -> Bool {
        if line.isWord("get") {
            get(line, connection)
        } else if line.isWord("watch") {
            connection.isWatching = true
        } else if line.isWord("set") {
            guard let value = value(line, connection, mayBeEmpty: true) else { return true }
            change(.set(value), line, connection, request, into: &output)
        } else if line.isWord("unset") {
            change(.unset, line, connection, request, into: &output)
        } else if line.isWord("add") {
            guard let value = value(line, connection, mayBeEmpty: false) else { return true }
            change(.add(value), line, connection, request, into: &output)
        } else if line.isWord("discard") {
            guard let value = value(line, connection, mayBeEmpty: false) else { return true }
            change(.discard(value), line, connection, request, into: &output)
        } else if line.isWord("count") {
            guard let amount = line.number("amount") else {
                connection.fail("an amount is a whole number, as 5 or -2")
                return true
            }
            change(.count(Int64(amount)), line, connection, request, into: &output)
        } else {
            return false
        }
        return true
    }

    // MARK: Changes

    private func value(
        _ line: ControlRecord, _ connection: Connection, mayBeEmpty: Bool
    ) -> Value? {
        guard let value = Value(line.bytes("value") ?? []) else {
            connection.fail("a value has at most 96 bytes; split it over several keys")
            return nil
        }
        guard mayBeEmpty || !value.isEmpty else {
            connection.fail("an element has at least one byte")
            return nil
        }
        return value
    }

    private func change(
        _ change: Change, _ line: ControlRecord, _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        guard let key = Key(line.bytes("key") ?? []) else {
            return connection.fail(Self.keyTooLong)
        }
        guard !key.isEmpty else { return connection.fail("a key has at least one byte") }
        var urgency = Urgency.now
        if let asked = line.bytes("urgency") {
            guard
                let known = Urgency.allCases.first(where: {
                    $0.name.description.utf8.elementsEqual(asked)
                })
            else { return connection.fail("an urgency is now, seconds or minutes") }
            urgency = known
        }
        connection.request = request
        station.change(key, change, urgency, request, at: now, into: &output)
    }

    private static var keyTooLong: String { "a key has at most 31 bytes; choose a shorter one" }

    // MARK: Questions

    private func get(_ line: ControlRecord, _ connection: Connection) {
        let kind = Self.kind(line.bytes("type"))
        let wantsAll = line.has("conflicts")
        guard let bytes = line.bytes("key") else {
            return page(line, prefix: [], kind, onlyConflicts: wantsAll, connection)
        }
        guard let key = Key(bytes) else { return connection.fail(Self.keyTooLong) }
        if tell(connection, kind, key, wantsAll: wantsAll) { return connection.succeed() }
        guard bytes.last == UInt8(ascii: "*") else {
            return connection.fail("there is no key '\(key.text)'; 'lichen get' lists all")
        }
        page(line, prefix: Array(bytes.dropLast()), kind, onlyConflicts: wantsAll, connection)
    }

    private static func kind(_ type: [UInt8]?) -> OperationKind {
        switch type?.first {
        case UInt8(ascii: "c"): .count
        case UInt8(ascii: "s"): .add
        default: .write
        }
    }

    private func page(
        _ line: ControlRecord, prefix: [UInt8], _ kind: OperationKind, onlyConflicts: Bool,
        _ connection: Connection
    ) {
        let keys = nextKeys(prefix, kind, after: Key(line.bytes("after") ?? []) ?? Key())
        for key in keys {
            if onlyConflicts, count(KeyName(.shared, key)) < 2 { continue }
            _ = tell(connection, kind, key, wantsAll: onlyConflicts)
        }
        if keys.count == Self.pageSize, let last = keys.last {
            var more = ControlRecord("more")
            more.add("after", bytes: Self.bytes(last.span))
            connection.send(more)
        }
        connection.succeed()
    }

    /// The next keys that have something of this kind, in their order.
    private func nextKeys(_ prefix: [UInt8], _ kind: OperationKind, after: Key) -> [Key] {
        var keys: [Key] = []
        for index in 0..<station.node.replica.live.capacity {
            guard let operation = station.node.replica.live[index], operation.kind == kind,
                let name = station.node.replica.live.name(of: operation),
                name.collection == .shared, after < name.key,
                Self.bytes(name.key.span).starts(with: prefix)
            else { continue }
            var place = keys.count
            while place > 0, name.key < keys[place - 1] { place -= 1 }
            guard place < Self.pageSize, place == 0 || keys[place - 1] != name.key else { continue }
            keys.insert(name.key, at: place)
            if keys.count > Self.pageSize { keys.removeLast() }
        }
        return keys
    }

    /// Tells what a key has.
    ///
    /// - Returns: Whether there was anything.
    private func tell(
        _ connection: Connection, _ kind: OperationKind, _ key: Key, wantsAll: Bool
    ) -> Bool {
        let name = KeyName(.shared, key)
        switch kind {
        case .count:
            guard let total = station.node.replica.total(name) else { return false }
            connection.send(counter(name, total))
            return true
        case .add:
            let elements = self.elements(of: name)
            for element in elements { connection.send(self.element(name, element, isIn: true)) }
            return !elements.isEmpty
        default:
            if !wantsAll {
                guard let operation = station.node.replica.latest(name) else { return false }
                connection.send(entry(operation, key))
                return true
            }
            var place: Int?
            while let index = station.node.replica.nextValue(of: name, at: &place) {
                if let operation = station.node.replica.live[index] {
                    connection.send(entry(operation, key))
                }
            }
            return place != nil
        }
    }

    private func elements(of name: KeyName) -> [Value] {
        var elements: [Value] = []
        for index in 0..<station.node.replica.live.capacity {
            guard let operation = station.node.replica.live[index], operation.kind == .add,
                station.node.replica.live.name(of: operation) == name
            else { continue }
            elements.append(operation.value)
        }
        elements.sort()
        var distinct: [Value] = []
        for element in elements where distinct.last != element { distinct.append(element) }
        return distinct
    }

    /// How many values a register has.
    private func count(_ name: KeyName) -> Int {
        var count = 0
        var place: Int?
        while station.node.replica.nextValue(of: name, at: &place) != nil { count += 1 }
        return count
    }

    // MARK: Records

    /// What a new operation changes, for whoever watches; `nil` where it is not theirs to see.
    func news(_ operation: Operation) -> ControlRecord? {
        guard let name = station.node.replica.live.name(of: operation),
            name.collection == .shared
        else { return nil }
        let value = operation.value
        switch operation.kind {
        case .write: return entry(operation, name.key)
        case .remove where value.isEmpty:
            if let latest = station.node.replica.latest(name) { return entry(latest, name.key) }
            var record = ControlRecord("entry")
            record.add("key", bytes: Self.bytes(name.key.span))
            record.add("gone", true)
            return record
        case .add, .remove:
            return element(name, value, isIn: station.node.replica.contains(value, in: name))
        case .count: return counter(name, station.node.replica.total(name) ?? Count())
        case .account, .append, .report: return nil
        }
    }

    private func entry(_ operation: Operation, _ key: Key) -> ControlRecord {
        var record = ControlRecord("entry")
        record.add("key", bytes: Self.bytes(key.span))
        record.add("value", bytes: Self.bytes(operation.value.span))
        record.add("by", Int(operation.dot.actor.raw))
        record.add("sequence", Int(operation.dot.sequence))
        record.add("timeMs", Int(operation.stamp.milliseconds))
        let values = count(KeyName(.shared, key))
        if values > 1 { record.add("values", values) }
        return record
    }

    private func counter(_ name: KeyName, _ count: Count) -> ControlRecord {
        var record = ControlRecord("counter")
        record.add("key", bytes: Self.bytes(name.key.span))
        record.add("value", Int(count.total))
        return record
    }

    private func element(_ name: KeyName, _ element: Value, isIn: Bool) -> ControlRecord {
        var record = ControlRecord("element")
        record.add("key", bytes: Self.bytes(name.key.span))
        record.add("value", bytes: Self.bytes(element.span))
        record.add("present", isIn)
        return record
    }

    private static func bytes(_ span: Span<UInt8>) -> [UInt8] {
        span.withUnsafeBufferPointer { Array($0) }
    }
}
