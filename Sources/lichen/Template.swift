import Agent

/// Text with the fields of a record in it. One small function instead of much code for each text.
///
///     {name}        a field as it is; what could move a terminal's cursor becomes a dot
///     {name:s}      a number with its unit: s (milliseconds), age (seconds), MHz, kHz (hertz),
///                   dB (quarters of one), dBm (tenths of one), or <8: padded to eight columns
///     {name:+}      a number that counts as missing where it is 0
///     [ … ]         left out where a field in it is missing or false
struct Template {
    private let record: ControlRecord
    private var text: [UInt8] = []
    /// Where the part in brackets began, and whether it is to be left out.
    private var partStart: Int?
    private var isVoid = false

    private init(_ record: ControlRecord) { self.record = record }

    /// The text, filled.
    @inline(never)
    static func fill(_ template: StaticString, _ record: ControlRecord) -> String {
        var filler = Template(record)
        template.withUTF8Buffer { filler.take($0) }
        return String(decoding: filler.text, as: UTF8.self)
    }

    private mutating func take(_ template: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < template.count {
            switch template[index] {
            case UInt8(ascii: "["):
                partStart = text.count
                isVoid = false
            case UInt8(ascii: "]"):
                if isVoid, let partStart { text.removeSubrange(partStart...) }
                partStart = nil
            case UInt8(ascii: "{"):
                var field: [UInt8] = []
                index += 1
                while index < template.count, template[index] != UInt8(ascii: "}") {
                    field.append(template[index])
                    index += 1
                }
                let parts = field.split(separator: UInt8(ascii: ":"))
                place(parts[0], parts.count > 1 ? parts[1] : [])
            case let byte: text.append(byte)
            }
            index += 1
        }
    }

    private mutating func place(_ name: ArraySlice<UInt8>, _ format: ArraySlice<UInt8>) {
        let name = String(decoding: name, as: UTF8.self)
        let isCount = format.first == UInt8(ascii: "+")
        guard let bytes = record.bytes(name), !bytes.elementsEqual("false".utf8),
            !isCount || !bytes.elementsEqual("0".utf8)
        else {
            isVoid = true
            if partStart != nil { return }
            return pad("", format)
        }
        guard let number = record.number(name), let unit = format.first,
            unit != UInt8(ascii: "<"), !isCount
        else { return pad(Terminal.plain(record.text(name)), format) }
        text += Array(Self.figure(number, format).utf8)
    }

    private mutating func pad(_ field: String, _ format: ArraySlice<UInt8>) {
        text += Array(field.utf8)
        guard format.first == UInt8(ascii: "<") else { return }
        let width = Int(String(decoding: format.dropFirst(), as: UTF8.self)) ?? 0
        let missing = max(1, width - field.unicodeScalars.count)
        text += [UInt8](repeating: UInt8(ascii: " "), count: missing)
    }

    private static func figure(_ number: Int, _ format: ArraySlice<UInt8>) -> String {
        if format.elementsEqual("age".utf8) { return Lichen.age(seconds: number) }
        if format.elementsEqual("MHz".utf8) {
            return Lichen.decimal(number, per: 1_000_000, digits: 3) + " MHz"
        }
        if format.elementsEqual("kHz".utf8) { return "\(number / 1_000) kHz" }
        if format.elementsEqual("dB".utf8) { return Lichen.decibel(quarters: number) + " dB" }
        if format.elementsEqual("dBm".utf8) {
            return Lichen.decimal(number, per: 10, digits: 1) + " dBm"
        }
        return Lichen.decimal(number, per: 1_000, digits: 1) + " s"
    }
}

extension ControlRecord {
    /// As JSON, with a further member behind the others.
    func json(adding member: String) -> String {
        var json = Array(self.json.utf8)
        json.removeLast()
        return String(decoding: json, as: UTF8.self) + ", \(member)}"
    }
}
