import Base
import CRDT

/// Which heads differ, in nine bytes that serve every neighbour: specified in `radio/wire.md` §5.
///
/// Actor `a` owns positions 2a − 1 and 2a, which hold the two bits of the Gray code of its head
/// modulo 4: a lag of one toggles one position and shows its direction, a lag of two toggles both.
/// The sketch is PinSketch (Dodis, Ostrovsky, Reyzin, Smith: "Fuzzy Extractors", 2008, §6.3) of
/// the positions whose bit is set: the power sums of odd exponents 1, 3, 5 … over GF(2^m), in
/// which two sketches differ by the sketch of the difference.
///
///       0      …      m−1      m      …     2m−1           …
///     ┌──────────────────┬──────────────────────┬──────────────
///     │ S1, m bits       │ S3                   │ S5 …          lowest bit first, zeros at the end
///     └──────────────────┴──────────────────────┴──────────────
struct GraySketch: Equatable {
    /// Bytes that a sketch takes in a frame: it fills a step of LoRa's time on air at SF9.
    static let size = 9
    /// The most power sums that there can be.
    static let mostUnits = 24

    /// Bits of an element, the smallest that name two positions for each of `actors` actors.
    static func bits(actors: Int) -> Int {
        var bits = 5
        while (1 << bits) <= 2 * actors { bits += 1 }
        return bits
    }

    /// How many power sums nine bytes hold: 14 for up to 15 actors, 12, 10, 9, 8 for 255.
    static func units(bits: Int) -> Int { size * 8 / bits }

    private var sums = InlineArray<24, UInt16>(repeating: 0)

    subscript(unit: Int) -> UInt16 {
        get { sums[unit] }
        set { sums[unit] = newValue }
    }

    static func == (a: Self, b: Self) -> Bool {
        for unit in 0..<mostUnits where a.sums[unit] != b.sums[unit] { return false }
        return true
    }

    /// The Gray code of a head: 0, 1, 3, 2 for 0…3 modulo 4.
    static func code(_ head: UInt32) -> UInt8 {
        let low = UInt8(truncatingIfNeeded: head & 3)
        return low ^ (low >> 1)
    }

    /// Toggles one position.
    @inline(never)
    mutating func toggle(_ position: Int, units: Int, _ field: borrowing BinaryField) {
        var power = UInt16(position)
        let square = field.multiply(power, power)
        for unit in 0..<units {
            sums[unit] ^= power
            power = field.multiply(power, square)
        }
    }

    /// An actor's head moves.
    @inline(never)
    mutating func move(
        _ raw: Int, from old: UInt32, to new: UInt32, units: Int, _ field: borrowing BinaryField
    ) {
        let change = Self.code(old) ^ Self.code(new)
        if change & 1 != 0 { toggle(2 * raw - 1, units: units, field) }
        if change & 2 != 0 { toggle(2 * raw, units: units, field) }
    }

    /// Adds another sketch: the sketch of the difference.
    mutating func add(_ other: GraySketch) {
        for unit in 0..<Self.mostUnits { sums[unit] ^= other.sums[unit] }
    }

    /// Appends nine bytes.
    func write(bits: Int, to out: inout OutputSpan<UInt8>) {
        var writer = BitWriter(limit: Self.size)
        for unit in 0..<Self.units(bits: bits) {
            writer.append(UInt32(sums[unit]), bits: bits, to: &out)
        }
        writer.finish(to: &out)
        precondition(writer.size <= Self.size, "a sketch exceeds its field")
        for _ in writer.size..<Self.size { out.append(0) }
    }

    /// Reads nine bytes.
    init(reading reader: inout ByteReader, bits: Int) throws(Truncated) {
        var source = BitReader(try reader.take(Self.size))
        for unit in 0..<Self.units(bits: bits) { sums[unit] = UInt16(try source.take(bits)) }
    }

    /// The sketch of nothing.
    init() {}
}
