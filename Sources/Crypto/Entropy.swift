import Base
import CSodium

/// Unpredictable bytes for keys, drawn from one seed: state machines stay deterministic (law 6).
///
/// ChaCha20 keyed by the seed; each draw uses a nonce of its own. The seed comes from
/// `Sodium.seed()` on a device and from the scenario in a simulation.
public struct Entropy {
    private let seed: FixedBytes<32>
    private var draws: UInt64 = 0

    /// A source that nobody without the seed can predict.
    public init(seed: FixedBytes<32>) { self.seed = seed }

    /// `size` fresh bytes.
    public mutating func bytes<let size: Int>() -> FixedBytes<size> {
        var bytes = FixedBytes<size>()
        withStream(of: size) { stream in
            for index in 0..<size { bytes[index] = stream[index] }
        }
        return bytes
    }

    /// A fresh number.
    public mutating func number() -> UInt64 {
        let bytes: FixedBytes<8> = self.bytes()
        var number: UInt64 = 0
        for index in 0..<8 { number |= UInt64(bytes[index]) << UInt64(8 * index) }
        return number
    }

    private mutating func withStream(of size: Int, _ use: (Span<UInt8>) -> Void) {
        precondition(size <= 64, "one draw is at most a block of ChaCha20")
        var block = InlineArray<64, UInt8>(repeating: 0)
        var nonce = InlineArray<8, UInt8>(repeating: 0)
        for index in 0..<8 { nonce[index] = UInt8(truncatingIfNeeded: draws >> UInt64(8 * index)) }
        draws += 1
        var output = block.mutableSpan
        output.withUnsafeMutableBufferPointer { block in
            nonce.span.withUnsafeBufferPointer { nonce in
                seed.span.withUnsafeBufferPointer { seed in
                    _ = crypto_stream_chacha20(
                        block.baseAddress!, UInt64(size), nonce.baseAddress!, seed.baseAddress!)
                }
            }
        }
        use(block.span)
    }
}
