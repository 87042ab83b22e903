import Foundation
import PowerCut
import Store

/// Rows about what is kept on flash: what it costs the card, and what a power cut does to it.
enum StoreBench {
    // MARK: Flash

    static func single() -> BenchRow {
        flash(
            "flash.single", "one change, durable at once, on the device", unit: "B a change",
            goal: 5_000, bound: 4_096
        ) { FlashWorkload(keys: $0, changes: 2_048, each: 1) }
    }

    static func group() -> BenchRow {
        flash(
            "flash.group32", "a change in a commit of 32, on the device", unit: "B a change",
            goal: 1_100, bound: 128
        ) { FlashWorkload(keys: $0, changes: 32_768, each: 32) }
    }

    static func day() -> BenchRow {
        flash(
            "flash.day", "a day of 8,640 changes, on the device", unit: "MB", goal: 12
        ) { FlashWorkload(dayWithKeys: $0) }
    }

    /// - Parameter workload: Of so many keys.
    private static func flash(
        _ id: String, _ title: String, unit: String, goal: Double, bound: Double? = nil,
        _ workload: (Int) -> FlashWorkload
    ) -> BenchRow {
        func row(_ value: Double?, _ how: String, _ rival: (String, Double)? = nil) -> BenchRow {
            BenchRow(
                id: id, title: title, value: value, unit: unit, better: .lower, goal: goal,
                rival: rival?.0, rivalValue: rival?.1, bound: bound, how: how)
        }
        /// In the row's unit.
        func measure(_ subject: some FlashSubject, _ work: FlashWorkload) throws -> Double {
            let bytes = try Self.bytes(subject, work)
            return unit == "MB"
                ? rounded(bytes / 1e6, 2) : rounded(bytes / Double(work.changes), 0)
        }
        do {
            let work = workload(1_000)
            let value = try measure(OwnStore(), work)
            let many = try measure(OwnStore(), workload(10_000))
            var rivals: [(String, Double)] = []
            rivals.append(("LMDB, a commit a change", try measure(PlainLMDB(), work.alone())))
            if let found = try? measure(SQLite(), work.alone()) {
                rivals.append(("SQLite WAL FULL, a commit a change", found))
            }
            if work.commits.count < work.changes {
                rivals.append(("LMDB, the same commits", try measure(PlainLMDB(), work)))
                if let found = try? measure(SQLite(), work) {
                    rivals.append(("SQLite WAL FULL, the same commits", found))
                }
            }
            let others = rivals.map { "\($0.0) \($0.1)" }.joined(separator: "; ")
            return row(
                max(value, many),
                "\(work.changes) changes in \(work.commits.count) commits, keys of 6 B, values of "
                    + "10 B; sectors written to a loop device with ext4, after sync, in virtual "
                    + "time; the worse of 1,000 keys, \(value), and 10,000, \(many); with 1,000 "
                    + "keys \(others)", rivals.first)
        } catch {
            return row(nil, "\(error)")
        }
    }

    /// What a store writes to a device of its own for a workload, its preparation left out.
    private static func bytes(
        _ subject: some FlashSubject, _ work: FlashWorkload
    ) throws -> Double {
        let loop = try LoopDevice()
        defer { loop.detach() }
        try subject.run(work.preparation, in: loop.folder)
        let before = try loop.written()
        try subject.run(work.commits, in: loop.folder)
        return Double(try loop.written() - before)
    }

    private static func rounded(_ value: Double, _ digits: Int) -> Double {
        let factor = pow(10, Double(digits))
        return (value * factor).rounded() / factor
    }

    // MARK: Power cuts

    static func images() throws -> BenchRow {
        let wanted = 10_000
        let tally = CutTally()
        DispatchQueue.concurrentPerform(iterations: 2) { lane in
            for seed in stride(from: lane + 1, to: 200, by: 2) where tally.distinct < wanted {
                tally.add(seed) { try cuts(seed: seed) }
            }
        }
        return BenchRow(
            id: "cut.images", title: "power-cut images that hold what they must",
            value: Double(tally.bad == 0 ? tally.distinct : 0), unit: "images", better: .higher,
            goal: Double(wanted),
            how:
                "\(tally.distinct) different images of \(tally.seeds) runs opened, \(tally.bad) bad; "
                + "a third with names that only a sync of the folder keeps, a third after failed calls"
                + (tally.complaint.map { "; \($0)" } ?? ""))
    }

    /// One history, cut at every event, in a process of its own: a store that traps is a finding.
    private static func cuts(seed: Int) throws -> (status: Int32, output: String) {
        let folder = CutTrial.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var arguments = [
            "store", "cuts", folder, "--seed", "\(seed)", "--batches", "150", "--again", "4",
        ]
        switch seed % 3 {
        case 1: arguments.append("--strict-names")
        case 2:
            arguments += ["--fault", "\(["eio", "enospc", "short"][seed / 3 % 3]) \(20 + seed) 2"]
        default: break
        }
        return try RecordedRun.run(
            StoreCommand.program, arguments, ["SWIFT_BACKTRACE": "enable=no"])
    }
}

/// What two threads find.
private final class CutTally: @unchecked Sendable {
    private let lock = NSLock()
    private var found = (distinct: 0, bad: 0, seeds: 0, complaint: String?.none)

    var distinct: Int { lock.withLock { found.distinct } }
    var bad: Int { lock.withLock { found.bad } }
    var seeds: Int { lock.withLock { found.seeds } }
    var complaint: String? { lock.withLock { found.complaint } }

    func add(_ seed: Int, _ run: () throws -> (status: Int32, output: String)) {
        let outcome = Result { try run() }
        lock.withLock {
            found.seeds += 1
            guard case .success(let (status, output)) = outcome else {
                found.bad += 1
                found.complaint = found.complaint ?? "\(outcome)"
                return
            }
            let lines = output.split(separator: "\n")
            let words = lines.last.map { $0.split(separator: " ") } ?? []
            guard words.count == 8, words[0] == "cuts", let distinct = Int(words[5]),
                let bad = Int(words[7])
            else {
                found.bad += 1
                found.complaint =
                    found.complaint ?? "seed \(seed) ended with \(status): \(lines.last ?? "")"
                return
            }
            found.distinct += distinct
            found.bad += bad
            if let line = lines.first(where: { $0.hasPrefix("bad ") }) {
                found.complaint = found.complaint ?? String(line)
            }
        }
    }
}
