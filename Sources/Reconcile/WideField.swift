/// The finite field of 65,536 elements, without its great tables: pairs of elements of GF(256),
/// high · y + low, with y² = y + c (a tower, as in Paar: "Efficient VLSI Architectures for
/// Bit-Parallel Computation in Galois Fields", 1994).
struct WideField: ~Copyable {
    /// How many elements are not zero.
    static let order = 65_535

    private let base = BinaryField(bits: 8)
    /// The first element for which y² + y + c has no root in GF(256).
    private let constant: UInt16

    init() {
        var isReached = InlineArray<256, Bool>(repeating: false)
        for element in 0..<256 {
            let square = base.multiply(UInt16(element), UInt16(element))
            isReached[Int(square) ^ element] = true
        }
        var first = 0
        while isReached[first] { first += 1 }
        constant = UInt16(first)
    }

    func multiply(_ a: UInt16, _ b: UInt16) -> UInt16 {
        let (a1, a0, b1, b0) = (a >> 8, a & 0xFF, b >> 8, b & 0xFF)
        let high = base.multiply(a1, b1)
        let low = base.multiply(a0, b0)
        let all = base.multiply(a1 ^ a0, b1 ^ b0)
        return (all ^ low) << 8 | (low ^ base.multiply(constant, high))
    }

    /// - Precondition: `a` is not zero.
    func inverse(_ a: UInt16) -> UInt16 {
        let (high, low) = (a >> 8, a & 0xFF)
        let norm =
            base.multiply(low, low ^ high) ^ base.multiply(constant, base.multiply(high, high))
        let scale = base.inverse(norm)
        return base.multiply(high, scale) << 8 | base.multiply(low ^ high, scale)
    }
}
