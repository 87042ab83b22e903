import Base
import CRDT
import TestSupport
import Testing

@testable import Reconcile

@Suite(.aside) struct SlotSketchTests {
    private let roots = HeadsRoot(hash: PlainHash())

    @Test("the wide field is one", arguments: Seed.slice(5))
    func field(seed: Seed) {
        var dice = Dice(seed)
        let field = WideField()
        for _ in 0..<500 {
            let a = UInt16(dice.roll(1..<65_536))
            let b = UInt16(dice.roll(1..<65_536))
            let c = UInt16(dice.roll(1..<65_536))
            #expect(field.multiply(a, field.inverse(a)) == 1)
            #expect(
                field.multiply(field.multiply(a, b), c) == field.multiply(a, field.multiply(b, c)))
            #expect(field.multiply(a, b ^ c) == field.multiply(a, b) ^ field.multiply(a, c))
        }
    }

    // Method: two states of the same cells, some of which another operation holds in one of them.
    @Test("four bytes a change tell which cells differ", arguments: Seed.slice(6))
    func changes(seed: Seed) throws {
        var dice = Dice(seed)
        let changed = dice.roll(0..<9)
        var cells: Set<UInt32> = []
        var ours = SlotSketch()
        var theirs = SlotSketch()
        ours.start(capacity: 8)
        theirs.start(capacity: 8)
        for index in 0..<300 {
            let cell = UInt32(truncatingIfNeeded: dice.next())
            let dot = Dot(Actor(raw: UInt8(dice.roll(1..<50))), UInt32(index + 1))
            ours.toggle(dot, cell: cell, roots: roots)
            if index < changed {
                cells.insert(cell)
                theirs.toggle(Dot(dot.actor, dot.sequence + 1_000), cell: cell, roots: roots)
            } else {
                theirs.toggle(dot, cell: cell, roots: roots)
            }
        }
        var frame = ShortBytes<255>()
        frame.fill { out in theirs.write(to: &out) }
        #expect(frame.count == 32)
        try ours.add(frame.span)
        let isFound = ours.decode()
        let count = ours.count
        let isEachNamed = cells.filter { !ours.differs($0) }.isEmpty
        #expect(isFound && isEachNamed, "replay: make test SEED=\(seed)")
        #expect(count == Set(cells.map(SlotSketch.slot)).count)
    }

    @Test("more changes than it can hold are not taken for fewer", arguments: Seed.slice(3))
    func overfull(seed: Seed) {
        var dice = Dice(seed)
        var taken = 0
        for _ in 0..<4 {
            var sketch = SlotSketch()
            sketch.start(capacity: 8)
            for index in 0..<20 {
                sketch.toggle(
                    Dot(Actor(raw: 1), UInt32(index + 1)),
                    cell: UInt32(truncatingIfNeeded: dice.next()), roots: roots)
            }
            if sketch.decode() { taken += 1 }
        }
        #expect(taken == 0, "odds are 1 in 8! each; replay: make test SEED=\(seed)")
    }

    @Test("any bytes are a sketch or a named error", arguments: Seed.slice(3))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        for size in [0, 3, 4, 31, 177, 183] {
            let bytes = (0..<size).map { _ in UInt8(dice.roll(0..<256)) }
            var sketch = SlotSketch()
            sketch.start(capacity: SlotSketch.mostChanges)
            try? sketch.add(bytes.span)
            if size <= 31 { _ = sketch.decode() }
        }
    }
}
