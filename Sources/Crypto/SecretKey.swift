import Base
import CSodium

/// What a derived key is for: no two purposes share a key.
public enum KeyPurpose: UInt8, Sendable {
    /// Frames of one sender: context is its node number and incarnation.
    case frames = 1
    /// The hash that names a state in beacons.
    case headHash = 2
    /// The joiner's sealed answer while it is being paired.
    case pairingOffer = 3
    /// The sponsor's sealed welcome.
    case pairingWelcome = 4
    /// The joiner's last word.
    case pairingReceipt = 5
}

/// A symmetric key of 256 bits.
public struct SecretKey: Sendable {
    /// The key itself. It leaves the process only to the node's own flash, or sealed.
    public let bytes: FixedBytes<32>

    /// A key of these bytes.
    public init(_ bytes: FixedBytes<32>) { self.bytes = bytes }

    /// The key for one purpose and context: BLAKE2b (RFC 7693), keyed with this key, of the
    /// purpose's number and the context.
    public func derive(_ purpose: KeyPurpose, context: UInt64 = 0) -> SecretKey {
        var input = InlineArray<16, UInt8>(repeating: 0)
        input[0] = purpose.rawValue
        for index in 0..<8 {
            input[8 + index] = UInt8(truncatingIfNeeded: context >> UInt64(8 * index))
        }
        var derived = FixedBytes<32>()
        var span = derived.mutableSpan
        span.withUnsafeMutableBufferPointer { output in
            input.span.withUnsafeBufferPointer { input in
                bytes.span.withUnsafeBufferPointer { key in
                    _ = crypto_generichash(
                        output.baseAddress!, 32, input.baseAddress!, 16, key.baseAddress!, 32)
                }
            }
        }
        return SecretKey(derived)
    }

    /// The first half, as the key of a `ShortHash`.
    public var shortHash: ShortHash {
        var key = FixedBytes<16>()
        for index in 0..<16 { key[index] = bytes[index] }
        return ShortHash(key: key)
    }
}
