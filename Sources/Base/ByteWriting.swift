/// Values written as bytes, the counterpart of `ByteReader`.
///
/// Each traps when there is no room: whoever writes has checked, or sized the buffer for the most.
extension OutputSpan where Element == UInt8 {
    /// The lowest `size` bytes (1…8) of a number, lowest first.
    @_lifetime(self: copy self)
    public mutating func append(littleEndian value: UInt64, size: Int) {
        for index in 0..<size { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    /// An unsigned LEB128 number: one byte for each 7 bits, at least one.
    @_lifetime(self: copy self)
    public mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// All bytes of a span.
    @_lifetime(self: copy self)
    public mutating func append(contentsOf bytes: Span<UInt8>) {
        for index in bytes.indices { append(bytes[index]) }
    }
}

/// How many bytes `OutputSpan.append(varint:)` writes: 1…10.
public func varintSize(_ value: UInt64) -> Int {
    value == 0 ? 1 : (64 - value.leadingZeroBitCount + 6) / 7
}

extension Span where Element == UInt8 {
    /// Whether both hold the same bytes. Not for secrets: the time taken tells where they differ.
    public func elementsEqual(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }

    /// Whether these bytes come before the others, compared as unsigned numbers from the first on;
    /// a prefix comes first.
    public func lexicographicallyPrecedes(_ other: Span<UInt8>) -> Bool {
        for index in 0..<Swift.min(count, other.count) where self[index] != other[index] {
            return self[index] < other[index]
        }
        return count < other.count
    }
}
