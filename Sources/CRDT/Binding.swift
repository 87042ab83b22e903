import Base

/// How an author's short code for a key is kept: a report in the collection `dictionary`, of the
/// code (two bytes, lowest first), whose value is the key as a literal.
///
/// A code is never bound anew, so that what was written under it keeps its meaning.
enum Binding {
    static func name(of code: UInt16) -> KeyName {
        var key = Key()
        key.append(UInt8(truncatingIfNeeded: code))
        key.append(UInt8(code >> 8))
        return KeyName(.dictionary, key)
    }

    /// The code that a binding of this name is for.
    static func code(_ name: KeyName) -> UInt16? {
        guard name.collection == .dictionary, name.key.count == 2 else { return nil }
        return UInt16(name.key[0]) | UInt16(name.key[1]) << 8
    }

    static func value(_ name: KeyName) -> Value {
        var value = Value()
        value.fill { KeyReference.literal(name).write(to: &$0) }
        return value
    }

    static func name(_ value: Value) -> KeyName? {
        var reader = ByteReader(value.span)
        guard case .literal(let name)? = try? KeyReference(reading: &reader, isLiteral: true),
            reader.isAtEnd
        else { return nil }
        return name
    }
}
