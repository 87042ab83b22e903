/// The status byte that comes back with every command (datasheet §13.5.1, Table 13-76).
///
///      7          6 … 4     3 … 1     0
///     ┌──────────┬─────────┬─────────┬──────────┐
///     │ reserved │ mode    │ command │ reserved │
///     └──────────┴─────────┴─────────┴──────────┘
///
/// `command` tells of the command before this one, `mode` of the moment before this one works.
struct Status: Equatable {
    let rawValue: UInt8

    private var command: UInt8 { rawValue >> 1 & 0b111 }

    /// The command before was invalid (4) or could not be carried out (5).
    var isRefusal: Bool { command == 4 || command == 5 }

    /// No chip drives the wire. Neither byte can be a status: modes 0 and 7 do not exist.
    var isNobody: Bool { rawValue == 0x00 || rawValue == 0xFF }

    /// In standby on either oscillator (modes 2 and 3).
    var isAtRest: Bool { rawValue >> 4 & 0b111 == 2 || rawValue >> 4 & 0b111 == 3 }

    /// The receiver is on (mode 5).
    var isReceiving: Bool { rawValue >> 4 & 0b111 == 5 }
}
