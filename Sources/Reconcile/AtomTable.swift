import Base

/// Small changes of heads, found by what each does to the root.
///
/// A hypothesis is an exclusive or of a few such changes; the table tells in one step which
/// single change, if any, completes it.
struct AtomTable: ~Copyable {
    /// One actor's head moves by some operations.
    struct Atom {
        var raw: UInt8
        var change: Int8
        /// What that does to the root.
        var effect: UInt32
    }

    private var atoms: Slab<Atom>
    private var slots: Slab<UInt16>
    private(set) var count = 0

    /// An empty table of up to `capacity` atoms, a power of two.
    init(capacity: Int) {
        precondition(capacity & (capacity - 1) == 0 && capacity < 1 << 15, "not a power of two")
        atoms = Slab(repeating: Atom(raw: 0, change: 0, effect: 0), count: capacity)
        slots = Slab(repeating: 0, count: 2 * capacity)
    }

    subscript(index: Int) -> Atom { atoms[index] }

    mutating func removeAll() {
        guard count > 0 else { return }
        count = 0
        for index in slots.indices { slots[index] = 0 }
    }

    /// Adds an atom; one more than fits, or one of an effect that is here, is dropped.
    mutating func insert(_ raw: Int, change: Int, effect: UInt32) {
        guard count < atoms.count else { return }
        var slot = place(effect)
        while slots[slot] != 0 {
            if atoms[Int(slots[slot]) - 1].effect == effect { return }
            slot = (slot + 1) & (slots.count - 1)
        }
        atoms[count] = Atom(raw: UInt8(raw), change: Int8(change), effect: effect)
        count += 1
        slots[slot] = UInt16(count)
    }

    /// The atom of exactly this effect.
    func index(of effect: UInt32) -> Int? {
        var slot = place(effect)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if atoms[index].effect == effect { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    /// Effects are hashes, so their bits need no more mixing.
    private func place(_ effect: UInt32) -> Int { Int(effect >> 7) & (slots.count - 1) }
}
