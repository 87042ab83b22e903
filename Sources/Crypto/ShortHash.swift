import Base
import CSodium

/// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) of two numbers.
public struct ShortHash: KeyedHash {
    private let key: FixedBytes<16>

    /// A hash under this key.
    public init(key: FixedBytes<16>) { self.key = key }

    public func hash(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var input = InlineArray<16, UInt8>(repeating: 0)
        for index in 0..<8 {
            input[index] = UInt8(truncatingIfNeeded: a >> UInt64(8 * index))
            input[8 + index] = UInt8(truncatingIfNeeded: b >> UInt64(8 * index))
        }
        var output = InlineArray<8, UInt8>(repeating: 0)
        var span = output.mutableSpan
        span.withUnsafeMutableBufferPointer { output in
            input.span.withUnsafeBufferPointer { input in
                key.span.withUnsafeBufferPointer { key in
                    _ = crypto_shorthash(
                        output.baseAddress!, input.baseAddress!, 16, key.baseAddress!)
                }
            }
        }
        var value: UInt64 = 0
        for index in 0..<8 { value |= UInt64(output[index]) << UInt64(8 * index) }
        return value
    }
}
