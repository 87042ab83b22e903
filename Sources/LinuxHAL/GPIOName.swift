/// Where a line is: "25", "BUSY" or "gpiochip1:25".
struct GPIOName {
    let chip: String
    let line: String

    init(_ text: String, on chip: String) {
        let bytes = text.utf8
        if let colon = bytes.lastIndex(of: UInt8(ascii: ":")) {
            self.chip = String(decoding: bytes[..<colon], as: UTF8.self)
            line = String(decoding: bytes[bytes.index(after: colon)...], as: UTF8.self)
        } else {
            self.chip = chip
            line = text
        }
    }
}
