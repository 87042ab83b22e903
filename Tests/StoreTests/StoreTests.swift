import Base
import Foundation
import Store
import TestSupport
import Testing

@Suite struct StoreTests {
    private func content(_ store: inout Store) throws -> [[UInt8]] {
        var pairs: [[UInt8]] = []
        try store.forEach { (key, value) throws(DiskFault) in
            pairs.append(Array(key) + [0xFF] + Array(value))
        }
        return pairs
    }

    @Test("a batch is there whole after it is committed, in the order of keys, also when reopened")
    func batches() async throws {
        try await withWorkbench { bench in
            let expected: [[UInt8]] = [[1, 0xFF, 9], [1, 2, 0xFF], [7, 0xFF, 5, 5]]
            do {
                var store = try Store(in: bench.folder)
                try store.put([7].span, [1].span)
                try store.put([1, 2].span, [UInt8]().span)
                try store.put([7].span, [5, 5].span)
                try store.put([1].span, [9].span)
                #expect(try content(&store).isEmpty, "not before the commit")
                try store.commit()
                #expect(try content(&store) == expected)
            }
            var again = try Store(in: bench.folder)
            #expect(try content(&again) == expected)
        }
    }

    @Test("what is discarded, or never committed, never was")
    func discarded() async throws {
        try await withWorkbench { bench in
            do {
                var store = try Store(in: bench.folder)
                try store.put([1].span, [1].span)
                try store.commit()
                try store.put([1].span, [2].span)
                store.discard()
                try store.commit()
                try store.put([1].span, [3].span)
            }
            var again = try Store(in: bench.folder)
            #expect(try content(&again) == [[1, 0xFF, 1]])
        }
    }

    @Test("a file that is no store is refused by name, and left as it was")
    func damaged() async throws {
        try await withWorkbench { bench in
            let text = String(repeating: "not a store ", count: 1_000)
            let path = try bench.write(text, to: "data.mdb")
            let before = try String(contentsOfFile: path, encoding: .utf8)
            #expect(throws: DiskFault.damaged) { _ = try Store(in: bench.folder) }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
        }
    }

    @Test("a full map is told, and what was there stays")
    func full() async throws {
        try await withWorkbench { bench in
            var store = try Store(in: bench.folder)
            try store.put([0].span, [42].span)
            try store.commit()
            let value = [UInt8](repeating: 1, count: 60_000)
            var fault: DiskFault?
            for number in UInt16(1)..<3_000 where fault == nil {
                do throws(DiskFault) {
                    try store.put([1, UInt8(number >> 8), UInt8(number & 0xFF)].span, value.span)
                } catch {
                    fault = error
                }
            }
            #expect(fault == .full)
            store.discard()
            #expect(try content(&store) == [[0, 0xFF, 42]])
            try store.put([0].span, [43].span)
            try store.commit()
            #expect(try content(&store) == [[0, 0xFF, 43]])
        }
    }
}
