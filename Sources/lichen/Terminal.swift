import CLinux

/// Data to standard output, talk to standard error.
enum Terminal {
    /// Writes data; a line end is the caller's.
    static func print(_ text: String) { write(1, text) }

    /// Writes a line of data.
    static func line(_ text: String) { write(1, text + "\n") }

    /// Says why something could not be done.
    static func complain(_ sentence: String) { write(2, "lichen: \(sentence)\n") }

    /// Says how something goes on.
    static func tell(_ text: String) { talk(text + "\n") }

    /// The same; a line end is the caller's.
    static func talk(_ text: String) { write(2, text) }

    /// Text from the air as a terminal may show it: what could move its cursor becomes a dot.
    static func plain(_ text: String) -> String {
        var plain = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F..<0xA0).contains(scalar.value)
            plain.unicodeScalars.append(isControl ? "·" : scalar)
        }
        return plain
    }

    private static func write(_ descriptor: Int32, _ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes {
                CLinux.write(descriptor, $0.baseAddress, $0.count)
            }
            if count < 0 {
                if lichen_errno() == EINTR { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }
}
