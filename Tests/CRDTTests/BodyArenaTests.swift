import Base
import Testing

@testable import CRDT

@Suite("Bodies of what holds")
struct BodyArenaTests {
    // Method: a replica of 40 keys, in which operations of all sizes supersede each other for so long
    // that bodies are squeezed together many times; after each, all that holds is what was written.
    @Test("outlive that others' room is used anew")
    func squeezed() throws {
        var dice = Dice(seed: 7)
        var replica = Replica(capacity: 40)
        var expected: [String: Operation] = [:]
        for sequence in UInt32(1)...4_000 {
            let key = try #require(Key("key \(dice.roll(0..<40))"))
            let size = dice.roll(0..<64)
            let value = try #require(Value([UInt8](repeating: UInt8(size), count: size)))
            let operation = try #require(
                Operation(
                    Dot(Actor(raw: 1), sequence), .write, .literal(KeyName(.shared, key)),
                    Stamp(raw: sequence), value: value))
            _ = replica.merge(operation)
            replica.flushed()
            expected[key.text] = operation
            guard sequence % 50 == 0 else { continue }
            var found = 0
            for index in 0..<replica.live.capacity {
                guard let operation = replica.live[index] else { continue }
                guard case .literal(let name) = operation.key else { continue }
                #expect(expected[name.key.text] == operation)
                found += 1
            }
            #expect(found == expected.count)
        }
    }
}
