import Base
import CRDT

/// Which cells differ, where heads cannot tell: after a restore, or on doubt. Specified in
/// `radio/wire.md` §9.
///
/// Each cell falls into one of 65,535 slots; a slot holds the exclusive or of 16 bits of hash of
/// each of its operations that hold. The sketch is the parity of a Reed-Solomon code over the
/// slots: the power sums 1…2t of the slots' values over GF(2¹⁶), four bytes for each slot that may
/// differ. Two sketches differ by the sketch of the differences, of which only the places are
/// sought: what is in them is said by name.
///
///       0  1   2  3
///     ┌──────┬──────┬───
///     │ S1   │ S2   │ …    little-endian
///     └──────┴──────┴───
///
/// A wrong decoding costs some operations said in vain, and the states' roots still differ.
public struct SlotSketch: ~Copyable {
    /// The most slots that can differ.
    public static let mostChanges = 44

    private let field = WideField()
    private var sums: Slab<UInt16>
    private var current: Slab<UInt16>
    private var previous: Slab<UInt16>
    private var spare: Slab<UInt16>
    private var places: Slab<UInt16>

    /// How many slots were found to differ.
    public private(set) var count = 0
    /// How many slots may differ.
    public private(set) var capacity = 0

    /// A sketch of nothing.
    public init() {
        sums = Slab(repeating: 0, count: 2 * Self.mostChanges)
        current = Slab(repeating: 0, count: 2 * Self.mostChanges + 1)
        previous = Slab(repeating: 0, count: 2 * Self.mostChanges + 1)
        spare = Slab(repeating: 0, count: 2 * Self.mostChanges + 1)
        places = Slab(repeating: 0, count: Self.mostChanges)
    }

    /// Begins anew, with room for this many differences.
    public mutating func start(capacity: Int) {
        precondition((1...Self.mostChanges).contains(capacity), "more than a frame holds")
        self.capacity = capacity
        count = 0
        for index in sums.indices { sums[index] = 0 }
    }

    /// The slot of a cell of this hash: `1...65535`.
    public static func slot(_ cell: UInt32) -> UInt16 {
        UInt16((UInt64(cell) * 65_535) >> 32) + 1
    }

    /// Adds an operation that holds, or takes it away.
    ///
    /// - Parameters:
    ///   - cell: A hash of what it writes to, the same on all nodes.
    ///   - roots: Salts the slots' values.
    public mutating func toggle<Hash: KeyedHash>(
        _ dot: Dot, cell: UInt32, roots: HeadsRoot<Hash>
    ) {
        let slot = Self.slot(cell)
        var power = field.multiply(value(dot, cell: cell, roots: roots), slot)
        for unit in 0..<(2 * capacity) {
            sums[unit] ^= power
            power = field.multiply(power, slot)
        }
    }

    /// What an operation adds to its slot.
    func value<Hash: KeyedHash>(_ dot: Dot, cell: UInt32, roots: HeadsRoot<Hash>) -> UInt16 {
        UInt16(truncatingIfNeeded: roots.term(dot.actor, head: dot.sequence) ^ cell &* 0x9E37_79B1)
    }

    /// Appends it: four bytes a difference.
    public func write(to out: inout OutputSpan<UInt8>) {
        for unit in 0..<(2 * capacity) { out.append(littleEndian: UInt64(sums[unit]), size: 2) }
    }

    /// Adds another sketch, of which it takes as much as both have.
    public mutating func add(_ bytes: Span<UInt8>) throws(Truncated) {
        guard bytes.count >= 4 else { throw Truncated() }
        capacity = min(capacity, bytes.count / 4)
        var reader = ByteReader(bytes)
        for unit in 0..<(2 * capacity) {
            sums[unit] ^= UInt16(try reader.littleEndian(size: 2))
        }
    }

    /// Finds the slots that differ; read them with `place`.
    ///
    /// - Returns: Whether they are no more than the sketch can tell.
    public mutating func decode() -> Bool {
        count = 0
        let degree = synthesize()
        guard degree <= capacity else { return false }
        guard degree > 0 else { return true }
        // Chien's search: a slot differs where the reversed locator is zero.
        for slot in 1...WideField.order {
            var value = current[0]
            for index in 1...degree {
                value = field.multiply(value, UInt16(slot)) ^ current[index]
            }
            guard value == 0 else { continue }
            places[count] = UInt16(slot)
            count += 1
            if count == degree { return true }
        }
        count = 0
        return false
    }

    /// A slot that differs, `0..<count`.
    public func place(_ index: Int) -> UInt16 { places[index] }

    /// Whether a cell of this hash falls into a slot that differs.
    public func differs(_ cell: UInt32) -> Bool {
        let slot = Self.slot(cell)
        for index in 0..<count where places[index] == slot { return true }
        return false
    }

    /// Berlekamp-Massey: the shortest recurrence of the sums.
    private mutating func synthesize() -> Int {
        for index in current.indices {
            current[index] = index == 0 ? 1 : 0
            previous[index] = index == 0 ? 1 : 0
        }
        var length = 0
        var shift = 1
        var scale: UInt16 = 1
        for step in 0..<(2 * capacity) {
            var discrepancy = sums[step]
            for term in 0..<length {
                discrepancy ^= field.multiply(current[term + 1], sums[step - term - 1])
            }
            guard discrepancy != 0 else {
                shift += 1
                continue
            }
            let factor = field.multiply(discrepancy, field.inverse(scale))
            spare.copy(from: current)
            for term in shift..<max(current.count, shift) {
                current[term] ^= field.multiply(factor, previous[term - shift])
            }
            if 2 * length <= step {
                length = step + 1 - length
                previous.copy(from: spare)
                scale = discrepancy
                shift = 1
            } else {
                shift += 1
            }
        }
        return length
    }
}
