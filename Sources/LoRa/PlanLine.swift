/// One line of a region's plan.
struct PlanLine {
    enum Content {
        case nothing
        case section(String)
        case entry(key: String, PlanValue)
    }

    let number: Int
    private let bytes: [UInt8]

    init(_ line: Span<UInt8>, number: Int) {
        self.number = number
        var bytes: [UInt8] = []
        for index in line.indices { bytes.append(line[index]) }
        self.bytes = bytes
    }

    func content() throws(RegionFileError) -> Content {
        let line = bytes[...].trimmed
        guard let first = line.first, first != UInt8(ascii: ";"), first != UInt8(ascii: "#") else {
            return .nothing
        }
        for byte in line where byte < 0x20 && byte != 9 || byte >= 0x7F {
            throw .notText(line: number)
        }
        if first == UInt8(ascii: "["), line.last == UInt8(ascii: "]") {
            return .section(line.dropFirst().dropLast().text)
        }
        guard let mark = line.firstIndex(of: UInt8(ascii: "=")), mark > line.startIndex else {
            throw .unknownLine(line: number)
        }
        return .entry(
            key: line[..<mark].trimmed.text, PlanValue(line[(mark + 1)...].trimmed))
    }
}

/// What stands behind `=`.
struct PlanValue {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var text: String { bytes.text }

    /// A frequency in hertz below 10 GHz.
    var frequency: Int? { Self.natural(bytes).flatMap { $0 < 10_000_000_000 ? $0 : nil } }

    /// Two frequencies, `a-b`, the first not above the second.
    var frequencies: ClosedRange<Int>? {
        guard let mark = bytes.firstIndex(of: UInt8(ascii: "-")),
            let lower = PlanValue(bytes[..<mark]).frequency,
            let upper = PlanValue(bytes[(mark + 1)...]).frequency, lower <= upper
        else { return nil }
        return lower...upper
    }

    /// A whole number, then its unit.
    func whole(unit: StaticString) -> Int? {
        number(before: unit).flatMap { Self.integer($0) }
    }

    /// A number with at most one digit behind the point, then its unit: how many tenths.
    func tenths(unit: StaticString) -> Int? {
        guard let number = number(before: unit) else { return nil }
        guard let point = number.firstIndex(of: UInt8(ascii: ".")) else {
            return Self.integer(number).map { $0 * 10 }
        }
        let digits = number[(point + 1)...]
        guard digits.count == 1, let whole = Self.integer(number[..<point]),
            let tenth = Self.natural(digits)
        else { return nil }
        return number.first == UInt8(ascii: "-") ? whole * 10 - tenth : whole * 10 + tenth
    }

    /// `-80 dBm for 5 ms`
    var listenBeforeTalk: ListenBeforeTalk? {
        let words = bytes.split(separator: UInt8(ascii: " "))
        guard words.count == 5, words[1].elementsEqual("dBm".utf8),
            words[2].elementsEqual("for".utf8), words[4].elementsEqual("ms".utf8),
            let level = Self.integer(words[0]), (-130...0).contains(level),
            let milliseconds = Self.natural(words[3]), (1...1_000).contains(milliseconds)
        else { return nil }
        return ListenBeforeTalk(thresholdDBm: level, duration: .milliseconds(milliseconds))
    }

    private func number(before unit: StaticString) -> ArraySlice<UInt8>? {
        let unit = Array(unit.description.utf8)
        guard bytes.count > unit.count, bytes.suffix(unit.count).elementsEqual(unit) else {
            return nil
        }
        return bytes.dropLast(unit.count).trimmed
    }

    private static func integer(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.first == UInt8(ascii: "-") else { return natural(digits) }
        return natural(digits.dropFirst()).map { -$0 }
    }

    /// Up to twelve digits.
    private static func natural(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...12).contains(digits.count) else { return nil }
        var number = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int(digit - 0x30)
        }
        return number
    }
}

extension ArraySlice where Element == UInt8 {
    fileprivate var trimmed: ArraySlice<UInt8> {
        var slice = self
        while let first = slice.first, first == 9 || first == 13 || first == 32 {
            slice.removeFirst()
        }
        while let last = slice.last, last == 9 || last == 13 || last == 32 { slice.removeLast() }
        return slice
    }

    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
