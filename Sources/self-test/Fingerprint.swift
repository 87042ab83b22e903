/// Stands for a long sequence in the output: FNV-1a, 64 bits.
///
/// It needs nothing of the code under test, and tells differences, not attacks.
struct Fingerprint {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }

    /// Its eight bytes, lowest first.
    mutating func add(_ value: UInt64) {
        for index in 0..<8 { add(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    mutating func add(_ bytes: Span<UInt8>) {
        for index in bytes.indices { add(bytes[index]) }
    }

    /// 16 hexadecimal digits.
    var text: String { hexadecimal(state) }
}

/// 16 digits, zeros in front included.
func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
