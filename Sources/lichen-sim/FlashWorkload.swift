import Base
import Foundation

/// Changes of records, and how many share a commit.
struct FlashWorkload {
    /// Six bytes, as keys of a node's records; values of ten.
    typealias Change = (key: [UInt8], value: [UInt8])

    /// All keys once, in a few commits: what is measured are overwrites.
    let preparation: [[Change]]
    let commits: [[Change]]

    /// How many changes are measured.
    var changes: Int { commits.reduce(0) { $0 + $1.count } }

    /// Changes of random keys, so many a commit.
    init(keys: Int, changes: Int, each size: Int) {
        var dice = Dice(seed: 1)
        preparation = Self.all(keys)
        commits = (0..<(changes / size)).map { _ in
            (0..<size).map { _ in Self.change(of: keys, &dice) }
        }
    }

    /// A day: a change each ten seconds, of which 1 % must be on flash at once, 9 % within ten seconds
    /// and 90 % within ten minutes. A commit takes all that waits.
    init(dayWithKeys keys: Int) {
        var dice = Dice(seed: 1)
        preparation = Self.all(keys)
        var commits: [[Change]] = []
        var waiting: [Change] = []
        var due = Int.max
        for second in stride(from: 0, to: 86_400, by: 10) {
            if due <= second {
                commits.append(waiting)
                waiting = []
                due = .max
            }
            waiting.append(Self.change(of: keys, &dice))
            let roll = dice.roll(0..<100)
            due = min(due, second + (roll < 1 ? 0 : roll < 10 ? 10 : 600))
        }
        commits.append(waiting)
        self.commits = commits
    }

    /// The same changes, each in a commit of its own.
    func alone() -> FlashWorkload { FlashWorkload(preparation, commits.joined().map { [$0] }) }

    private init(_ preparation: [[Change]], _ commits: [[Change]]) {
        self.preparation = preparation
        self.commits = commits
    }

    private static func all(_ keys: Int) -> [[Change]] {
        var dice = Dice(seed: 2)
        return stride(from: 0, to: keys, by: 500).map { start in
            (start..<min(keys, start + 500)).map { (key($0), value(&dice)) }
        }
    }

    private static func change(of keys: Int, _ dice: inout Dice) -> Change {
        (key(dice.roll(0..<keys)), value(&dice))
    }

    private static func key(_ number: Int) -> [UInt8] {
        [0x20, UInt8(1 + number % 8)]
            + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
    }

    private static func value(_ dice: inout Dice) -> [UInt8] {
        (0..<10).map { _ in UInt8(dice.roll(0..<256)) }
    }
}
