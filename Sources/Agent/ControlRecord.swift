/// One line of the control socket's protocol, in either direction: a word and named fields.
///
///     status⇥name=hut-3⇥members:5⏎
///
/// `=` is text, `:` a number, true or false. In text, tab, newline and backslash stand as `\t`,
/// `\n` and `\\`. A request is one line; its answer is lines of data, and at the end `ok`, or
/// `error` with a sentence.
public struct ControlRecord: Equatable {
    /// A field's value.
    public enum Field: Equatable {
        case text([UInt8])
        /// As JSON writes it: digits, `true`, `false`, `null` or an array of numbers.
        case literal([UInt8])
    }

    /// The longest line, newline included; a longer one ends the connection.
    public static let mostBytes = 1024

    /// What the line is.
    public var word: String
    /// Its fields, in order.
    public internal(set) var fields: [(name: String, value: Field)] = []

    /// A line without fields.
    public init(_ word: String) { self.word = word }

    /// Adds a text.
    public mutating func add(_ name: String, _ text: String) {
        fields.append((name, .text(Array(text.utf8))))
    }

    /// Adds bytes as text.
    public mutating func add(_ name: String, bytes: [UInt8]) {
        fields.append((name, .text(bytes)))
    }

    /// Adds a number.
    public mutating func add(_ name: String, _ number: Int) {
        fields.append((name, .literal(Array(String(number).utf8))))
    }

    /// Adds a truth.
    public mutating func add(_ name: String, _ truth: Bool) {
        fields.append((name, .literal(Array((truth ? "true" : "false").utf8))))
    }

    /// Adds numbers.
    public mutating func add(_ name: String, _ numbers: [Int]) {
        var text = "["
        for (index, number) in numbers.enumerated() {
            text += index == 0 ? "\(number)" : ", \(number)"
        }
        fields.append((name, .literal(Array((text + "]").utf8))))
    }

    /// A field as numbers; empty where it is none.
    public func numbers(_ name: String) -> [Int] {
        let inner = (bytes(name) ?? []).filter {
            $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: " ")
        }
        return inner.split(separator: UInt8(ascii: ",")).compactMap {
            Int(String(decoding: $0, as: UTF8.self))
        }
    }

    /// Whether it has a field.
    public func has(_ name: String) -> Bool { bytes(name) != nil }

    /// Whether a field is `true`.
    public func isTrue(_ name: String) -> Bool { bytes(name)?.elementsEqual("true".utf8) ?? false }

    /// The bytes of a field; `nil` where there is none of that name.
    public func bytes(_ name: String) -> [UInt8]? {
        for field in fields where field.name.utf8.elementsEqual(name.utf8) {
            switch field.value {
            case .text(let bytes), .literal(let bytes): return bytes
            }
        }
        return nil
    }

    /// A field as text; empty where there is none.
    public func text(_ name: String) -> String {
        String(decoding: bytes(name) ?? [], as: UTF8.self)
    }

    /// A field as a number; `nil` where it is none.
    public func number(_ name: String) -> Int? {
        bytes(name).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
    }

    /// Whether the line is this one.
    public func isWord(_ word: String) -> Bool { self.word.utf8.elementsEqual(word.utf8) }

    public static func == (a: ControlRecord, b: ControlRecord) -> Bool { a.line == b.line }

    // MARK: Lines

    /// The line, newline included.
    public var line: [UInt8] {
        var line = Array(word.utf8)
        for field in fields {
            line.append(9)
            line += Array(field.name.utf8)
            switch field.value {
            case .text(let bytes):
                line.append(UInt8(ascii: "="))
                for byte in bytes { Self.escape(byte, into: &line) }
            case .literal(let bytes):
                line.append(UInt8(ascii: ":"))
                line += bytes
            }
        }
        line.append(10)
        return line
    }

    /// Reads a line, without its newline. Total: whatever it is, it gives a record; a field
    /// without a name is one named `""`.
    public init(line: [UInt8]) {
        var parts = line.split(separator: 9, omittingEmptySubsequences: false)
        word = parts.isEmpty ? "" : String(decoding: parts.removeFirst(), as: UTF8.self)
        for part in parts {
            let mark =
                part.firstIndex { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: ":") }
            guard let mark else {
                fields.append(("", .text(Self.unescape(Array(part)))))
                continue
            }
            let name = String(decoding: part[part.startIndex..<mark], as: UTF8.self)
            let value = Self.unescape(Array(part[(mark + 1)...]))
            fields.append(
                (name, part[mark] == UInt8(ascii: "=") ? .text(value) : .literal(value)))
        }
    }

    private static func escape(_ byte: UInt8, into line: inout [UInt8]) {
        switch byte {
        case 9: line += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
        case 10: line += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case UInt8(ascii: "\\"): line += [byte, byte]
        default: line.append(byte)
        }
    }

    private static func unescape(_ bytes: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        var isEscaped = false
        for byte in bytes {
            if isEscaped {
                plain.append(
                    byte == UInt8(ascii: "t") ? 9 : byte == UInt8(ascii: "n") ? 10 : byte)
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                plain.append(byte)
            }
        }
        return plain
    }
}
