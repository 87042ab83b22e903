import Base
import CSodium

/// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012) of two numbers.
public struct ShortHash: KeyedHash {
    private let key: FixedBytes<16>

    /// A hash under this key.
    public init(key: FixedBytes<16>) { self.key = key }

    public func hash(_ a: UInt64, _ b: UInt64) -> UInt64 {
        let input: InlineArray<2, UInt64> = [a.littleEndian, b.littleEndian]
        var output: InlineArray<1, UInt64> = [0]
        var span = output.mutableSpan
        span.withUnsafeMutableBytes { output in
            input.span.withUnsafeBytes { input in
                key.span.withUnsafeBufferPointer { key in
                    _ = crypto_shorthash(
                        output.baseAddress!, input.baseAddress!, 16, key.baseAddress!)
                }
            }
        }
        return UInt64(littleEndian: output[0])
    }
}
