import Base

/// Numbers that are not whole.
extension Dice {
    /// Evenly in 0..<1, in steps of 2⁻⁵³.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// With the standard normal distribution, to within ±6: the sum of twelve even ones less six.
    mutating func normal() -> Double {
        var sum = -6.0
        for _ in 0..<12 { sum += unit() }
        return sum
    }

    /// Exponentially distributed with the mean 1.
    mutating func exponential() -> Double { -Decibel.naturalLogarithm(1 - unit()) }
}
