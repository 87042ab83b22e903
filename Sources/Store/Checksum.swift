import Base
import CSodium

/// Tells bytes that were written from bytes that a card has changed: SipHash-2-4 under a fixed key.
///
/// Not a secret: whoever can write to the card can forge it.
enum Checksum {
    /// Of one span.
    static func of(_ bytes: Span<UInt8>) -> UInt64 {
        let key = FixedBytes<16>(repeating: 0x4C)
        var output = FixedBytes<8>()
        var span = output.mutableSpan
        span.withUnsafeMutableBufferPointer { output in
            bytes.withUnsafeBufferPointer { bytes in
                key.span.withUnsafeBufferPointer { key in
                    _ = crypto_shorthash(
                        output.baseAddress!, bytes.baseAddress, UInt64(bytes.count),
                        key.baseAddress!)
                }
            }
        }
        return littleEndian(output.span, at: 0, size: 8)
    }

    /// Of a record: key and value, told apart.
    static func of(key: Span<UInt8>, value: Span<UInt8>) -> UInt32 {
        var record = ShortBytes<1_200>()
        record.append(UInt8(key.count))
        for index in key.indices { record.append(key[index]) }
        for index in value.indices { record.append(value[index]) }
        return UInt32(truncatingIfNeeded: of(record.span))
    }
}

/// A number in the midst of bytes, lowest byte first.
func littleEndian(_ bytes: Span<UInt8>, at offset: Int, size: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
    return value
}

extension Slab where Element == UInt8 {
    mutating func put(_ value: UInt64, at offset: Int, size: Int) {
        for index in 0..<size {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
        }
    }

    mutating func put(_ bytes: Span<UInt8>, at offset: Int) {
        for index in bytes.indices { self[offset + index] = bytes[index] }
    }
}
