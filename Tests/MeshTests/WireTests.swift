import Base
import CRDT
import Crypto
import Foundation
import LoRa
import Mesh
import TestSupport
import Testing

/// The vectors of `radio/wire.md`: the specification is the test's table.
@Suite struct WireTests {
    private static let vectors: [String: [UInt8]] = {
        let text = (try? Repository.text("radio/wire.md")) ?? ""
        var vectors: [String: [UInt8]] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| V") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            vectors[cells[0]] = bytes(hex: cells[2])
        }
        return vectors
    }()

    private static func meshKey() -> SecretKey {
        var key = FixedBytes<32>()
        for index in 0..<32 { key[index] = UInt8(index) }
        return SecretKey(key)
    }

    private static func frame(
        _ kind: FrameKind, counter: UInt64, _ payload: [UInt8]
    ) -> [UInt8] {
        #expect(Sodium.start())
        var ring = KeyRing(meshKey: meshKey(), epoch: 1, own: Actor(raw: 3))
        var frame = ShortBytes<255>()
        frame.fill { out in
            ring.seal(kind, counter: counter, to: &out) { out in
                for byte in payload { out.append(byte) }
            }
        }
        return Array(frame.span)
    }

    static let operation = Operation(
        Dot(Actor(raw: 3), 7), .write, .literal(KeyName(.shared, Key("door")!)),
        Stamp(milliseconds: 1_767_225_600_000), value: Value("open")!)!

    private static let probe = ProbeMessage(target: Actor(raw: 4), token: 0xA5)
    private static let echo = EchoMessage(
        target: Actor(raw: 4), token: 0xA5, signal: Signal(rssiDBm: -113, snrQuarterDB: -19))

    private static func body() -> [UInt8] { Array(operation.body.span) }

    private static func written(_ write: (inout OutputSpan<UInt8>) -> Void) -> [UInt8] {
        var bytes = ShortBytes<192>()
        bytes.fill(write)
        return Array(bytes.span)
    }

    @Test(
        "what is written is what the specification says",
        arguments: ["V1", "V2", "V3", "V4", "V5", "V6", "V7", "V8"])
    func vectors(name: String) throws {
        let written: [UInt8] =
            switch name {
            case "V1": Self.frame(.beacon, counter: 5, [1, 2, 3, 4])
            case "V2": Self.frame(.beacon, counter: 0x0100_0005, [1, 2, 3, 4])
            case "V3": Self.body()
            case "V4": Self.frame(.wave, counter: 6, [1, 2, 3, 4, 3, 7] + Self.body())
            case "V6":
                Self.frame(
                    .probe, counter: 7, [1, 2, 3, 4] + Self.written { Self.probe.write(to: &$0) })
            case "V7":
                Self.frame(
                    .echo, counter: 8, [1, 2, 3, 4] + Self.written { Self.echo.write(to: &$0) })
            case "V8":
                Self.written {
                    FrameHeader(kind: .test, sender: Actor(raw: 3), counter: 9).write(to: &$0)
                    for byte in "hello".utf8 { $0.append(byte) }
                }
            default:
                Array(
                    Self.meshKey().derive(.frames, context: 1 << 32 | 3).bytes.span)
            }
        let digits = written.map { String(format: "%02x", $0) }.joined()
        #expect(Self.vectors[name] == written, "\(name) is \(digits)")
    }

    @Test(
        "headers: what is none has a named error",
        arguments: [
            ([UInt8](), FrameError.truncated(size: 0)),
            ([0x11, 3, 0, 0], FrameError.truncated(size: 4)),
            ([0x01, 3, 0, 0, 0], FrameError.unknownKind(0)),
            ([0xF1, 3, 0, 0, 0], FrameError.unknownKind(15)),
            ([0x12, 3, 0, 0, 0], FrameError.unknownVersion(2)),
        ])
    func headers(bytes: [UInt8], error: FrameError) {
        #expect(throws: error) { try FrameHeader(reading: bytes.span) }
    }

    @Test("probes and echoes are read as they were written; other sizes are malformed")
    func checks() throws {
        let probe = Self.written { Self.probe.write(to: &$0) }
        #expect(try ProbeMessage(reading: probe.span) == Self.probe)
        let echo = Self.written { Self.echo.write(to: &$0) }
        #expect(try EchoMessage(reading: echo.span) == Self.echo)
        for size in 0...6 {
            let bytes = [UInt8](repeating: 0xFF, count: size)
            if size != 2 {
                #expect(throws: FrameError.malformed) { try ProbeMessage(reading: bytes.span) }
            }
            if size != 4 {
                #expect(throws: FrameError.malformed) { try EchoMessage(reading: bytes.span) }
            }
        }
        let extreme = EchoMessage(
            target: Actor(raw: 1), token: 0, signal: Signal(rssiDBm: -400, snrQuarterDB: 900))
        #expect(extreme.signal == Signal(rssiDBm: -255, snrQuarterDB: 127))
    }
}

@Suite struct KeyRingTests {
    private func ring(_ own: UInt8, key: UInt8 = 1) -> KeyRing {
        #expect(Sodium.start())
        return KeyRing(
            meshKey: SecretKey(FixedBytes<32>(repeating: key)), epoch: 1, own: Actor(raw: own))
    }

    private func sealed(_ ring: inout KeyRing, _ counter: UInt64) -> [UInt8] {
        var frame = ShortBytes<255>()
        frame.fill { out in
            ring.seal(.beacon, counter: counter, to: &out) { $0.append(littleEndian: 9, size: 4) }
        }
        return Array(frame.span)
    }

    private func open(_ ring: inout KeyRing, _ frame: [UInt8]) -> FrameError? {
        var copy = frame
        var span = copy.mutableSpan
        do throws(FrameError) {
            let header = try FrameHeader(reading: frame.span)
            _ = try ring.open(header, &span)
            return nil
        } catch {
            return error
        }
    }

    @Test("a frame opens once; changed, repeated, own and strangers' frames do not")
    func opening() {
        var sender = ring(1)
        var receiver = ring(2)
        var stranger = ring(1, key: 9)
        let frame = sealed(&sender, 0)
        for index in frame.indices {
            var forged = frame
            forged[index] ^= 0x40
            let error = open(&receiver, forged)
            #expect(error != nil, "byte \(index)")
        }
        let first = open(&receiver, frame)
        #expect(first == nil)
        let again = open(&receiver, frame)
        #expect(again == .replayed)
        let own = open(&sender, frame)
        #expect(own == .own)
        let foreign = open(&receiver, sealed(&stranger, 1))
        #expect(foreign == .notAuthentic)
    }

    // Method: a sender's counters in random order with gaps, beside a set of those seen.
    @Test("each counter is taken once, in any order within the window", arguments: Seed.slice(30))
    func window(seed: Seed) {
        var dice = Dice(seed)
        var sender = ring(1)
        var receiver = ring(2)
        var seen: Set<UInt64> = []
        var highest: UInt64 = 0
        var base: UInt64 = 0
        for _ in 0..<300 {
            base += UInt64(dice.roll(0..<40) == 0 ? dice.roll(0..<100_000) : dice.roll(0..<3))
            let counter = base - min(base, UInt64(dice.roll(0..<70)))
            let error = open(&receiver, sealed(&sender, counter))
            let isTaken = !seen.contains(counter) && (counter + 64 > highest || highest == 0)
            #expect((error == nil) == isTaken, "counter \(counter), replay: make test SEED=\(seed)")
            if error == nil { seen.insert(counter) }
            highest = max(highest, error == nil ? counter : highest)
        }
        #expect(receiver.counter(of: Actor(raw: 1)) == highest + 1)
    }

    @Test("what was on flash is not taken again, what comes after is")
    func restored() {
        var sender = ring(1)
        var receiver = ring(2)
        receiver.restore(counter: 1 << 24, of: Actor(raw: 1))
        let old = open(&receiver, sealed(&sender, (1 << 24) - 3))
        #expect(old == .replayed)
        let new = open(&receiver, sealed(&sender, (1 << 24) + 2))
        #expect(new == nil)
    }
}
