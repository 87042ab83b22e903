import Base
import HAL
import TestSupport
import Testing

/// A request or answer as bytes.
private func encoded(
    _ bytes: [UInt8], _ write: (Span<UInt8>, inout OutputSpan<UInt8>) -> Void
) -> [UInt8] {
    var buffer = Slab<UInt8>(repeating: 0, count: 1_028)
    var count = 0
    buffer.overwrite(buffer.indices, count: &count) { out in write(bytes.span, &out) }
    return Array(buffer.span.extracting(0..<count))
}

@Suite struct EmulatorMessageTests {
    // The vectors of radio/emulator.md.
    static let requests: [(String, String, EmulatorRequest, String)] = [
        ("E1", "02 00 01 02", .hello(version: 2), ""),
        ("E2", "03 00 02 C0 00", .transfer, "C0 00"),
        ("E3", "02 00 03 00", .select(high: false), ""),
        ("E4", "02 00 03 01", .select(high: true), ""),
        ("E5", "02 00 04 C0", .exchange, "C0"),
        ("E6", "03 00 05 00 00", .drive(.reset, high: false), ""),
        ("E7", "03 00 05 00 01", .drive(.reset, high: true), ""),
        ("E8", "03 00 05 01 01", .drive(.transmitEnable, high: true), ""),
        ("E9", "03 00 05 02 00", .drive(.receiveEnable, high: false), ""),
    ]

    static let answers: [(String, String, EmulatorAnswer, String)] = [
        ("A1", "03 00 81 02 00", .hello(version: 2, []), ""),
        ("A2", "04 00 82 00 A2 A2", .bytes([]), "A2 A2"),
        ("A3", "02 00 83 01", .done(.busy), ""),
        ("A4", "02 00 84 02", .levels(.interrupt), ""),
        ("A5", "02 00 84 03", .levels([.busy, .interrupt]), ""),
        ("A6", "03 00 82 02 2A", .bytes(.interrupt), "2A"),
        ("A7", "02 00 84 0E", .levels([.interrupt, .second, .third]), ""),
        ("A8", "02 00 84 70", .levels([.fourth, .fifth, .sixth]), ""),
    ]

    static let wrongRequests: [(String, String, EmulatorMessageError)] = [
        ("X1", "00 00", .empty),
        ("X2", "03 04", .tooLong(size: 1_027)),
        ("X3", "01 00 00", .unknownKind(0)),
        ("X4", "02 00 81 01", .unknownKind(0x81)),
        ("X5", "01 00 01", .wrongSize(kind: 1, size: 1)),
        ("X6", "01 00 02", .wrongSize(kind: 2, size: 1)),
        ("X7", "03 00 03 00 00", .wrongSize(kind: 3, size: 3)),
        ("X8", "02 00 03 02", .unknownValue(kind: 3, 2)),
        ("X9", "03 00 05 03 00", .unknownValue(kind: 5, 3)),
        ("X10", "02 00 05 00", .wrongSize(kind: 5, size: 2)),
    ]

    static let wrongAnswers: [(String, String, EmulatorMessageError)] = [
        ("Y1", "02 00 84 80", .unknownValue(kind: 0x84, 0x80)),
        ("Y2", "02 00 82 00", .wrongSize(kind: 0x82, size: 2)),
        ("Y3", "02 00 01 01", .unknownKind(1)),
        ("Y4", "02 00 81 01", .wrongSize(kind: 0x81, size: 2)),
    ]

    @Test("requests read and write as specified", arguments: requests)
    func request(name: String, hex: String, request: EmulatorRequest, payload: String) throws {
        let message = bytes(hex: hex)
        let size = try EmulatorMessage.size(in: message.span)
        #expect(size == message.count)
        #expect(try EmulatorRequest(reading: message.span) == request)
        let payload = bytes(hex: payload)
        #expect(encoded(payload) { request.write($0, to: &$1) } == message)
        if !payload.isEmpty {
            #expect(Array(message[EmulatorRequest.bytesOffset...]) == payload)
        }
    }

    @Test("answers read and write as specified", arguments: answers)
    func answer(name: String, hex: String, answer: EmulatorAnswer, payload: String) throws {
        let message = bytes(hex: hex)
        let size = try EmulatorMessage.size(in: message.span)
        #expect(size == message.count)
        #expect(try EmulatorAnswer(reading: message.span) == answer)
        let payload = bytes(hex: payload)
        #expect(encoded(payload) { answer.write($0, to: &$1) } == message)
        if !payload.isEmpty {
            #expect(Array(message[EmulatorAnswer.bytesOffset...]) == payload)
        }
    }

    @Test("what is no request has a name", arguments: wrongRequests)
    func wrongRequest(name: String, hex: String, error: EmulatorMessageError) {
        let message = bytes(hex: hex)
        #expect(throws: error) {
            _ = try EmulatorMessage.size(in: message.span)
            _ = try EmulatorRequest(reading: message.span)
        }
    }

    @Test("what is no answer has a name", arguments: wrongAnswers)
    func wrongAnswer(name: String, hex: String, error: EmulatorMessageError) {
        let message = bytes(hex: hex)
        #expect(throws: error) {
            _ = try EmulatorMessage.size(in: message.span)
            _ = try EmulatorAnswer(reading: message.span)
        }
    }

    @Test("a message is complete when its last byte is there")
    func incomplete() throws {
        let message = bytes(hex: "03 00 02 C0 00")
        for count in message.indices {
            #expect(try EmulatorMessage.size(in: message.span.extracting(0..<count)) == nil)
        }
        #expect(try EmulatorMessage.size(in: (message + [1, 2]).span) == 5)
    }

    // Method: random bytes, short and biased towards what is nearly right; read, and if a message
    // was in them, written again.
    @Test("any bytes are a message or an error with a name", arguments: 0..<50 as Range<UInt64>)
    func hostile(seed: UInt64) {
        var dice = Dice(seed: seed)
        for _ in 0..<1_000 {
            var message = (0..<dice.roll(0..<12)).map { _ in UInt8(dice.roll(0..<256)) }
            if message.count > 2, dice.roll(0..<4) > 0 {
                message[0] = UInt8(message.count - 2)
                message[1] = 0
                message[2] = UInt8(dice.roll(0..<7)) | (dice.roll(0..<2) == 0 ? 0x80 : 0)
            }
            guard let size = try? EmulatorMessage.size(in: message.span) else { continue }
            let whole = message.span.extracting(0..<size)
            if let request = try? EmulatorRequest(reading: whole) {
                let payload = request == .transfer || request == .exchange ? message[3..<size] : []
                #expect(
                    encoded(Array(payload)) { request.write($0, to: &$1) }
                        == Array(message[..<size]), "seed \(seed)")
            }
            if let answer = try? EmulatorAnswer(reading: whole) {
                var payload: ArraySlice<UInt8> = []
                if case .bytes = answer { payload = message[4..<size] }
                #expect(
                    encoded(Array(payload)) { answer.write($0, to: &$1) }
                        == Array(message[..<size]), "seed \(seed)")
            }
        }
    }
}
