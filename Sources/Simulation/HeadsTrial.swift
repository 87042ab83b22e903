import Base
import CRDT
import Emulation
import Reconcile

/// How few bytes tell which authors' heads differ, and how far: the tiers by themselves, measured
/// against what no code could pass.
public struct HeadsTrial {
    /// What differs.
    public enum Case: Sendable {
        /// So many authors, by lags as loss makes them (geometric, mean 1.4), in either direction.
        case bothWays(Int)
        /// The same, all in one direction.
        case oneWay(Int)
        /// Each author by what it wrote in an hour, half an operation on average.
        case hour
    }

    /// Bytes that tell the heads, header and root apart: the shortest prefix of the sketch that
    /// decodes, as if it grew element by element; none where the root alone tells them. For an hour's
    /// absence, the lags since then. `nil` where neither told them.
    public static func bytes(_ what: Case, authors: Int, seed: UInt64) -> Double? {
        var trial = HeadsTrial(authors: authors, seed: seed)
        switch what {
        case .bothWays(let count): return trial.sketch(count, isOneWay: false)
        case .oneWay(let count): return trial.sketch(count, isOneWay: true)
        case .hour: return trial.lags()
        }
    }

    /// The entropy of what differs, in bytes.
    public static func bound(_ what: Case, authors: Int) -> Double {
        let bits: Double
        switch what {
        case .bothWays(let count): bits = choices(count, authors) + Double(count) * (lagBits + 1)
        case .oneWay(let count): bits = choices(count, authors) + Double(count) * lagBits
        case .hour: bits = Double(authors) * hourBits
        }
        return bits / 8
    }

    /// Entropy of a geometric lag whose chance of going on is 0.3: H(0.3) / 0.7 bits.
    private static let lagBits = 1.259
    /// Entropy of Poisson's distribution of mean 0.5.
    private static let hourBits = 1.3416

    /// log₂ of the ways to choose.
    private static func choices(_ count: Int, _ total: Int) -> Double {
        var bits = 0.0
        for index in 0..<count {
            bits += logarithm(Double(total - index)) - logarithm(Double(index + 1))
        }
        return bits
    }

    /// log₂ of a number of at least 1, to 2⁻⁴⁰.
    private static func logarithm(_ value: Double) -> Double {
        var rest = value.significand
        var bits = Double(value.exponent)
        var weight = 0.5
        for _ in 0..<40 {
            rest *= rest
            if rest >= 2 {
                rest /= 2
                bits += weight
            }
            weight /= 2
        }
        return bits
    }

    private let authors: Int
    private var dice: Dice
    private let roots = HeadsRoot(hash: TrialHash())

    private init(authors: Int, seed: UInt64) {
        self.authors = authors
        dice = Dice(seed: seed)
    }

    /// A day's writes, twelve of each author on average.
    private mutating func day(_ heads: inout HeadTable, _ history: inout HeadsHistory) {
        for index in 0..<(12 * authors) {
            let raw = dice.roll(1..<(authors + 1))
            advance(raw, at: UInt32(index * 2_880 / (12 * authors)), &heads, &history)
        }
    }

    private func advance(
        _ raw: Int, at stamp: UInt32, _ heads: inout HeadTable, _ history: inout HeadsHistory
    ) {
        let actor = Actor(raw: UInt8(raw))
        let head = heads[actor]
        history.note(
            actor, stamp: stamp,
            change: roots.term(actor, head: head) ^ roots.term(actor, head: head + 1))
        heads[actor] = head + 1
    }

    private mutating func sketch(_ count: Int, isOneWay: Bool) -> Double? {
        var ours = HeadTable()
        var theirs = HeadTable()
        var history = HeadsHistory()
        day(&ours, &history)
        theirs.copy(from: ours)
        var unused = HeadsHistory(capacity: 16)
        for author in (1...authors).shuffled(using: &dice).prefix(count) {
            let isTheirs = isOneWay || dice.roll(0..<2) == 0
            repeat {
                if isTheirs {
                    advance(author, at: 2_900, &theirs, &unused)
                } else {
                    advance(author, at: 2_900, &ours, &history)
                }
            } while dice.roll(0..<10) >= 7
        }
        return SketchMeasure.bytes(ours, theirs, history, actors: authors, roots: roots)
    }

    private mutating func lags() -> Double? {
        var ours = HeadTable()
        var theirs = HeadTable()
        var history = HeadsHistory()
        day(&ours, &history)
        theirs.copy(from: ours)
        var later = HeadsHistory()
        later.copy(from: history)
        for author in 1...authors {
            for _ in 0..<Self.poisson(&dice) { advance(author, at: 2_900, &theirs, &later) }
        }
        return SketchMeasure.bytesOfLags(
            theirs, later, ours, history, since: 2_880, actors: authors)
    }

    /// How many writes an author makes in an hour: Knuth's method, e^−0.5.
    private static func poisson(_ dice: inout Dice) -> Int {
        var product = dice.unit()
        var count = 0
        while product > 0.60653 {
            product *= dice.unit()
            count += 1
        }
        return count
    }
}
