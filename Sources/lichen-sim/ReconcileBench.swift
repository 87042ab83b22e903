import Base
import CRDT
import Foundation
import Reconcile
import Simulation

/// Rows on who lacks what: exchanges of a hub with its neighbours, real codecs and reconcilers, every
/// sender's frames and headers counted, time on air at SF9/125 kHz.
enum ReconcileBench {
    private static let trials: UInt64 = 150

    private typealias Scene = ReconcileTrial.Scene
    private typealias Outcome = ReconcileTrial.Outcome

    private static func outcomes(
        _ count: UInt64 = trials, _ change: (inout Scene) -> Void
    ) throws -> [Outcome] {
        var scene = Scene()
        change(&scene)
        let outcomes = (1...count).map { ReconcileTrial.run(scene, seed: $0) }
        let open = outcomes.filter { !$0.isSettled }.count
        guard open == 0 else { throw DemoError.claim("all hold the same: \(open) trials do not") }
        return outcomes
    }

    private static func mean(_ outcomes: [Outcome], _ value: (Outcome) -> Double) -> Double {
        outcomes.map(value).reduce(0, +) / Double(outcomes.count)
    }

    private static func seconds(_ outcome: Outcome) -> Double { outcome.airtime / .seconds(1) }

    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }

    // MARK: Rows

    static func beacon() throws -> BenchRow {
        // A trial in which nothing differs is one beacon.
        let outcomes = try outcomes(1) { $0.lacking = 0 }
        return BenchRow(
            id: "recon.beacon", title: "idle beacon: root, header and tag",
            value: Double(outcomes[0].bytes), unit: "bytes", better: .lower, goal: 17,
            how: "the one frame of an exchange in which nothing differs")
    }

    /// Negentropy v1 with 4-byte ids and fingerprints, counted on its reference implementation.
    private static let negentropy = 1_336.0

    static func eightScattered() throws -> BenchRow {
        var all: [Outcome] = []
        for authors in [10, 50, 100, 200] {
            for keys in [100, 1_000] {
                all += try outcomes(60) {
                    $0.authors = authors
                    $0.keys = keys
                }
                all += try outcomes(60) {
                    $0.authors = authors
                    $0.keys = keys
                    $0.lacking = 4
                    $0.hubLacking = 4
                }
            }
        }
        let cheap = all.filter { $0.bytesOfHeads <= 52 }
        let harder = try [50, 100, 200].map { authors in
            mean(
                try outcomes(100) {
                    $0.authors = authors
                    $0.differingAuthors = 8
                }, { Double($0.bytesOfHeads) })
        }
        return BenchRow(
            id: "recon.d8", title: "both sides know which 8 scattered operations differ",
            value: mean(all) { Double($0.bytesOfHeads) }, unit: "bytes", better: .lower, goal: 60,
            rival: "negentropy, 4-byte ids", rivalValue: negentropy, bound: 8.05,
            how: "beacons, heads and needs whole, of repairs the heads in them; 10…200 authors, "
                + "100 and 1,000 cells, all missing on one side or half on each; 52 bytes suffice "
                + "in \(100 * cheap.count / all.count) % (goal 70); "
                + "eight authors by geometric lags both ways, 50, 100, 200 authors: "
                + harder.map(text).joined(separator: ", ")
                + "; the rival is a count of its reference implementation, n = 1,000; the bound "
                + "is log2 C(1000, 8)")
    }

    static func slots() throws -> BenchRow {
        var dice = Dice(seed: 1)
        var found = 0
        var inVain = 0
        var bytes = 0
        let count = 40
        for _ in 0..<count {
            let trial = SlotTrial(cells: 1_000, lost: 8, dice: &dice)
            if trial.isComplete { found += 1 }
            inVain += trial.inVain
            bytes += trial.bytesOfSlots
        }
        let beacon = 17
        let value = found == count ? Double(beacon) + Double(bytes) / Double(count) : nil
        return BenchRow(
            id: "recon.slots", title: "which 8 cells differ, where the history is gone",
            value: value, unit: "bytes", better: .lower, goal: 67, rival: "negentropy, 4-byte ids",
            rivalValue: negentropy, bound: 8.05,
            how: value == nil
                ? "decoded \(found) of \(count)"
                : "a beacon of 17, and the frame of slots, whole; \(count) repairs of states of 1,000 "
                    + "cells, all complete, \(text(Double(inVain) / Double(count))) values said in "
                    + "vain")
    }

    static func heads() throws -> BenchRow {
        var worst = 0.0
        var cells: [String] = []
        for authors in [50, 100, 200] {
            for count in [1, 2, 4, 8] {
                let ratio = headsRatio(.bothWays(count), authors, authors == 200 ? 60 : 150)
                worst = max(worst, ratio)
                if count == 8 { cells.append("\(authors): \(text(ratio))") }
            }
        }
        return BenchRow(
            id: "recon.heads",
            title: "bytes that tell up to 8 heads that differ both ways, to bound",
            value: worst, unit: "×", better: .lower, goal: 1.35, bound: 1,
            how: "the worst mean of 1…8 authors among 50…200; the shortest prefix of the sketch "
                + "that decodes, header and root apart; 8 authors: "
                + cells.joined(separator: ", "))
    }

    static func headsOtherwise() throws -> BenchRow {
        var worst = 0.0
        var cells: [String] = []
        for authors in [50, 100, 200] {
            let trials: UInt64 = authors == 200 ? 40 : 100
            for (name, what) in [
                ("4 one way", HeadsTrial.Case.oneWay(4)), ("8 one way", .oneWay(8)),
                ("16 both ways", .bothWays(16)), ("an hour", .hour),
            ] {
                let ratio = headsRatio(what, authors, trials)
                worst = max(worst, ratio)
                cells.append("\(authors), \(name) \(text(ratio))")
            }
        }
        let beyond = [50, 100, 200].map { headsRatio(.oneWay(16), $0, 30) }
        return BenchRow(
            id: "recon.heads.other", title: "the same one way, for 16 authors, and after an hour",
            value: worst, unit: "×", better: .lower, goal: 1.75, bound: 1,
            how: cells.joined(separator: "; ") + "; 16 one way, not counted: "
                + beyond.map(text).joined(separator: ", "))
    }

    private static func headsRatio(
        _ what: HeadsTrial.Case, _ authors: Int, _ trials: UInt64
    ) -> Double {
        let bound = HeadsTrial.bound(what, authors: authors)
        // Where 24 elements are not enough, they are counted as 24.
        let bytes = (1...trials).map {
            HeadsTrial.bytes(what, authors: authors, seed: $0) ?? 24
        }
        return bytes.reduce(0, +) / Double(trials) / bound
    }

    static func eightNeighbours() throws -> BenchRow {
        var ratios: [Double] = []
        for lacking in [1, 4, 8, 16, 64] {
            let one = try outcomes(lacking > 8 ? 60 : trials) { $0.lacking = lacking }
            let eight = try outcomes(lacking > 8 ? 60 : trials) {
                $0.lacking = lacking
                $0.neighbours = 8
            }
            ratios.append(mean(eight) { Double($0.bytes) } / mean(one) { Double($0.bytes) })
        }
        return BenchRow(
            id: "recon.k8", title: "bytes on air for eight neighbours, to one, without loss",
            value: ratios.reduce(0, +) / Double(ratios.count), unit: "×", better: .lower,
            goal: 1.15, bound: 1,
            how: "mean of 1, 4, 8, 16, 64 lacking operations, of each neighbour other ones: "
                + ratios.map(text).joined(separator: ", ") + "; collisions of askers included")
    }

    static func airtimeUnderLoss(_ neighbours: Int, goal: Double) throws -> BenchRow {
        func airtime(_ loss: ReconcileTrial.Loss) throws -> Double {
            mean(
                try outcomes(300) {
                    $0.neighbours = neighbours
                    $0.loss = loss
                }, seconds)
        }
        let none = try airtime(.independent(0))
        let others = try [
            ReconcileTrial.Loss.independent(10), .independent(25), .bursts(25),
        ].map(airtime)
        return BenchRow(
            id: "recon.airtime40.k\(neighbours)",
            title: "airtime at 40 % loss, to none, 8 operations, \(neighbours) neighbours",
            value: try airtime(.independent(40)) / none, unit: "×", better: .lower, goal: goal,
            bound: [1: 1.71, 4: 2.58, 8: 3.11][neighbours],
            how: "without loss \(text(none)) s; at 10 %, 25 %, bursts of 25 %: "
                + others.map { text($0 / none) }.joined(separator: ", ")
                + "; the bound is what the slowest needs for the cells alone")
    }

    static func away() throws -> BenchRow {
        let outcomes = try outcomes(60) {
            $0.lacking = 100
            $0.away = (cells: 40, writers: 20)
        }
        let named = mean(outcomes) { Double($0.named) }
        let map = 27.9  // log2 C(100, 20) + log2 C(99, 19) + log2 C(100, 40) bits.
        let bound = 40.0 * Double(ReconcileTrial.bodySize) + map
        return BenchRow(
            id: "recon.away", title: "bytes for a node back after 100 writes to 40 cells, to bound",
            value: mean(outcomes) { Double($0.bytes) } / bound, unit: "×", better: .lower,
            goal: 1.3,
            bound: 1,
            how: "\(text(mean(outcomes) { Double($0.bytes) })) bytes, \(text(named)) values said; "
                + "the bound is 40 values of 20 bytes, and which they are")
    }
}
