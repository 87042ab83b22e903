import Base

/// Tells bytes that were written from bytes that a card has changed.
///
/// Eight bytes at a time, multiplied and folded (the step of wyhash, Wang Yi, 2019): a restart
/// compares all there is, so it has to be fast. Not a secret: whoever can write to the card can
/// forge it.
struct Checksum {
    private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// Of one span, and of its place or number.
    static func of(_ bytes: Span<UInt8>, at place: UInt64) -> UInt32 {
        var checksum = Checksum()
        checksum.fold(place)
        checksum.add(bytes)
        return checksum.short
    }

    /// Of a record: key and value, told apart.
    static func of(key: Span<UInt8>, value: Span<UInt8>) -> UInt32 {
        var checksum = Checksum()
        checksum.add(key)
        checksum.add(value)
        return checksum.short
    }

    private var short: UInt32 { UInt32(truncatingIfNeeded: state ^ state >> 32) }

    @inline(__always)
    private mutating func add(_ bytes: Span<UInt8>) {
        fold(UInt64(bytes.count))
        // A copy stays in a register.
        var sum = self
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                sum.fold(UInt64(littleEndian: word))
                offset += 8
            }
            var rest: UInt64 = 0
            if offset > 0 {
                // The bytes that are left are the last of the last eight, highest first.
                let last = bytes.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
                rest = UInt64(bigEndian: last) & (1 << UInt64(8 * (bytes.count - offset)) - 1)
            } else {
                for byte in bytes { rest = rest << 8 | UInt64(byte) }
            }
            sum.fold(rest)
        }
        self = sum
    }

    @inline(__always)
    private mutating func fold(_ word: UInt64) {
        let product = (state ^ word).multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        state = product.high ^ product.low ^ word &* 0xE703_7ED1_A0B4_28DB
    }
}

/// A number of two bytes in the midst of others, lowest first; what a walk reads most.
@inline(__always)
func littleEndian16(_ bytes: Span<UInt8>, at offset: Int) -> Int {
    Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
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

    mutating func put(_ bytes: Span<UInt8>, at offset: Int) { copy(bytes, to: offset) }
}
