import Base
import Foundation
import TestSupport
import Testing

@testable import Agent

extension ControlRecord {
    /// A record of chance: its texts are any bytes, those that lines are made of more often.
    fileprivate static func random(_ dice: inout Dice) -> ControlRecord {
        var record = ControlRecord(word(&dice))
        for _ in 0..<dice.roll(0..<6) {
            switch dice.roll(0..<3) {
            case 0:
                record.add(
                    word(&dice),
                    bytes: (0..<dice.roll(0..<20)).map { _ in
                        dice.roll(0..<2) == 0
                            ? [9, 10, 13, 34, 58, 61, 92, 110, 116, 0][dice.roll(0..<10)]
                            : UInt8(dice.roll(0..<256))
                    })
            case 1: record.add(word(&dice), Int(truncatingIfNeeded: dice.next()))
            default: record.add(word(&dice), dice.roll(0..<2) == 0)
            }
        }
        return record
    }

    private static func word(_ dice: inout Dice) -> String {
        let letters = Array("abcdefgXYZ019-")
        return String((0..<dice.roll(1..<8)).map { _ in letters[dice.roll(0..<letters.count)] })
    }
}

@Suite struct ControlRecordTests {
    @Test("a line is what the protocol's description shows")
    func line() {
        var record = ControlRecord("status")
        record.add("name", "hut-3")
        record.add("members", 5)
        record.add("founder", true)
        #expect(record.line == Array("status\tname=hut-3\tmembers:5\tfounder:true\n".utf8))
    }

    @Test("numbers stand in brackets, as in JSON; a type may stand in front")
    func numbers() {
        var record = ControlRecord("spectrum")
        record.add("levelsDBm", [-117, -3])
        record.add("none", [Int]())
        #expect(record.line == Array("spectrum\tlevelsDBm:[-117, -3]\tnone:[]\n".utf8))
        let again = ControlRecord(line: Array(record.line.dropLast()))
        #expect(again.numbers("levelsDBm") == [-117, -3])
        #expect(again.numbers("none") == [] && again.numbers("absent") == [])
        #expect(
            record.json(type: "a", "n", 7)
                == "{\"type\": \"a\", \"n\": 7, \"levelsDBm\": [-117, -3], \"none\": []}")
        #expect(ControlRecord("x").json(type: "a") == "{\"type\": \"a\"}")
    }

    @Test("tab, newline and backslash are escaped, and nothing else")
    func escaping() {
        var record = ControlRecord("entry")
        record.add("value", "a\tb\nc\\d=e:f\r")
        #expect(record.line == Array("entry\tvalue=a\\tb\\nc\\\\d=e:f\r\n".utf8))
    }

    @Test("a record comes back from its line", arguments: Seed.slice(100))
    func roundTrip(seed: Seed) {
        var dice = Dice(seed)
        for _ in 0..<20 {
            let record = ControlRecord.random(&dice)
            let line = record.line
            #expect(line.filter { $0 == 10 }.count == 1, "replay: make test SEED=\(seed)")
            let again = ControlRecord(line: Array(line.dropLast()))
            #expect(again.word == record.word)
            #expect(again.fields.map(\.name) == record.fields.map(\.name))
            #expect(
                again.fields.map(\.value) == record.fields.map(\.value),
                "replay: make test SEED=\(seed)")
        }
    }

    @Test("JSON says the same, with damaged text repaired", arguments: Seed.slice(100))
    func json(seed: Seed) throws {
        var dice = Dice(seed)
        for _ in 0..<20 {
            let record = ControlRecord.random(&dice)
            // Of two fields of one name, an object keeps one.
            guard Set(record.fields.map(\.name)).count == record.fields.count else { continue }
            let object = try #require(
                JSONSerialization.jsonObject(with: Data(record.json.utf8)) as? [String: Any],
                "replay: make test SEED=\(seed)")
            #expect(object.count == record.fields.count)
            for (name, value) in record.fields {
                switch value {
                case .text(let bytes):
                    #expect(object[name] as? String == String(decoding: bytes, as: UTF8.self))
                case .literal(let bytes):
                    let number = try #require(object[name] as? NSNumber)
                    switch String(decoding: bytes, as: UTF8.self) {
                    case "true": #expect(number == true)
                    case "false": #expect(number == false)
                    case let digits: #expect(number.int64Value == Int64(digits))
                    }
                }
            }
        }
    }

    @Test("an empty record is an empty object")
    func emptyObject() { #expect(ControlRecord("ok").json == "{}") }

    @Test("a field that is not there is nil, empty text and no number")
    func absent() {
        var record = ControlRecord("x")
        record.add("a", "12")
        record.add("b", "12 m")
        #expect(record.bytes("c") == nil)
        #expect(record.text("c") == "")
        #expect(record.number("c") == nil)
        #expect(record.number("a") == 12)
        #expect(record.number("b") == nil)
    }

    @Test(
        "hostile lines are records too",
        arguments: [
            ("", "", 0), ("\t", "", 1), ("\t\t\t", "", 3), ("set\tkey", "set", 1),
            ("set\t=\t:", "set", 2), ("set\tkey=\\", "set", 1), ("\\\\", "\\\\", 0),
            ("=\t=:=", "=", 1), ("a\r", "a\r", 0),
        ])
    func shapes(line: String, word: String, count: Int) {
        let record = ControlRecord(line: Array(line.utf8))
        #expect(record.word == word)
        #expect(record.fields.count == count)
    }

    // Method: bytes of chance; the second reading must not find more than the first.
    @Test("whatever the bytes, a line gives a record", arguments: Seed.slice(100))
    func hostile(seed: Seed) {
        var dice = Dice(seed)
        for _ in 0..<20 {
            let line = (0..<dice.roll(0..<200)).map { _ in
                dice.roll(0..<3) == 0
                    ? [9, 34, 58, 61, 92][dice.roll(0..<5)] : UInt8(dice.roll(0..<256))
            }
            let record = ControlRecord(line: line)
            #expect(record.fields.count == line.filter { $0 == 9 }.count)
            _ = record.json
            _ = record.line
            _ = record.text("a")
            _ = record.number("")
        }
    }
}
