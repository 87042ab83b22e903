import Base

/// Writes numbers of any width into bytes, lowest bit first.
struct BitWriter {
    private var buffer: UInt64 = 0
    private var held = 0
    /// How many bytes have been written, the unfinished one apart.
    private(set) var size = 0
    private let limit: Int

    /// Whether something did not fit: the bytes are then of no use.
    private(set) var overflowed = false

    /// - Parameter limit: The most bytes to write; what exceeds them is dropped.
    init(limit: Int) { self.limit = limit }

    /// Appends the lowest `bits` bits, `0...32`.
    mutating func append(_ value: UInt32, bits: Int, to out: inout OutputSpan<UInt8>) {
        buffer |= (UInt64(value) & (1 << UInt64(bits) - 1)) << UInt64(held)
        held += bits
        while held >= 8 { flush(to: &out) }
    }

    /// Appends a Rice code: the quotient by 2^parameter in unary, ones and a zero, then the rest.
    /// Quotients from 15 on are written as 15 ones and 32 bits of value.
    mutating func append(rice value: UInt32, _ parameter: Int, to out: inout OutputSpan<UInt8>) {
        let quotient = value >> UInt32(parameter)
        guard quotient < 15 else {
            append(0x7FFF, bits: 15, to: &out)
            append(value, bits: 32, to: &out)
            return
        }
        append(1 << quotient - 1, bits: Int(quotient) + 1, to: &out)
        append(value, bits: parameter, to: &out)
    }

    /// Fills the last byte with zeros.
    mutating func finish(to out: inout OutputSpan<UInt8>) {
        if held > 0 {
            held = 8
            flush(to: &out)
        }
    }

    private mutating func flush(to out: inout OutputSpan<UInt8>) {
        if size < limit {
            out.append(UInt8(truncatingIfNeeded: buffer))
            size += 1
        } else {
            overflowed = true
        }
        buffer >>= 8
        held -= 8
    }
}

/// How many bits `BitWriter.append(rice:)` writes.
func riceSize(_ value: UInt32, _ parameter: Int) -> Int {
    let quotient = Int(value >> UInt32(parameter))
    return quotient < 15 ? quotient + 1 + parameter : 47
}

/// Reads what `BitWriter` wrote; any bytes give numbers or an error.
struct BitReader: ~Escapable {
    private let bytes: Span<UInt8>
    private var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    /// How many bits are left.
    var remaining: Int { bytes.count * 8 - position }

    /// The next `bits` bits, `0...32`.
    mutating func take(_ bits: Int) throws(Truncated) -> UInt32 {
        guard remaining >= bits else { throw Truncated() }
        var value: UInt32 = 0
        for index in 0..<bits {
            let bit = bytes[position >> 3] >> UInt8(position & 7) & 1
            value |= UInt32(bit) << UInt32(index)
            position += 1
        }
        return value
    }

    /// The next Rice code.
    mutating func takeRice(_ parameter: Int) throws(Truncated) -> UInt32 {
        var quotient: UInt32 = 0
        while try take(1) == 1 {
            quotient += 1
            if quotient == 15 { return try take(32) }
        }
        return quotient << UInt32(parameter) | (try take(parameter))
    }
}
