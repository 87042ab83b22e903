import Base
import TestSupport
import Testing

@Suite struct ByteTests {
    // Method: random values written and read in the same order.
    @Test("what is written is read, and varintSize is its size", arguments: Seed.slice(50))
    func roundTrip(seed: Seed) throws {
        var dice = Dice(seed)
        let numbers = (0..<20).map { _ in dice.next() >> UInt64(dice.roll(0..<64)) }
        var bytes = ShortBytes<255>()
        bytes.fill { out in for number in numbers { out.append(varint: number) } }
        #expect(bytes.count == numbers.map { varintSize($0) }.reduce(0, +))
        var reader = ByteReader(bytes.span)
        for number in numbers {
            let read = try reader.varint()
            #expect(read == number, "replay: make test SEED=\(seed)")
        }
        let left = reader.remaining
        #expect(left == 0)
    }

    @Test("reading past the end, and numbers of more than 64 bits, are errors")
    func hostile() {
        func read(_ bytes: [UInt8]) -> UInt64? {
            var reader = ByteReader(bytes.span)
            return try? reader.varint()
        }
        #expect(read([]) == nil)
        #expect(read([0x80]) == nil)
        #expect(read([UInt8](repeating: 0xFF, count: 9) + [1]) == .max)
        #expect(read([UInt8](repeating: 0xFF, count: 9) + [2]) == nil)
        #expect(read([UInt8](repeating: 0x80, count: 20)) == nil)
    }

    @Test("short bytes hold their capacity, and order as bytes do")
    func shortBytes() {
        #expect(ShortBytes<3>("abc")?.text == "abc")
        #expect(ShortBytes<3>("abcd") == nil)
        #expect(ShortBytes<3>("ab")! < ShortBytes<3>("abc")!)
        #expect(ShortBytes<3>([0x7F])! < ShortBytes<3>([0x80])!)
    }
}

@Suite struct DiceTests {
    @Test("each number of a range falls about as often as the others")
    func uniform() {
        var dice = Dice(seed: 1)
        var counts = [Int](repeating: 0, count: 10)
        for _ in 0..<10_000 { counts[dice.roll(5..<15) - 5] += 1 }
        #expect(counts.allSatisfy { (850...1_150).contains($0) }, "\(counts)")
    }
}

@Suite struct EffectsTests {
    @Test(
        "effects come out in order, however adding and taking are mixed", arguments: Seed.slice(20))
    func order(seed: Seed) {
        var dice = Dice(seed)
        var effects = Effects<Int>(capacity: 8)
        var next = 0
        var expected = 0
        for _ in 0..<500 {
            if effects.count < 8, dice.roll(0..<2) == 0 {
                effects.append(next)
                next += 1
            } else if let effect = effects.popFirst() {
                #expect(effect == expected, "replay: make test SEED=\(seed)")
                expected += 1
            }
        }
    }
}

@Suite struct FramePoolTests {
    @Test("as many slots as were made, each with its own bytes")
    func slots() {
        var pool = FramePool(capacity: 2)
        let a = pool.take(copying: ShortBytes<255>([1, 2])!)!
        let b = pool.take(copying: ShortBytes<255>([3])!)!
        let third = pool.take()
        #expect(third == nil)
        #expect(pool.copy(of: a) == ShortBytes<255>([1, 2]))
        #expect(pool.copy(of: b) == ShortBytes<255>([3]))
        pool.release(a)
        let again = pool.take()
        #expect(again == a)
        #expect(again.map { pool.size(of: $0) } == 0)
    }
}
