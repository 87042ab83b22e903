/// Bytes ran out before the value did.
public struct Truncated: Error, Equatable {
    /// A truncation.
    @inlinable public init() {}
}

/// Reads values from bytes in order; any bytes give a value or an error (law 4).
public struct ByteReader: ~Escapable {
    @usableFromInline let bytes: Span<UInt8>
    @usableFromInline var offset = 0

    /// A reader at the start of `bytes`.
    @_lifetime(copy bytes)
    @inlinable
    public init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// How many bytes are left.
    @inlinable public var remaining: Int { bytes.count - offset }

    /// Whether all has been read.
    @inlinable public var isAtEnd: Bool { remaining == 0 }

    /// One byte.
    @inlinable
    public mutating func byte() throws(Truncated) -> UInt8 {
        guard remaining >= 1 else { throw Truncated() }
        offset += 1
        return bytes[offset - 1]
    }

    /// An unsigned number of `size` bytes (1…8), lowest first.
    public mutating func littleEndian(size: Int) throws(Truncated) -> UInt64 {
        guard remaining >= size else { throw Truncated() }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[offset + index]) << UInt64(8 * index) }
        offset += size
        return value
    }

    /// An unsigned LEB128 number (DWARF 4 §7.6) of at most ten bytes; what does not fit 64 bits is
    /// refused like a truncation.
    public mutating func varint() throws(Truncated) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try self.byte()
            guard shift < 63 || byte <= 1 else { throw Truncated() }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }

    /// The next `count` bytes, in place.
    @_lifetime(copy self)
    @inlinable
    public mutating func take(_ count: Int) throws(Truncated) -> Span<UInt8> {
        guard count >= 0, remaining >= count else { throw Truncated() }
        offset += count
        return bytes.extracting((offset - count)..<offset)
    }

    /// Passes over the next `count` bytes.
    @inlinable
    @inline(__always)
    public mutating func skip(_ count: Int) throws(Truncated) {
        guard count >= 0, remaining >= count else { throw Truncated() }
        offset += count
    }

    /// All that is left, in place.
    @_lifetime(copy self)
    public mutating func rest() -> Span<UInt8> {
        let start = offset
        offset = bytes.count
        return bytes.extracting(start..<bytes.count)
    }
}

extension ByteReader {
    /// Takes the last byte read back.
    ///
    /// - Precondition: There is one.
    public mutating func back() {
        precondition(offset > 0, "nothing was read")
        offset -= 1
    }
}
