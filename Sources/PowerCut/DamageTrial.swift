import Base
import Foundation
import Store

/// A store of some megabytes whose every value says what it is, so that a reader who knows nothing
/// of it can tell a true one from a false one.
public enum DamageTrial {
    /// How many records a large one has; and how often each is written.
    public static let records = 30_000, rounds = 3

    /// Bytes of its log.
    private static let logSize = 1 << 20

    /// What a reader says of a store.
    public enum Verdict: Equatable, Sendable {
        /// All is there, as it was last.
        case whole
        /// Records are missing or of an earlier round; whether the store told that something is
        /// damaged.
        case partial(missing: Int, old: Int, isTold: Bool)
        /// A value that was never written under its key, or a key that never was.
        case untrue(Int)
        /// It does not open, or reading ended early.
        case refused(DiskFault)

        /// Whether somebody who uses the store learns that it is damaged, if it is.
        public var isHonest: Bool {
            switch self {
            case .whole, .refused: true
            case .partial(_, _, let isTold): isTold
            case .untrue: false
            }
        }
    }

    /// Fills a store. The last round leaves every other record as it was, so that there are old pages
    /// among those in use, and free ones.
    public static func fill(_ folder: String, records: Int = records) throws {
        var store = try Store(in: folder, logSize: logSize)
        for round in 0..<rounds {
            for number in stride(from: 0, to: records, by: round == 0 ? 1 : round + 1) {
                try store.put(key(number).span, value(number, round).span)
                if number % 1_000 == 999 { try store.commit() }
            }
            try store.commit()
        }
    }

    /// Opens the store and reads all of it.
    public static func read(_ folder: String, records: Int = records) -> Verdict {
        var seen = [Bool](repeating: false, count: records)
        var old = 0
        var untrue = 0
        do throws(DiskFault) {
            var store = try Store(in: folder, logSize: logSize)
            try store.forEach { (key, value) throws(DiskFault) in
                let key = key.withUnsafeBufferPointer(Array.init)
                let value = value.withUnsafeBufferPointer(Array.init)
                let number = key.dropFirst(2).reduce(0) { $0 << 8 | Int($1) }
                guard number < records, !seen[number], key == Self.key(number),
                    let round = (0..<rounds).first(where: { value == Self.value(number, $0) })
                else {
                    untrue += 1
                    return
                }
                seen[number] = true
                if round != lastRound(of: number) { old += 1 }
            }
            let missing = seen.count { !$0 }
            if untrue > 0 { return .untrue(untrue) }
            if missing + old == 0 { return .whole }
            return .partial(missing: missing, old: old, isTold: store.isDamaged)
        } catch {
            return untrue > 0 ? .untrue(untrue) : .refused(error)
        }
    }

    /// Damages a small store in many ways, most of them where its structures are: bytes changed, pages
    /// in each other's place, regions lost.
    ///
    /// - Parameter watching: Told of each before it is read: where the store traps, that was it.
    /// - Returns: Those that passed in silence.
    public static func fuzz(
        _ folder: String, seeds: Range<UInt64>, watching: (String) -> Void
    ) throws -> [String] {
        let records = 400
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try fill(folder, records: records)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        let whole = try names.map { name in
            (name, [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)"))))
        }
        var silent: [String] = []
        for seed in seeds {
            var dice = Dice(seed: seed)
            try FileManager.default.removeItem(atPath: folder)
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            // The tree has more to be wrong.
            let chosen = dice.roll(0..<4) == 0 ? dice.roll(0..<whole.count) : 0
            for (index, (name, bytes)) in whole.enumerated() {
                let bytes = index == chosen ? mutated(bytes, &dice) : bytes
                try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            watching("seed \(seed), \(whole[chosen].0)")
            let verdict = read(folder, records: records)
            if !verdict.isHonest { silent.append("seed \(seed), \(whole[chosen].0): \(verdict)") }
        }
        return silent
    }

    private static func mutated(_ bytes: [UInt8], _ dice: inout Dice) -> [UInt8] {
        var bytes = bytes
        let page = 4_096
        let pages = bytes.count / page
        func start(_ dice: inout Dice) -> Int {
            dice.roll(0..<(dice.roll(0..<2) == 0 ? min(4, pages) : pages)) * page
        }
        for _ in 0..<dice.roll(1..<5) {
            let at = start(&dice)
            switch dice.roll(0..<6) {
            case 0:  // A field of the page's header or the first of its nodes.
                bytes[at + dice.roll(0..<200)] = [0, 1, 255, 128][dice.roll(0..<4)]
            case 1:
                bytes[at + dice.roll(0..<page)] ^= 1 << UInt8(dice.roll(0..<8))
            case 2:
                let other = start(&dice)
                for offset in 0..<page { bytes.swapAt(at + offset, other + offset) }
            case 3:
                let other = start(&dice)
                bytes.replaceSubrange(at..<(at + page), with: bytes[other..<(other + page)])
            case 4:
                let from = dice.roll(0..<8) * 512
                for offset in from..<page { bytes[at + offset] = 0 }
            default:
                bytes.removeSubrange((dice.roll(0..<8) == 0 ? at : bytes.count - page)...)
                return bytes.isEmpty ? [0] : bytes
            }
        }
        return bytes
    }

    private static func lastRound(of number: Int) -> Int {
        number % 3 == 0 ? 2 : number % 2 == 0 ? 1 : 0
    }

    private static func key(_ number: Int) -> [UInt8] {
        [0x20, 1] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    private static func value(_ number: Int, _ round: Int) -> [UInt8] {
        var dice = Dice(seed: UInt64(number) << 8 | UInt64(round))
        var value: [UInt8] = []
        value.reserveCapacity(160)
        let size = 100 + number % 50
        while value.count < size {
            withUnsafeBytes(of: dice.next()) { value.append(contentsOf: $0) }
        }
        return Array(value.prefix(size))
    }

    /// What happens to a region of a file.
    public enum Damage: String, CaseIterable, Sendable {
        case zeroed, garbled, flipped
    }

    /// Damages a region of a file.
    public static func damage(
        _ path: String, _ region: Range<Int>, _ damage: Damage, dice: inout Dice
    ) throws {
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(region.lowerBound))
        var bytes = [UInt8](try file.read(upToCount: region.count) ?? Data())
        switch damage {
        case .zeroed:
            bytes = [UInt8](repeating: 0, count: bytes.count)
        case .garbled:
            bytes.withUnsafeMutableBytes { buffer in
                for start in stride(from: 0, to: buffer.count - 7, by: 8) {
                    buffer.storeBytes(of: dice.next(), toByteOffset: start, as: UInt64.self)
                }
            }
        case .flipped:
            for _ in 0..<dice.roll(1..<64) where !bytes.isEmpty {
                bytes[dice.roll(0..<bytes.count)] ^= 1 << UInt8(dice.roll(0..<8))
            }
        }
        try file.seek(toOffset: UInt64(region.lowerBound))
        try file.write(contentsOf: Data(bytes))
    }
}
