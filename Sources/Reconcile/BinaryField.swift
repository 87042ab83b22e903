import Base

/// The finite field of 2^m elements, 3 ≤ m ≤ 9, by tables of powers and logarithms.
///
/// Elements are polynomials over GF(2), the bits their coefficients. Addition is exclusive or.
struct BinaryField: ~Copyable {
    /// Primitive polynomials for m = 3…9, each with the fewest terms (Peterson, Weldon:
    /// "Error-Correcting Codes", 1972, appendix C).
    private static func polynomial(_ bits: Int) -> Int {
        switch bits {
        case 3: 0x0B
        case 4: 0x13
        case 5: 0x25
        case 6: 0x43
        case 7: 0x89
        case 8: 0x11D
        default: 0x211
        }
    }

    /// m: how many bits an element has.
    let bits: Int
    /// How many elements are not zero.
    let order: Int

    /// Powers of the generator x, twice over, so that sums of two logarithms need no reduction.
    private var powers: Slab<UInt16>
    private var logarithms: Slab<UInt16>

    /// The field of elements of `bits` bits, `3...9`.
    init(bits: Int) {
        precondition((3...9).contains(bits), "no polynomial for this field")
        self.bits = bits
        order = 1 << bits - 1
        powers = Slab(repeating: 0, count: 2 * order)
        logarithms = Slab(repeating: 0, count: 1 << bits)
        var element = 1
        for exponent in 0..<order {
            powers[exponent] = UInt16(element)
            powers[exponent + order] = UInt16(element)
            logarithms[element] = UInt16(exponent)
            element <<= 1
            if element > order { element ^= Self.polynomial(bits) }
        }
    }

    @inline(__always)
    func multiply(_ a: UInt16, _ b: UInt16) -> UInt16 {
        a == 0 || b == 0 ? 0 : powers[Int(logarithms[Int(a)]) + Int(logarithms[Int(b)])]
    }

    /// - Precondition: `a` is not zero.
    func inverse(_ a: UInt16) -> UInt16 {
        precondition(a != 0, "zero has no inverse")
        return powers[order - Int(logarithms[Int(a)])]
    }

    /// Which power of the generator an element is.
    ///
    /// - Precondition: It is not zero.
    func logarithm(_ a: UInt16) -> Int {
        precondition(a != 0, "zero has no logarithm")
        return Int(logarithms[Int(a)])
    }

    /// An element times a power of the generator: for many products with one factor.
    @inline(__always)
    func multiply(_ a: UInt8, byPower logarithm: Int) -> UInt8 {
        a == 0
            ? 0 : UInt8(truncatingIfNeeded: powers[logarithm + Int(logarithms[Int(a)])])
    }
}
