import Base
import CAllocationCounter
import CRDT
import Foundation
import Reconcile
import Simulation

/// Rows about the replicated types: what they cost on the air, and whether they converge.
///
/// Sizes are of runs as frames hold them, author and first sequence included; of an author that has
/// just begun, as the rivals' documents have.
struct StateBench {
    /// The folder that rivals are in.
    let rivals: String

    private static let author = Actor(raw: 3)

    // MARK: Sizes

    func register() throws -> BenchRow {
        var replica = Replica(capacity: 64)
        try Self.write(&replica, .set(Value("21") ?? Value()), "temperature")
        return sizeRow(
            "crdt.register", "setting a register, on the air", Self.size(of: replica), goal: 10,
            how: "a well-known key, two bytes of value")
    }

    func counter() throws -> BenchRow {
        var replica = Replica(capacity: 64)
        var change = Change.count(1)
        for _ in 1..<100 {
            guard let both = change.followed(by: .count(1)) else {
                throw DemoError.claim("increments coalesce")
            }
            change = both
        }
        try Self.write(&replica, change, "uptime")
        return sizeRow(
            "crdt.counter100", "a hundred increments of a counter", Self.size(of: replica),
            goal: 8,
            how: "increments that wait for one flush; Loro adds 100 at once, Yjs sets a number")
    }

    func mapKey() throws -> BenchRow {
        var replica = Replica(capacity: 4_096)
        for number in 0..<1_000 {
            for _ in 0..<3 {
                try Self.write(&replica, .set(Value("00") ?? Value()), Self.key(number))
            }
        }
        let before = replica.received.head(of: Self.author)
        try Self.write(&replica, .set(Value("21") ?? Value()), Self.key(500))
        return sizeRow(
            "crdt.map1", "one key of a map of 1,000", Self.size(of: replica, after: before),
            goal: 12,
            how: "keys of 7 bytes that their author has written before, so that they have codes; "
                + "its sequence number takes two bytes")
    }

    func mapKeys() throws -> BenchRow {
        var replica = Replica(capacity: 4_096)
        for number in 0..<64 {
            for _ in 0..<3 {
                try Self.write(&replica, .set(Value("00") ?? Value()), Self.key(number))
            }
        }
        let before = replica.received.head(of: Self.author)
        for number in 0..<64 {
            try Self.write(&replica, .set(Value("21") ?? Value()), Self.key(number))
        }
        return sizeRow(
            "crdt.map64", "64 keys of a map, each", Self.size(of: replica, after: before) / 64,
            goal: 6, how: "keys with codes, written in one flush; two frames")
    }

    private static func key(_ number: Int) -> String { "key \(String(format: "%03d", number))" }

    /// Writes as a node does: with a code for the key from the second time on.
    private static func write(
        _ replica: inout Replica, _ change: Change, _ key: String
    ) throws {
        let name = KeyName(.shared, Key(key) ?? Key())
        let stamp = Stamp(raw: 1_000)
        func next() -> Dot { Dot(author, replica.received.head(of: author) + 1) }
        let dot = next()
        if let binding = replica.binding(dot, of: name, at: stamp) { _ = replica.keep(binding) }
        let operation = try replica.operation(next(), change, of: name, at: stamp)
        _ = replica.keep(operation)
    }

    /// Bytes of the runs that tell what the author wrote after a sequence.
    private static func size(of replica: borrowing Replica, after sequence: UInt32 = 0) -> Double {
        var debts = Debts()
        debts.owe(author, above: sequence, copies: 255)
        var size = 0
        while !debts.isEmpty {
            var frame = ShortBytes<255>()
            _ = frame.fill { LiveRuns.write(&debts, of: replica, limit: 183, to: &$0) }
            size += frame.count
        }
        return Double(size)
    }

    private func sizeRow(
        _ id: String, _ title: String, _ value: Double, goal: Double, how: String
    ) -> BenchRow {
        let found = rivalValues(String(id.dropFirst(5)))
        let best = found.min { $0.value < $1.value }
        let others = found.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
        return BenchRow(
            id: id, title: title, value: (value * 100).rounded() / 100, unit: "B", better: .lower,
            goal: goal, rival: best?.name, rivalValue: best?.value,
            how: how + (others.isEmpty ? "; no rival is here" : "; rivals: \(others)"))
    }

    private func rivalValues(_ row: String) -> [(name: String, value: Double)] {
        guard let lines = try? rivalLines() else { return [] }
        return lines.compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == row, let value = Double(words[2]) else {
                return nil
            }
            return (String(words[1]), value)
        }
    }

    private func rivalLines() throws -> [Substring] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "tools/rivals.py", rivals]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n")
    }

    // MARK: Merging

    /// Operations of eight authors on 1,000 keys, who hear each other at once.
    private static func operations(_ count: Int) throws -> [CRDT.Operation] {
        var all = Replica(capacity: 2_048)
        var operations: [CRDT.Operation] = []
        for step in 0..<count {
            let actor = Actor(raw: UInt8(step * 5 % 8 + 1))
            let dot = Dot(actor, all.received.head(of: actor) + 1)
            let name = KeyName(.shared, Key(key(step * 7 % 1_000)) ?? Key())
            let operation = try all.operation(
                dot, .set(Value("\(step % 100)") ?? Value()), of: name,
                at: Stamp(raw: UInt32(step / 100)))
            _ = all.merge(operation)
            operations.append(operation)
        }
        return operations
    }

    func mergeRate() throws -> BenchRow {
        let operations = try Self.operations(20_000)
        var best = 0.0
        for _ in 0..<5 {
            var replica = Replica(capacity: 2_048)
            let time = ContinuousClock().measure {
                for operation in operations { _ = replica.merge(operation) }
            }
            best = max(best, Double(operations.count) / (time / .seconds(1)))
        }
        let yjs = rivalValues("merge").first?.value
        return BenchRow(
            id: "merge.rate", title: "operations merged a second, to Yjs",
            value: yjs.map { (best / $0 * 10).rounded() / 10 }, unit: "×", better: .higher,
            goal: 3, rival: "Yjs (pycrdt), operations a second", rivalValue: yjs,
            how: yjs == nil
                ? "pycrdt is not here"
                : "\(Int(best)) operations a second, of eight authors on 1,000 keys")
    }

    func mergeAllocations() throws -> BenchRow {
        let operations = try Self.operations(20_000)
        var replica = Replica(capacity: 2_048)
        for operation in operations[..<2_000] { _ = replica.merge(operation) }
        let before = allocationCount()
        for operation in operations[2_000...] { _ = replica.merge(operation) }
        let allocations = allocationCount() - before
        return BenchRow(
            id: "alloc.merge", title: "allocations while merging",
            value: allocationCounterWorks() ? Double(allocations) : nil, unit: "allocations",
            better: .lower, goal: 0, bound: 0, how: "18,000 operations that replace others")
    }

    // MARK: Histories

    static func histories() throws -> BenchRow {
        let count = 20_000
        let found = LockedList()
        let lanes = 2
        DispatchQueue.concurrentPerform(iterations: lanes) { lane in
            for seed in stride(from: lane + 1, through: count, by: lanes) {
                if StateHistory(seed: UInt64(seed)).run() != nil { found.add(seed) }
            }
        }
        let seeds = found.values.sorted().prefix(10).map { "\($0)" }.joined(separator: ", ")
        return BenchRow(
            id: "crdt.histories", title: "random histories that do not converge",
            value: Double(found.values.count), unit: "histories", better: .lower, goal: 0,
            how: "of \(count), eight replicas each, against a model of each type"
                + (seeds.isEmpty ? "" : "; SEED=\(seeds)"))
    }
}

/// Numbers that two threads add to.
private final class LockedList: @unchecked Sendable {
    private let lock = NSLock()
    private var list: [Int] = []

    func add(_ number: Int) { lock.withLock { list.append(number) } }

    var values: [Int] { lock.withLock { list } }
}
