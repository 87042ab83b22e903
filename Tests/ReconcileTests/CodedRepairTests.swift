import Base
import CRDT
import TestSupport
import Testing

@testable import Reconcile

@Suite(.aside) struct CodedRepairTests {
    // Method: one sender's cells, heard by nodes that lack different writes and lose different
    // frames; each has all as soon as it has as many cells as it lacks writes, or one or two more.
    @Test("cells give each node what it lacks, whatever that is", arguments: Seed.slice(40))
    func repair(seed: Seed) {
        var dice = Dice(seed)
        let actors = dice.roll(4..<100)
        let past = Past(actors: actors, writes: 400, using: &dice)
        let sender = Knower(past)
        var coder = CodedRepair()
        let window = 4
        guard
            let measure = coder.measure(
                sender.heads, window: window, bodies: sender.bodies, roots: sender.roots)
        else {
            Issue.record("bodies are missing: replay: make test SEED=\(seed)")
            return
        }
        for _ in 0..<3 {
            let lacking = dice.lags(of: dice.roll(1..<4), among: actors)
                .mapValues { min($0, UInt32(window)) }.filter { past.head($0.key) >= $0.value }
            let ours = Knower(past, lacking: lacking)
            var solver = CodedRepair()
            solver.begin(sender.heads, window: window, bodies: ours.bodies)
            let lacks = Int(lacking.values.reduce(0, +))
            #expect(solver.missing == lacks)
            var used = 0
            var frame: UInt32 = 0
            while solver.missing > 0, frame < 40 {
                frame += 1
                var cells = ShortBytes<255>()
                cells.fill { out in
                    coder.write(
                        cells: 2, of: measure.cellSize, frame: frame, sender.heads, window: window,
                        bodies: sender.bodies, to: &out)
                }
                if dice.roll(0..<3) == 0 { continue }
                used += 2
                solver.take(
                    cells.span, of: measure.cellSize, frame: frame, sender.heads, window: window,
                    check: measure.check, bodies: ours.bodies)
            }
            #expect(used <= lacks + 3)
            #expect(
                solver.conclude(sender.heads, bodies: ours.bodies, roots: ours.roots) == .solved,
                "replay: make test SEED=\(seed)")
            for index in 0..<solver.count {
                let dot = solver.dot(index)
                let body = past.writes.first { $0.dot == dot }?.body
                #expect([UInt8](solver.body(index)) == body)
            }
        }
    }

    // The broken variant: heads guessed wrongly, and nobody asks the check.
    @Test(
        "heads guessed wrongly are found out before anything is applied", arguments: Seed.slice(20))
    func wrongHeads(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 30, writes: 300, sizes: 12..<13, using: &dice)
        let sender = Knower(past)
        let ours = Knower(past, lacking: [3: 1])
        var wrong = HeadTable()
        wrong.copy(from: ours.heads)
        wrong[4] += 1
        var solver = CodedRepair()
        solver.begin(wrong, window: 2, bodies: ours.bodies)
        var coder = CodedRepair()
        let measure = coder.measure(
            sender.heads, window: 2, bodies: sender.bodies, roots: sender.roots)!
        var cells = ShortBytes<255>()
        cells.fill { out in
            coder.write(
                cells: 4, of: measure.cellSize, frame: 9, sender.heads, window: 2,
                bodies: sender.bodies, to: &out)
        }
        solver.take(
            cells.span, of: measure.cellSize, frame: 9, wrong, window: 2, check: measure.check,
            bodies: ours.bodies)
        #expect(solver.conclude(wrong, bodies: ours.bodies, roots: ours.roots) == .refused)
    }

    @Test("a write that is said by name is one unknown less", arguments: Seed.slice(20))
    func learned(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 10, writes: 120, using: &dice)
        let sender = Knower(past)
        var ours = Knower(past, lacking: [1: 1, 2: 2, 3: 1])
        var solver = CodedRepair()
        solver.begin(sender.heads, window: 3, bodies: ours.bodies)
        var coder = CodedRepair()
        let measure = coder.measure(
            sender.heads, window: 3, bodies: sender.bodies, roots: sender.roots)!
        var frame: UInt32 = 0
        func say(_ cells: Int) -> ShortBytes<255> {
            frame += 1
            var bytes = ShortBytes<255>()
            bytes.fill { out in
                coder.write(
                    cells: cells, of: measure.cellSize, frame: frame, sender.heads, window: 3,
                    bodies: sender.bodies, to: &out)
            }
            return bytes
        }
        let isEarly = dice.roll(0..<2) == 0
        if !isEarly {
            solver.take(
                say(2).span, of: measure.cellSize, frame: frame, sender.heads, window: 3,
                check: measure.check, bodies: ours.bodies)
        }
        let write = past.writes.last { $0.dot == Dot(Actor(raw: 1), past.head(1)) }!
        ours.take(write)
        solver.learn(write.dot, write.body.span)
        #expect(solver.missing == (isEarly ? 3 : 1))
        while solver.missing > 0, frame < 9 {
            solver.take(
                say(1).span, of: measure.cellSize, frame: frame, sender.heads, window: 3,
                check: measure.check, bodies: ours.bodies)
        }
        #expect(
            solver.conclude(sender.heads, bodies: ours.bodies, roots: ours.roots) == .solved,
            "replay: make test SEED=\(seed)")
    }

    @Test("taking and giving cells allocates nothing")
    func allocationFree() {
        var dice = Dice(seed: 2)
        let past = Past(actors: 50, writes: 400, using: &dice)
        let sender = Knower(past)
        let ours = Knower(past, lacking: [5: 2, 9: 1])
        var coder = CodedRepair()
        var solver = CodedRepair()
        var decoder = SketchDecoder(actors: 50)
        var guess = RootGuess()
        var theirs = HeadTable()
        var scratch = HeadTable()
        func round() {
            solver.reset()
            solver.begin(sender.heads, window: 2, bodies: ours.bodies)
            guard
                let measure = coder.measure(
                    sender.heads, window: 2, bodies: sender.bodies, roots: sender.roots)
            else {
                return
            }
            var cells = ShortBytes<255>()
            cells.fill { out in
                coder.write(
                    cells: 3, of: measure.cellSize, frame: 1, sender.heads, window: 2,
                    bodies: sender.bodies, to: &out)
            }
            solver.take(
                cells.span, of: measure.cellSize, frame: 1, sender.heads, window: 2,
                check: measure.check, bodies: ours.bodies)
            _ = solver.conclude(sender.heads, bodies: ours.bodies, roots: ours.roots)
            let units = decoder.units
            var difference = decoder.sketch(of: sender.heads, units: units)
            difference.add(decoder.sketch(of: ours.heads, units: units))
            _ = decoder.decode(
                difference, units: units, base: ours.heads, rootDifference: 77, roots: ours.roots,
                isThorough: true, into: &theirs)
            _ = decoder.decodePast(
                difference, root: 5, units: units, heads: ours.heads, history: ours.history,
                roots: ours.roots, scratch: &scratch, into: &theirs)
            _ = guess.search(
                78, of: Actor(raw: 3), heads: ours.heads, actors: 50, history: ours.history,
                roots: ours.roots, into: &theirs)
        }
        round()
        if let count = allocations(during: round) { #expect(count == 0) }
        #expect(solver.conclude(sender.heads, bodies: ours.bodies, roots: ours.roots) == .solved)
    }
}

@Suite(.aside) struct RecentBodiesTests {
    @Test("the last eight of each author are kept while there is room", arguments: Seed.slice(20))
    func kept(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 12, writes: 3_000, using: &dice)
        let ours = Knower(past, arena: 8_192)
        for write in past.writes {
            let isLate = write.dot.sequence + 8 > past.head(Int(write.dot.actor.raw))
            #expect(ours.bodies.contains(write.dot) == isLate, "replay: make test SEED=\(seed)")
            if isLate { #expect(ours.bodies.bytes(of: write.dot) == write.body) }
        }
    }

    @Test("a small arena forgets, and confuses nothing", arguments: Seed.slice(20))
    func small(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 60, writes: 2_000, sizes: 1..<160, using: &dice)
        let ours = Knower(past, arena: 2_048)
        var kept = 0
        for write in past.writes where ours.bodies.contains(write.dot) {
            kept += 1
            #expect(ours.bodies.bytes(of: write.dot) == write.body)
        }
        #expect(kept >= 5, "replay: make test SEED=\(seed)")
    }
}
