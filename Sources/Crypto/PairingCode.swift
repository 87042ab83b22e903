import Base

/// Why a typed code is not one.
public enum PairingCodeError: Error, Equatable {
    case wrongLength(Int)
    case strangeCharacter(Unicode.Scalar)
    case checkFailed

    /// What is wrong, and what to do about it.
    public var sentence: String {
        switch self {
        case .wrongLength(let count):
            "a pairing code has 12 characters, this has \(count); "
                + "'lichen code' on the new node prints it"
        case .strangeCharacter(let character):
            "a pairing code has no '\(character)'; it is made of digits and the letters A to Z "
                + "without I, L, O and U"
        case .checkFailed:
            "this code's last character does not fit the others: one of them is mistyped"
        }
    }
}

/// The code by which a new node may be admitted: printed when its image is made, typed on a member.
///
/// Twelve characters of Crockford's base 32, grouped as `XXXX-XXXX-XXXX`: four (20 bits) that say
/// which node is meant and travel in the clear, seven (35 bits) that are the secret, and a check.
public struct PairingCode: Equatable, Sendable {
    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    /// The characters as numbers `0..<32`, check included.
    private var digits: InlineArray<12, UInt8>

    /// A fresh code.
    public init(entropy: inout Entropy) {
        let random: FixedBytes<11> = entropy.bytes()
        digits = InlineArray(repeating: 0)
        for index in 0..<11 { digits[index] = random[index] & 31 }
        digits[11] = check
    }

    /// The code of bytes read from flash, or `nil` where they are none.
    public init?(bytes: Span<UInt8>) {
        guard bytes.count == 12 else { return nil }
        digits = InlineArray(repeating: 0)
        for index in 0..<12 {
            guard bytes[index] < 32 else { return nil }
            digits[index] = bytes[index]
        }
        guard digits[11] == check else { return nil }
    }

    /// The code somebody typed: upper or lower case, hyphens and spaces anywhere, O for 0, I and L
    /// for 1.
    public init(typed text: String) throws(PairingCodeError) {
        digits = InlineArray(repeating: 0)
        var count = 0
        for character in text.unicodeScalars {
            if character.value == 0x2D || character.value == 0x20 { continue }
            guard let digit = Self.digit(character) else { throw .strangeCharacter(character) }
            if count < 12 { digits[count] = digit }
            count += 1
        }
        guard count == 12 else { throw .wrongLength(count) }
        guard digits[11] == check else { throw .checkFailed }
    }

    /// Which node is meant: 20 bits.
    public var hint: UInt32 {
        var hint: UInt32 = 0
        for index in 0..<4 { hint = hint << 5 | UInt32(digits[index]) }
        return hint
    }

    /// The password of the key exchange: all characters, as numbers.
    public var password: FixedBytes<12> {
        var bytes = FixedBytes<12>()
        for index in 0..<12 { bytes[index] = digits[index] }
        return bytes
    }

    /// The code as people read it: `XXXX-XXXX-XXXX`.
    public var text: String {
        var bytes: [UInt8] = []
        for index in 0..<12 {
            if index == 4 || index == 8 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(Self.alphabet.utf8Start[Int(digits[index])])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The other characters weighted by powers of x in GF(2⁵) with x⁵ + x² + 1, so that one wrong
    /// character, and two exchanged neighbours, always show.
    private var check: UInt8 {
        var sum: UInt8 = 0
        for index in 0..<11 {
            sum = sum & 0x10 == 0 ? sum << 1 : (sum << 1) ^ 0b10_0101
            sum ^= digits[index]
        }
        // Times x once more: else the last two characters could change places unnoticed.
        return sum & 0x10 == 0 ? sum << 1 : (sum << 1) ^ 0b10_0101
    }

    private static func digit(_ character: Unicode.Scalar) -> UInt8? {
        guard character.isASCII else { return nil }
        let ascii = UInt8(character.value)
        var byte = ascii >= UInt8(ascii: "a") && ascii <= UInt8(ascii: "z") ? ascii - 32 : ascii
        if byte == UInt8(ascii: "O") { byte = UInt8(ascii: "0") }
        if byte == UInt8(ascii: "I") || byte == UInt8(ascii: "L") { byte = UInt8(ascii: "1") }
        for index in 0..<32 where alphabet.utf8Start[index] == byte { return UInt8(index) }
        return nil
    }

    public static func == (a: PairingCode, b: PairingCode) -> Bool { a.password == b.password }
}
