import Base

/// Levels of the wires that a chip drives, as a message has them.
public struct WireLevels: OptionSet, Sendable {
    public let rawValue: UInt8

    /// A set of wires that are high.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// BUSY.
    public static var busy: WireLevels { WireLevels(rawValue: 1) }
    /// The wire that drivers wait for: DIO1 of an SX126x, DIO0 of an SX127x.
    public static var interrupt: WireLevels { WireLevels(rawValue: 2) }
    /// The wire after it: DIO2 of an SX126x, DIO1 of an SX127x.
    public static var second: WireLevels { WireLevels(rawValue: 4) }
    /// DIO3 of an SX126x, DIO2 of an SX127x.
    public static var third: WireLevels { WireLevels(rawValue: 8) }
    /// DIO3 of an SX127x.
    public static var fourth: WireLevels { WireLevels(rawValue: 16) }
    /// DIO4 of an SX127x.
    public static var fifth: WireLevels { WireLevels(rawValue: 32) }
    /// DIO5 of an SX127x.
    public static var sixth: WireLevels { WireLevels(rawValue: 64) }
    /// All that exist.
    public static var all: WireLevels { WireLevels(rawValue: 0x7F) }
}

/// Why bytes are no message of the emulator's protocol.
public enum EmulatorMessageError: Error, Equatable {
    /// The length field says 0.
    case empty
    /// The length field says more than a message may have.
    case tooLong(size: Int)
    /// There is no message of this kind, or not in this direction.
    case unknownKind(UInt8)
    /// The body is shorter or longer than its kind wants.
    case wrongSize(kind: UInt8, size: Int)
    /// A level other than 0 and 1, a bit of no wire, or a wire of no number.
    case unknownValue(kind: UInt8, UInt8)

    /// What is wrong.
    public var sentence: String {
        switch self {
        case .empty: "an empty message"
        case .tooLong(let size):
            "a message of \(size) bytes; \(EmulatorMessage.maximumSize) are the most"
        case .unknownKind(let kind): "a message of unknown kind \(kind)"
        case .wrongSize(let kind, let size): "a message of kind \(kind) with \(size) bytes"
        case .unknownValue(let kind, let value):
            "a message of kind \(kind) with a value \(value) that means nothing"
        }
    }
}

/// How driver and emulated chip talk over a socket. Specified in `radio/emulator.md`.
///
///        0 … 1             2        3 …
///     ┌─────────────────┬────────┬──────────
///     │ size of the     │ kind   │ fields
///     │ rest, little-e. │        │
///     └─────────────────┴────────┴──────────
public enum EmulatorMessage {
    /// What both sides say first.
    public static let version: UInt8 = 2
    /// Bytes of the length field.
    public static let headerSize = 2
    /// The most bytes after the length field: kind, levels, and a transaction of 1,024 bytes.
    public static let maximumSize = 1_026
    /// The most bytes of one transaction.
    public static let maximumTransfer = 1_024

    /// How many bytes the first message in `bytes` has, its length field included; `nil` while they
    /// are too few to hold all of it.
    public static func size(in bytes: Span<UInt8>) throws(EmulatorMessageError) -> Int? {
        guard bytes.count >= headerSize else { return nil }
        let size = Int(bytes[0]) | Int(bytes[1]) << 8
        guard size > 0 else { throw .empty }
        guard size <= maximumSize else { throw .tooLong(size: size) }
        return bytes.count >= headerSize + size ? headerSize + size : nil
    }

    fileprivate static func level(
        _ byte: UInt8, kind: UInt8
    ) throws(EmulatorMessageError) -> Bool {
        guard byte <= 1 else { throw .unknownValue(kind: kind, byte) }
        return byte == 1
    }
}

/// From driver to chip.
public enum EmulatorRequest: Equatable, Sendable {
    /// The first message.
    case hello(version: UInt8)
    /// Chip select falls, the bytes are exchanged, it rises.
    case transfer
    /// Chip select alone, for drivers that move it themselves.
    case select(high: Bool)
    /// Bytes exchanged while chip select is low.
    case exchange
    /// A wire that the host drives.
    case drive(RadioOutput, high: Bool)

    fileprivate enum Kind: UInt8 { case hello = 1, transfer, select, exchange, drive }

    /// Offset of the bytes of `transfer` and `exchange` in the whole message.
    public static let bytesOffset = 3

    /// A whole message, as `EmulatorMessage.size(in:)` has found it.
    public init(reading message: Span<UInt8>) throws(EmulatorMessageError) {
        guard message.count > EmulatorMessage.headerSize else { throw .empty }
        let kindByte = message[2]
        let size = message.count - EmulatorMessage.headerSize
        guard let kind = Kind(rawValue: kindByte) else { throw .unknownKind(kindByte) }
        let isRight =
            switch kind {
            case .hello, .select: size == 2
            case .drive: size == 3
            case .transfer, .exchange: (2...EmulatorMessage.maximumTransfer + 1).contains(size)
            }
        guard isRight else { throw .wrongSize(kind: kindByte, size: size) }
        switch kind {
        case .hello: self = .hello(version: message[3])
        case .transfer: self = .transfer
        case .exchange: self = .exchange
        case .select:
            self = .select(high: try EmulatorMessage.level(message[3], kind: kindByte))
        case .drive:
            let output: RadioOutput? =
                switch message[3] {
                case 0: .reset
                case 1: .transmitEnable
                case 2: .receiveEnable
                default: nil
                }
            guard let output else { throw .unknownValue(kind: kindByte, message[3]) }
            self = .drive(output, high: try EmulatorMessage.level(message[4], kind: kindByte))
        }
    }

    /// Appends the whole message; `bytes` are those of `transfer` and `exchange`, else none.
    public func write(_ bytes: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        switch self {
        case .hello(let version):
            out.begin(request: .hello, 1)
            out.append(version)
        case .transfer, .exchange:
            precondition(
                (1...EmulatorMessage.maximumTransfer).contains(bytes.count),
                "a transaction that does not fit a message")
            out.begin(request: self == .transfer ? .transfer : .exchange, bytes.count)
            out.append(contentsOf: bytes)
        case .select(let high):
            out.begin(request: .select, 1)
            out.append(high ? 1 : 0)
        case .drive(let output, let high):
            out.begin(request: .drive, 2)
            switch output {
            case .reset: out.append(0)
            case .transmitEnable: out.append(1)
            case .receiveEnable: out.append(2)
            }
            out.append(high ? 1 : 0)
        }
    }
}

/// From chip to driver. Each tells the levels of the chip's wires.
public enum EmulatorAnswer: Equatable, Sendable {
    /// The answer to `hello`, with the emulator's version.
    case hello(version: UInt8, WireLevels)
    /// The answer to `transfer` and `exchange`: as many bytes as went out.
    case bytes(WireLevels)
    /// The answer to `select` and `drive`.
    case done(WireLevels)
    /// Not an answer: a wire has changed.
    case levels(WireLevels)

    fileprivate enum Kind: UInt8 { case hello = 0x81, bytes, done, levels }

    /// Offset of the bytes of `bytes` in the whole message.
    public static let bytesOffset = 4

    /// The levels, whatever the message.
    public var wires: WireLevels {
        switch self {
        case .hello(_, let levels), .bytes(let levels), .done(let levels), .levels(let levels):
            levels
        }
    }

    /// A whole message, as `EmulatorMessage.size(in:)` has found it.
    public init(reading message: Span<UInt8>) throws(EmulatorMessageError) {
        guard message.count > EmulatorMessage.headerSize else { throw .empty }
        let kindByte = message[2]
        let size = message.count - EmulatorMessage.headerSize
        guard let kind = Kind(rawValue: kindByte) else { throw .unknownKind(kindByte) }
        let isRight =
            switch kind {
            case .hello: size == 3
            case .done, .levels: size == 2
            case .bytes: (3...EmulatorMessage.maximumTransfer + 2).contains(size)
            }
        guard isRight else { throw .wrongSize(kind: kindByte, size: size) }
        let byte = kind == .hello ? message[4] : message[3]
        let levels = WireLevels(rawValue: byte)
        guard levels.isSubset(of: .all) else { throw .unknownValue(kind: kindByte, byte) }
        switch kind {
        case .hello: self = .hello(version: message[3], levels)
        case .bytes: self = .bytes(levels)
        case .done: self = .done(levels)
        case .levels: self = .levels(levels)
        }
    }

    /// Appends the whole message; `bytes` are those of `bytes`, else none.
    public func write(_ bytes: Span<UInt8>, to out: inout OutputSpan<UInt8>) {
        switch self {
        case .hello(let version, let levels):
            out.begin(answer: .hello, 2)
            out.append(version)
            out.append(levels.rawValue)
        case .bytes(let levels):
            precondition(
                (1...EmulatorMessage.maximumTransfer).contains(bytes.count),
                "a transaction that does not fit a message")
            out.begin(answer: .bytes, bytes.count + 1)
            out.append(levels.rawValue)
            out.append(contentsOf: bytes)
        case .done(let levels):
            out.begin(answer: .done, 1)
            out.append(levels.rawValue)
        case .levels(let levels):
            out.begin(answer: .levels, 1)
            out.append(levels.rawValue)
        }
    }
}

extension OutputSpan where Element == UInt8 {
    @_lifetime(self: copy self)
    fileprivate mutating func begin(request kind: EmulatorRequest.Kind, _ fieldSize: Int) {
        append(littleEndian: UInt64(fieldSize + 1), size: 2)
        append(kind.rawValue)
    }

    @_lifetime(self: copy self)
    fileprivate mutating func begin(answer kind: EmulatorAnswer.Kind, _ fieldSize: Int) {
        append(littleEndian: UInt64(fieldSize + 1), size: 2)
        append(kind.rawValue)
    }
}
