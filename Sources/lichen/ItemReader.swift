import Agent

/// Reads an array of flat JSON objects (RFC 8259), as `lichen store export` prints them: members
/// are strings and whole numbers. Total: any bytes give items, or `nil`.
struct ItemReader {
    private let bytes: [UInt8]
    private var index = 0

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The objects of the array.
    static func items(_ bytes: [UInt8]) -> [ControlRecord]? {
        var reader = ItemReader(bytes)
        var items: [ControlRecord] = []
        guard reader.take("[") else { return nil }
        if !reader.take("]") {
            repeat {
                guard let item = reader.object() else { return nil }
                items.append(item)
            } while reader.take(",")
            guard reader.take("]") else { return nil }
        }
        reader.skipSpace()
        return reader.index == bytes.count ? items : nil
    }

    private mutating func object() -> ControlRecord? {
        var record = ControlRecord("item")
        guard take("{") else { return nil }
        repeat {
            guard let name = string(), take(":") else { return nil }
            skipSpace()
            if next == UInt8(ascii: "\"") {
                guard let value = string() else { return nil }
                record.add(String(decoding: name, as: UTF8.self), bytes: value)
            } else {
                guard let value = number() else { return nil }
                record.add(String(decoding: name, as: UTF8.self), value)
            }
        } while take(",")
        return take("}") && record.has("type") && record.has("key") ? record : nil
    }

    private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte >= 0x09 && byte <= 0x0D { index += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func number() -> Int? {
        let start = index
        while let byte = next, byte == UInt8(ascii: "-") || byte >= 0x30 && byte <= 0x39 {
            index += 1
        }
        return Int(String(decoding: bytes[start..<index], as: UTF8.self))
    }

    private mutating func string() -> [UInt8]? {
        guard take("\"") else { return nil }
        var text: [UInt8] = []
        while let byte = next {
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"):
                guard let escaped = escape() else { return nil }
                text += escaped
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> [UInt8]? {
        guard let byte = next else { return nil }
        index += 1
        switch byte {
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "u"):
            guard index + 4 <= bytes.count,
                let code = UInt32(
                    String(decoding: bytes[index..<(index + 4)], as: UTF8.self), radix: 16)
            else { return nil }
            index += 4
            // Bytes that are not UTF-8 are told as U+DC80…U+DCFF, as Python does (PEP 383).
            if code >= 0xDC80, code <= 0xDCFF { return [UInt8(code & 0xFF)] }
            guard let scalar = Unicode.Scalar(code) else { return nil }
            var text = ""
            text.unicodeScalars.append(scalar)
            return Array(text.utf8)
        default: return [byte]
        }
    }
}
