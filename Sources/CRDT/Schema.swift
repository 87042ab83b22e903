import Base

/// Keys that all nodes know, so that they cost one byte on the air. Specified in `radio/wire.md`
/// §4.
///
/// Codes below 64 are these. From 64 on they are each author's own, as it has bound them in the
/// collection `dictionary`: 64…127 travel in one byte, up to 16,383 in two.
public enum Schema {
    /// The first code that authors bind themselves.
    public static let firstBound: UInt16 = 64
    /// The last.
    public static let lastBound: UInt16 = 16_383

    /// Their order is their code: new ones are only ever added at the end.
    private static let shared: StaticString = """
        name position altitude status alarm config note battery.mV battery.percent solar.mV \
        solar.mA load.mA temperature humidity pressure wind rain light soil water uptime \
        version storage.free time channel power peers role owner contact
        """

    /// The code of a key that all nodes know.
    public static func code(of name: KeyName) -> UInt16? {
        if name.collection == .state, name.key.isEmpty { return 0 }
        guard name.collection == .shared, !name.key.isEmpty else { return nil }
        var code: UInt16 = 1
        var words = Words()
        while let word = words.next() {
            if name.key.span.elementsEqual(word.span) { return code }
            code += 1
        }
        return nil
    }

    /// The key that all nodes mean by a code.
    public static func name(of code: UInt16) -> KeyName? {
        if code == 0 { return KeyName(.state, Key()) }
        var words = Words()
        var left = code
        while let word = words.next() {
            left -= 1
            if left == 0 { return KeyName(.shared, word) }
        }
        return nil
    }

    /// The words of the list, one after the other.
    private struct Words {
        private var offset = 0

        mutating func next() -> Key? {
            let text = Schema.shared
            guard offset < text.utf8CodeUnitCount else { return nil }
            var word = Key()
            while offset < text.utf8CodeUnitCount {
                let byte = text.utf8Start[offset]
                offset += 1
                if byte == UInt8(ascii: " ") { break }
                word.append(byte)
            }
            return word
        }
    }
}
