import Base

/// What the author of an operation had seen of its cell and replaces: of each actor named, all
/// operations on the cell up to a sequence.
///
///       0        1       2 …
///     ┌────────┬───────┬──────────┬───
///     │ count  │ actor │ sequence │ …
///     │        │       │ varint   │
///     └────────┴───────┴──────────┴───
///
/// Actors ascend. The author is never named: it had seen all that is its own. Nor are operations
/// that were superseded by one which every member has (see `Replica.context`). What is left is
/// mostly nothing, or one actor.
public struct Context: Sendable {
    /// The most actors one operation can name: more have not written one cell since all had last
    /// seen all.
    public static let capacity = 16

    private var actors = InlineArray<16, UInt8>(repeating: 0)
    private var sequences = InlineArray<16, UInt32>(repeating: 0)

    /// How many actors are named.
    public private(set) var count = 0

    /// Nothing was seen.
    public init() {}

    /// Names an operation, unless a later one of its actor is named.
    ///
    /// - Returns: Whether there was room.
    public mutating func add(_ dot: Dot) -> Bool {
        var place = 0
        while place < count, actors[place] < dot.actor.raw { place += 1 }
        if place < count, actors[place] == dot.actor.raw {
            sequences[place] = max(sequences[place], dot.sequence)
            return true
        }
        guard count < Self.capacity else { return false }
        var index = count
        while index > place {
            actors[index] = actors[index - 1]
            sequences[index] = sequences[index - 1]
            index -= 1
        }
        actors[place] = dot.actor.raw
        sequences[place] = dot.sequence
        count += 1
        return true
    }

    /// The latest operation named of each actor, in ascending order: `0..<count`.
    public subscript(index: Int) -> Dot {
        precondition(index < count, "no such entry")
        return Dot(Actor(raw: actors[index]), sequences[index])
    }

    /// Up to which sequence the actor's operations were seen; 0 where it is not named.
    public func sequence(of actor: Actor) -> UInt32 {
        for index in 0..<count where actors[index] == actor.raw { return sequences[index] }
        return 0
    }

    /// How many bytes it takes: none where nothing was seen.
    public var size: Int {
        guard count > 0 else { return 0 }
        var size = 1 + count
        for index in 0..<count { size += varintSize(UInt64(sequences[index])) }
        return size
    }

    func write(to out: inout OutputSpan<UInt8>) {
        guard count > 0 else { return }
        out.append(UInt8(count))
        for index in 0..<count {
            out.append(actors[index])
            out.append(varint: UInt64(sequences[index]))
        }
    }

    init(reading reader: inout ByteReader) throws(OperationError) {
        do throws(Truncated) {
            let count = Int(try reader.byte())
            guard count >= 1, count <= Self.capacity else { throw Truncated() }
            var last: UInt8 = 0
            for index in 0..<count {
                let actor = try reader.byte()
                let sequence = try reader.varint()
                guard actor > last, sequence > 0, sequence <= UInt64(UInt32.max) else {
                    throw Truncated()
                }
                actors[index] = actor
                sequences[index] = UInt32(sequence)
                last = actor
            }
            self.count = count
        } catch {
            throw .badContext
        }
    }
}
