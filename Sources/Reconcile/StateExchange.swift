import Base
import CRDT

/// What a node compares with others of the same heads: not who wrote how much, but what holds.
/// Specified in `radio/wire.md` §10.
///
///           another state, the same heads           answer, all parts
///     idle ───────────────▶ asking ──▶ waiting ─────────────────────▶ idle
///                              ▲          │ too many: more parts;
///                              └──────────┘ the next part; patience over
///
/// The one who asks tells the sketch of its slots; whoever can decode it answers with what it holds
/// in those that differ, and names those in which it holds nothing. What it lacked itself is told
/// in return. This is for what heads cannot tell: a card that has lost records.
struct StateExchange: ~Copyable {
    enum Inquiry: Equatable {
        case idle
        case asking(at: Instant)
        case sending
        case waiting(until: Instant)
    }

    enum Reply: Equatable {
        case none
        case due(at: Instant)
        case sending
    }

    /// Changes that the first question of a suspicion has room for.
    static var fewChanges: Int { 8 }

    var sketch = SlotSketch()

    // As the one who asks.
    var inquiry = Inquiry.idle
    var part = SlotsPart.whole
    /// How many changes the sketch has room for.
    var capacity = fewChanges
    /// How often the part at hand was asked for in vain.
    var round = 0
    /// Not before then is a suspicion followed, and how many came to nothing.
    var quietUntil = Instant.start
    var attempts = 0

    // As the one who answers, or tells in return.
    var reply = Reply.none
    var header = ValuesHeader(state: 0, part: .whole)
    /// Slots that differ, and what they held where the answer came from.
    var places: Slab<UInt16>
    var values: Slab<UInt16>
    /// Whether something in them is held here, and is to be told.
    var isHeld: Slab<Bool>
    var count = 0
    /// After which dot the reply goes on.
    var cursor: Dot

    init() {
        places = Slab(repeating: 0, count: SlotSketch.mostChanges)
        values = Slab(repeating: 0, count: SlotSketch.mostChanges)
        isHeld = Slab(repeating: false, count: SlotSketch.mostChanges)
        cursor = Dot(Actor(raw: 0), 0)
    }

    /// Begins what is to be said of some slots, of which none is noted yet.
    mutating func begin(_ header: ValuesHeader) {
        self.header = header
        count = 0
        cursor = Dot(Actor(raw: 0), 0)
    }

    /// Whether another's answer makes the own one needless: it does unless that has begun, too. Of two
    /// that began at once, and did not hear each other's first frame, the lower number goes on.
    func yields(to sender: Actor, as own: Actor) -> Bool {
        reply != .none && (cursor.sequence == 0 || sender < own)
    }

    /// Where a slot is among those that differ.
    func place(of slot: UInt16) -> Int? {
        for index in 0..<count where places[index] == slot { return index }
        return nil
    }

    /// Notes a slot that differs.
    ///
    /// - Returns: Where it is; `nil` where there is no room.
    mutating func note(_ slot: UInt16) -> Int? {
        if let index = place(of: slot) { return index }
        guard count < places.count else { return nil }
        places[count] = slot
        values[count] = 0
        isHeld[count] = false
        count += 1
        return count - 1
    }
}
