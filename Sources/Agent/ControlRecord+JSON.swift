extension ControlRecord {
    /// The fields as a JSON object (RFC 8259); bytes that are not UTF-8 become U+FFFD.
    public var json: String {
        var json: [UInt8] = [UInt8(ascii: "{")]
        for (index, field) in fields.enumerated() {
            if index > 0 { json += Array(", ".utf8) }
            Self.quote(Array(field.name.utf8), into: &json)
            json += Array(": ".utf8)
            switch field.value {
            case .text(let bytes): Self.quote(bytes, into: &json)
            case .literal(let bytes): json += bytes
            }
        }
        json.append(UInt8(ascii: "}"))
        return String(decoding: json, as: UTF8.self)
    }

    /// The same with a type in front, and a number: for lines of different kinds.
    public func json(type: String, _ name: String? = nil, _ number: Int = 0) -> String {
        var record = ControlRecord(word)
        record.add("type", type)
        if let name { record.add(name, number) }
        for field in fields { record.fields.append(field) }
        return record.json
    }

    /// The same, but bytes that are not UTF-8 are told as U+DC80…U+DCFF (PEP 383), so that whoever
    /// reads it gets them back.
    public var exactJSON: String {
        var json: [UInt8] = [UInt8(ascii: "{")]
        for (index, field) in fields.enumerated() {
            if index > 0 { json += Array(", ".utf8) }
            Self.quote(Array(field.name.utf8), into: &json)
            json += Array(": ".utf8)
            switch field.value {
            case .literal(let bytes): json += bytes
            case .text(let bytes):
                let isText = String(decoding: bytes, as: UTF8.self).utf8.elementsEqual(bytes)
                if isText {
                    Self.quote(bytes, into: &json)
                } else {
                    Self.quoteRaw(bytes, into: &json)
                }
            }
        }
        json.append(UInt8(ascii: "}"))
        return String(decoding: json, as: UTF8.self)
    }

    private static func quoteRaw(_ bytes: [UInt8], into json: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        json.append(UInt8(ascii: "\""))
        for byte in bytes {
            let isPlain = byte >= 32 && byte < 127 && byte != 34 && byte != 92
            if isPlain {
                json.append(byte)
            } else {
                json += Array((byte < 128 ? "\\u00" : "\\udc").utf8)
                json += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    private static func quote(_ bytes: [UInt8], into json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in String(decoding: bytes, as: UTF8.self).utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0..<32:
                let digits = Array("0123456789abcdef".utf8)
                json += Array("\\u00".utf8)
                json += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
