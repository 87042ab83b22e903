/// Logarithms in plain arithmetic: the same bits on every machine (law 6), and no C library.
enum Decibel {
    /// 10 · log₁₀(x) for a positive x.
    static func of(_ x: Double) -> Double {
        naturalLogarithm(x) * 4.342_944_819_032_518  // 10 / ln 10
    }

    /// ln x for a positive x.
    static func naturalLogarithm(_ x: Double) -> Double {
        precondition(x > 0, "no logarithm")
        // ln x = e · ln 2 + 2 · atanh((m − 1) / (m + 1)), with m in 1..<2.
        let t = (x.significand - 1) / (x.significand + 1)
        let square = t * t
        var term = t
        var sum = 0.0
        for odd in stride(from: 1.0, through: 31, by: 2) {
            sum += term / odd
            term *= square
        }
        return Double(x.exponent) * 0.693_147_180_559_945_3 + 2 * sum
    }

    /// The power of two levels together: both in dB or dBm.
    static func sum(_ a: Double, _ b: Double) -> Double {
        let (high, low) = a > b ? (a, b) : (b, a)
        guard high - low < 60 else { return high }
        return high + of(1 + ratio(low - high))
    }

    /// 10^(x / 10), to a millionth; 0 below −300 dB, and no more than at 300.
    static func power(_ x: Double) -> Double {
        guard x > -300 else { return 0 }
        var result = 1.0
        var rest = min(abs(x), 300)
        while rest > 60 {
            result *= 1e-6
            rest -= 60
        }
        result *= ratio(-rest)
        return x < 0 ? result : 1 / result
    }

    /// 10^(x / 10) for −60…0.
    private static func ratio(_ x: Double) -> Double {
        // e^y with y = x / 10 · ln 10, its argument halved often enough for a short series.
        let y = x * 0.230_258_509_299_404_56 / 64
        var result = 1 + y * (1 + y / 2 * (1 + y / 3 * (1 + y / 4 * (1 + y / 5))))
        for _ in 0..<6 { result *= result }
        return result
    }
}
