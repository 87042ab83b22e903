import Base
import CRDT
import TestSupport

@testable import Reconcile

/// A hash that is good enough where nobody attacks.
struct PlainHash: KeyedHash {
    func hash(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var dice = Dice(seed: a &* 0x9E37_79B9_7F4A_7C15 ^ b)
        return dice.next() ^ dice.next() << 1
    }
}

/// What some authors wrote, in the order of time: nodes that know any part of it are made from it.
struct Past {
    struct Write {
        var dot: Dot
        var stamp: UInt32
        var body: [UInt8]
    }

    let actors: Int
    var writes: [Write] = []
    private var heads: [UInt32]

    /// `count` writes of random authors among `1...actors`, some half minutes apart.
    init(actors: Int, writes count: Int, sizes: Range<Int> = 8..<30, using dice: inout Dice) {
        self.actors = actors
        heads = Array(repeating: 0, count: 256)
        var stamp: UInt32 = 10_000
        for _ in 0..<count {
            stamp += UInt32(dice.roll(0..<4))
            add(dice.roll(1..<(actors + 1)), at: stamp, size: dice.roll(sizes), using: &dice)
        }
    }

    mutating func add(_ raw: Int, at stamp: UInt32, size: Int, using dice: inout Dice) {
        heads[raw] += 1
        writes.append(
            Write(
                dot: Dot(Actor(raw: UInt8(raw)), heads[raw]), stamp: stamp,
                body: (0..<size).map { _ in UInt8(dice.roll(0..<256)) }))
    }

    func head(_ raw: Int) -> UInt32 { heads[raw] }
}

/// What one node knows of a past: the parts that reconciliation works on.
struct Knower: ~Copyable {
    let roots = HeadsRoot(hash: PlainHash())
    var heads = HeadTable()
    var history = HeadsHistory(capacity: 1024)
    var bodies: RecentBodies

    /// A node that lacks the last `lacking[raw]` writes of each author, and heard of the others in
    /// any order that keeps each author's own.
    init(_ past: Past, lacking: [Int: UInt32] = [:], arena: Int = 65_536) {
        bodies = RecentBodies(capacity: arena)
        for write in past.writes {
            let raw = Int(write.dot.actor.raw)
            guard write.dot.sequence + (lacking[raw] ?? 0) <= past.head(raw) else { continue }
            take(write)
        }
    }

    mutating func take(_ write: Past.Write) {
        let raw = Int(write.dot.actor.raw)
        let change = roots.step(raw, from: heads[raw], to: write.dot.sequence)
        heads[raw] = write.dot.sequence
        history.insert(raw, stamp: write.stamp, steps: 1, change: change)
        bodies.insert(
            write.dot, stamp: write.stamp, check: roots.check(write.dot, write.body.span),
            write.body.span)
    }

    var root: UInt32 { roots.root(of: heads) }
}

extension HeadTable {
    /// Whether both hold the same heads.
    func equals(_ other: borrowing HeadTable) -> Bool {
        for raw in 0..<Actor.tableSize where self[raw] != other[raw] { return false }
        return true
    }
}

extension Dice {
    /// Lags of some authors: geometric, mean 1.43.
    mutating func lags(of count: Int, among actors: Int) -> [Int: UInt32] {
        var lags: [Int: UInt32] = [:]
        while lags.count < count {
            var lag: UInt32 = 1
            while roll(0..<10) >= 7 { lag += 1 }
            lags[roll(1..<(actors + 1))] = lag
        }
        return lags
    }
}

extension RecentBodies {
    /// A copy of the operation's body.
    func bytes(of dot: Dot) -> [UInt8]? {
        guard let body = body(dot) else { return nil }
        return [UInt8](body)
    }
}
