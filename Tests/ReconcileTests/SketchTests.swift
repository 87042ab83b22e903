import Base
import CRDT
import TestSupport
import Testing

@testable import Reconcile

@Suite(.aside) struct BinaryFieldTests {
    @Test("each field's elements multiply as polynomials do", arguments: 3...9)
    func products(bits: Int) {
        let field = BinaryField(bits: bits)
        var sum: UInt16 = 0
        for a in 1...UInt16(field.order) {
            #expect(field.multiply(a, field.inverse(a)) == 1)
            #expect(field.multiply(a, 2) ^ field.multiply(a, 3) == a, "distributive")
            sum ^= field.multiply(a, a)
        }
        #expect(sum == 0, "squaring permutes the elements, whose sum is zero")
    }
}

@Suite(.aside) struct GraySketchTests {
    // Method: two nodes lack different writes; each sketch and root is all that the other hears.
    @Test(
        "heads that differ by few are found from nine bytes and a root", arguments: Seed.slice(60))
    func decoding(seed: Seed) throws {
        var dice = Dice(seed)
        let actors = dice.roll(10..<201)
        let past = Past(actors: actors, writes: 600, using: &dice)
        let ours = Knower(past, lacking: dice.lags(of: dice.roll(0..<4), among: actors))
        let other = Knower(past, lacking: dice.lags(of: dice.roll(0..<4), among: actors))
        var decoder = SketchDecoder(actors: actors)
        var frame = ShortBytes<9>()
        frame.fill { out in
            decoder.sketch(of: other.heads, units: decoder.units).write(
                bits: decoder.bits, to: &out)
        }
        var reader = ByteReader(frame.span)
        var difference = try GraySketch(reading: &reader, bits: decoder.bits)
        difference.add(decoder.sketch(of: ours.heads, units: decoder.units))
        var theirs = HeadTable()
        let units = decoder.units
        let isFound = decoder.decode(
            difference, units: units, base: ours.heads, rootDifference: ours.root ^ other.root,
            roots: ours.roots, isThorough: true, into: &theirs)
        #expect(isFound, "replay: make test SEED=\(seed)")
        let isRight = theirs.equals(other.heads)
        #expect(isRight, "replay: make test SEED=\(seed)")
    }

    @Test("a sketch that holds too much is never taken for another", arguments: Seed.slice(8))
    func overfull(seed: Seed) {
        var dice = Dice(seed)
        for actors in [20, 60, 120] {
            let past = Past(actors: actors, writes: 400, using: &dice)
            let ours = Knower(past)
            var decoder = SketchDecoder(actors: actors)
            let units = decoder.units
            for _ in 0..<10 {
                let other = Knower(past, lacking: dice.lags(of: 18, among: actors))
                var difference = decoder.sketch(of: other.heads, units: units)
                difference.add(decoder.sketch(of: ours.heads, units: units))
                var theirs = HeadTable()
                let isFound = decoder.decode(
                    difference, units: units, base: ours.heads,
                    rootDifference: ours.root ^ other.root, roots: ours.roots, isThorough: true,
                    into: &theirs)
                let isWrong = isFound && !theirs.equals(other.heads)
                #expect(!isWrong, "replay: make test SEED=\(seed)")
            }
        }
    }

    // A decoder that does not ask the root takes most overfull sketches for something: this is
    // what the root is for.
    @Test("without the root's judgement, wrong heads would be taken")
    func unjudged() {
        var dice = Dice(seed: 5)
        let past = Past(actors: 10, writes: 200, using: &dice)
        let ours = Knower(past)
        var decoder = SketchDecoder(actors: 10)
        var wrong = 0
        for _ in 0..<200 {
            var noise = GraySketch()
            for _ in 0..<3 { noise.toggle(dice.roll(1..<21), units: 2, decoder.field) }
            var theirs = HeadTable()
            // The root of whatever the sketch says, computed by whoever would trust it.
            if decoder.decode(
                noise, units: 2, base: ours.heads, rootDifference: 0x1234_5678,
                roots: ours.roots, isThorough: true, into: &theirs)
            {
                wrong += 1
            }
        }
        #expect(wrong == 0)
    }

    @Test("a node that was away is found in the past by its sketch", arguments: Seed.slice(20))
    func past(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 60, writes: 500, using: &dice)
        let ours = Knower(past)
        // It left after 300 writes, and had not heard some of the last before.
        var early = past
        early.writes = Array(past.writes[..<300])
        var then = Knower(Past(actors: 60, writes: 0, using: &dice))
        var missed: Set<UInt8> = []
        for write in early.writes.dropLast(6) { then.take(write) }
        for write in early.writes.suffix(6) {
            if dice.roll(0..<2) == 0 || missed.contains(write.dot.actor.raw) {
                missed.insert(write.dot.actor.raw)
            } else {
                then.take(write)
            }
        }
        var decoder = SketchDecoder(actors: 60)
        let units = decoder.units
        var scratch = HeadTable()
        var theirs = HeadTable()
        let cut = decoder.decodePast(
            decoder.sketch(of: then.heads, units: units), root: then.root, units: units,
            heads: ours.heads, history: ours.history, roots: ours.roots, scratch: &scratch,
            into: &theirs)
        let isRight = cut != nil && theirs.equals(then.heads)
        #expect(isRight, "replay: make test SEED=\(seed)")
    }
}

@Suite(.aside) struct RootGuessTests {
    @Test(
        "up to two writes that are missing here are found from the root", arguments: Seed.slice(30))
    func missingHere(seed: Seed) {
        var dice = Dice(seed)
        let actors = dice.roll(5..<201)
        let past = Past(actors: actors, writes: 500, using: &dice)
        let other = Knower(past)
        let ours = Knower(
            past, lacking: dice.lags(of: dice.roll(1..<3), among: actors).mapValues { min($0, 3) })
        var guess = RootGuess()
        var theirs = HeadTable()
        let isFound = guess.search(
            other.root, of: Actor(raw: 1), heads: ours.heads, actors: actors,
            history: ours.history, roots: ours.roots, into: &theirs)
        let isRight = isFound && theirs.equals(other.heads)
        #expect(isRight, "replay: make test SEED=\(seed)")
    }

    @Test("a neighbour that lacks what is newest is found in the past", arguments: Seed.slice(30))
    func missingThere(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 50, writes: 500, using: &dice)
        let ours = Knower(past)
        var then = Knower(Past(actors: 50, writes: 0, using: &dice))
        let cut = dice.roll(0..<500)
        let skipped = dice.roll(0..<4)
        for (index, write) in past.writes[..<cut].enumerated() {
            // One of the last four is lost on its way, and with it all later ones of its author.
            if index >= cut - 1 - skipped,
                write.dot.actor == past.writes[max(0, cut - 1 - skipped)].dot.actor
            {
                continue
            }
            then.take(write)
        }
        var guess = RootGuess()
        var theirs = HeadTable()
        let isFound = guess.search(
            then.root, of: Actor(raw: 1), heads: ours.heads, actors: 50, history: ours.history,
            roots: ours.roots, into: &theirs)
        let isRight = isFound && theirs.equals(then.heads)
        #expect(isRight, "replay: make test SEED=\(seed)")
    }

    @Test("a root of nothing known is not explained")
    func strange() {
        var dice = Dice(seed: 9)
        let past = Past(actors: 100, writes: 900, using: &dice)
        let ours = Knower(past)
        var guess = RootGuess()
        var theirs = HeadTable()
        var found = 0
        for _ in 0..<40 {
            if guess.search(
                UInt32(truncatingIfNeeded: dice.next()), of: Actor(raw: 7), heads: ours.heads,
                actors: 100, history: ours.history, roots: ours.roots, into: &theirs)
            {
                found += 1
            }
        }
        #expect(found == 0, "odds are 1 in 5,000 a root")
    }
}

@Suite(.aside) struct HeadsHistoryTests {
    // Method: the same writes in any order that keeps each author's own give the same history.
    @Test("the order of arrival is immaterial", arguments: Seed.slice(30))
    func order(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 9, writes: 200, using: &dice)
        let inOrder = Knower(past)
        var late = past
        for index in stride(from: late.writes.count - 1, to: 0, by: -1) {
            let other = max(0, index - dice.roll(1..<12))
            let between = late.writes[other...index].map(\.dot.actor)
            if Set(between).count == between.count { late.writes.swapAt(index, other) }
        }
        let shuffled = Knower(late)
        #expect(shuffled.history.root == inOrder.root)
        for index in 0...200 {
            #expect(
                shuffled.history.root(before: index) == inOrder.history.root(before: index),
                "replay: make test SEED=\(seed)")
        }
        var heads = HeadTable()
        heads.copy(from: inOrder.heads)
        let cut = dice.roll(0..<201)
        inOrder.history.rewind(&heads, to: cut)
        #expect(inOrder.roots.root(of: heads) == inOrder.history.root(before: cut))
    }

    @Test("a full history forgets its oldest, a great skip all")
    func capacity() {
        var history = HeadsHistory(capacity: 16)
        for index in 0..<40 {
            history.insert(1, stamp: UInt32(index), steps: 1, change: 1 << (UInt32(index) & 31))
        }
        #expect(history.count == 16)
        #expect(history[0].stamp == 24)
        let root = history.root
        history.insert(1, stamp: 50, steps: 70_000, change: 6)
        #expect(history.count == 0)
        #expect(history.root == root ^ 6)
    }
}

@Suite(.aside) struct LagVectorTests {
    @Test("heads since a moment on which both agree come through", arguments: Seed.slice(60))
    func lags(seed: Seed) throws {
        var dice = Dice(seed)
        let actors = dice.roll(10..<201)
        let past = Past(actors: actors, writes: 500, using: &dice)
        let moment = past.writes[dice.roll(0..<500)].stamp
        var lacking: [Int: UInt32] = [:]
        for write in past.writes where write.stamp > moment && dice.roll(0..<2) == 0 {
            lacking[Int(write.dot.actor.raw)] =
                past.head(Int(write.dot.actor.raw)) - write.dot.sequence + 1
        }
        let ours = Knower(past, lacking: lacking)
        let other = Knower(past)
        var codec = LagVector()
        var frame = ShortBytes<255>()
        let fits = frame.fill { out in
            codec.write(
                other.heads, since: moment, actors: actors, history: other.history, limit: 255,
                to: &out)
        }
        #expect(fits)
        var theirs = HeadTable()
        try codec.read(
            frame.span, heads: ours.heads, actors: actors, history: ours.history, into: &theirs)
        let isRight = theirs.equals(other.heads)
        #expect(isRight, "replay: make test SEED=\(seed)")
    }

    @Test("any bytes are lags or a named error", arguments: Seed.slice(10))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        let past = Past(actors: 40, writes: 100, using: &dice)
        let ours = Knower(past)
        var codec = LagVector()
        var theirs = HeadTable()
        for _ in 0..<200 {
            let bytes = (0..<dice.roll(0..<60)).map { _ in UInt8(dice.roll(0..<256)) }
            try? codec.read(
                bytes.span, heads: ours.heads, actors: 40, history: ours.history, into: &theirs)
        }
    }
}
