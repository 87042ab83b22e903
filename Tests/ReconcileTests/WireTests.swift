import Base
import CRDT
import Foundation
import TestSupport
import Testing

@testable import Reconcile

/// The dot itself in place of its hash.
private struct NoHash: KeyedHash {
    func hash(_ a: UInt64, _ b: UInt64) -> UInt64 { a << 8 | b }
}

/// The vectors R of `radio/wire.md`: the specification is the test's table.
@Suite(.aside) struct RepairWireTests {
    private static let vectors: [String: [UInt8]] = {
        let text = (try? Repository.text("radio/wire.md")) ?? ""
        var vectors: [String: [UInt8]] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("| R") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            vectors[cells[0]] = bytes(hex: cells[2])
        }
        return vectors
    }()

    private static func written(_ write: (inout OutputSpan<UInt8>) -> Void) -> [UInt8] {
        var bytes = ShortBytes<192>()
        bytes.fill(write)
        return [UInt8](bytes.span)
    }

    private static func sketch() -> [UInt8] {
        let decoder = SketchDecoder(actors: 3)
        var heads = HeadTable()
        for (raw, head) in [(1, 5), (2, 2), (3, 7)] { heads[raw] = UInt32(head) }
        return written {
            decoder.sketch(of: heads, units: decoder.units).write(bits: decoder.bits, to: &$0)
        }
    }

    private static func lags() -> [UInt8] {
        var heads = HeadTable()
        var history = HeadsHistory(capacity: 16)
        for (raw, then, now) in [(1, 3, 5), (2, 2, 2), (3, 4, 7)] {
            for head in 0..<now {
                history.insert(raw, stamp: head < then ? 0x1234 : 0x1240, steps: 1, change: 0)
            }
            heads[raw] = UInt32(now)
        }
        return written { out in
            var vector = LagVector()
            _ = vector.write(
                heads, since: 0x1234, actors: 3, history: history, limit: 64, to: &out)
        }
    }

    private static func slots() -> [UInt8] {
        let part = SlotsPart.whole.halved?.halved?.next?.next?.next ?? .whole
        var sketch = SlotSketch()
        sketch.start(capacity: 2)
        sketch.toggle(
            Dot(Actor(raw: 1), 2), cell: 0x1234_5678, roots: HeadsRoot(hash: NoHash()))
        return written { out in
            out.append(littleEndian: 0x0403_0201, size: 4)
            out.append(part.raw)
            sketch.write(to: &out)
        }
    }

    private static func values() -> [UInt8] {
        var header = ValuesHeader(state: 0x0403_0201, part: .whole)
        header.empty = 1
        header.hasMore = true
        return written { out in
            header.write(to: &out)
            out.append(littleEndian: 0x1234, size: 2)
        }
    }

    private static func cells() -> [UInt8] {
        var heads = HeadTable()
        var bodies = RecentBodies(capacity: 1_024)
        for (raw, text) in [(1, "ab"), (2, "xyz")] {
            heads[raw] = 1
            bodies.insert(
                Dot(Actor(raw: UInt8(raw)), 1), stamp: 0, check: 0, [UInt8](text.utf8).span)
        }
        return written { out in
            var coder = CodedRepair()
            coder.write(
                cells: 2, of: 4, frame: 3 << 24 | 9, heads, window: 1, bodies: bodies, to: &out)
        }
    }

    @Test(
        "what is written is what the specification says",
        arguments: ["R1", "R2", "R3", "R4", "R5", "R6"])
    func vectors(name: String) throws {
        let written: [UInt8] =
            switch name {
            case "R1": Self.sketch()
            case "R2":
                Self.written {
                    NeedMessage(root: 0x0403_0201, window: 3, count: 8).write(to: &$0)
                }
            case "R3": Self.lags()
            case "R5": Self.slots()
            case "R6": Self.values()
            default: Self.cells()
            }
        let digits = written.map { String(format: "%02x", $0) }.joined()
        #expect(Self.vectors[name] == written, "\(name) is \(digits)")
    }
}
