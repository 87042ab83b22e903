import Base
import Foundation
import TestSupport
import Testing

@testable import Store

@Suite("A check bit by bit")
struct CheckTests {
    private static let keys = UInt8(200)

    private func put(_ key: UInt8, _ byte: UInt8, _ store: inout Store) throws {
        try store.put([0x20, key].span, [UInt8](repeating: byte, count: 900).span)
        try store.commit()
    }

    private func filled(_ folder: String, logSize: Int = 1 << 20) throws -> Store {
        var store = try Store(in: folder, logSize: logSize)
        for key in 0..<Self.keys { try put(key, key, &store) }
        try store.checkpoint()
        return store
    }

    /// Changes a byte of the value of a record in the tree, on all pages that have it.
    private func damage(_ key: UInt8, _ byte: UInt8, in folder: String) throws {
        let url = URL(fileURLWithPath: "\(folder)/data.mdb")
        let bytes = try Data(contentsOf: url)
        let file = try FileHandle(forUpdating: url)
        let value = Data(repeating: byte, count: 900)
        var start = bytes.startIndex
        while let found = bytes.range(of: value, in: start..<bytes.endIndex) {
            try file.seek(toOffset: UInt64(found.lowerBound + 450))
            try file.write(contentsOf: Data([byte ^ 1]))
            start = found.upperBound
        }
        #expect(start > bytes.startIndex, "the record was there to be damaged")
        try file.close()
    }

    private func finish(_ store: inout Store) throws -> StoreDamage {
        while true {
            if let found = try store.goOnChecking(pages: 1) { return found }
        }
    }

    @Test("reads no more at once than it is told to, and ends where all is read")
    func bounded() async throws {
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            try put(1, 1, &store)
            var last = 0
            var steps = 0
            while try store.goOnChecking(pages: 4) == nil {
                guard let progress = store.checkProgress else { throw CancellationError() }
                #expect(progress.pages > last && progress.pages <= last + 4 || steps > 10)
                #expect(progress.pages <= progress.of)
                last = progress.pages
                steps += 1
            }
            #expect(steps > 10)
            let isOver = store.checkProgress == nil
            let records = store.usage.records
            #expect(isOver && records >= Int(Self.keys), "and the tree is open")
        }
    }

    // Method: between the steps batches go to the log, and now and then to the tree, which reuses the
    // pages that the check has read or is going to read.
    @Test(
        "finds nothing where nothing is damaged, whatever is committed meanwhile",
        arguments: Seed.slice(20))
    func acrossCommits(seed: Seed) async throws {
        try await withWorkbench { bench in
            var dice = Dice(seed)
            var store = try filled(bench.folder)
            for _ in 0..<5 {
                var found: StoreDamage?
                while found == nil {
                    found = try store.goOnChecking(pages: dice.roll(1..<12))
                    switch dice.roll(0..<40) {
                    case 0..<20:
                        try put(UInt8(dice.roll(0..<200)), UInt8(dice.roll(0..<200)), &store)
                    case 20: try store.checkpoint()
                    case 21: try store.compact()
                    default: break
                    }
                }
                #expect(found?.isNone == true, "replay: make test SEED=\(seed)")
            }
            let damage = store.damage
            #expect(damage.isNone)
        }
    }

    @Test("comes to an end where each step is followed by a change of the tree")
    func ends() async throws {
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            var steps = 0
            while try store.goOnChecking(pages: 1) == nil {
                try put(7, UInt8(steps % 100), &store)
                try store.checkpoint()
                steps += 1
                try #require(steps < 100)
            }
        }
    }

    @Test("finds what is damaged ahead of it, with commits between", arguments: [false, true])
    func ahead(treeChanges: Bool) async throws {
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            for step in UInt8(0)..<8 {
                #expect(try store.goOnChecking(pages: 1) == nil)
                try put(3, step, &store)
            }
            if treeChanges { try store.checkpoint() }
            try damage(199, 199, in: bench.folder)
            #expect(try finish(&store).records == 1)
        }
    }

    @Test("finds what is damaged behind it: when the tree changes, else the next time")
    func behind() async throws {
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            for _ in 0..<30 { #expect(try store.goOnChecking(pages: 1) == nil) }
            try damage(5, 5, in: bench.folder)
            try put(150, 1, &store)
            try store.checkpoint()
            #expect(try finish(&store).records == 1)
        }
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            for _ in 0..<30 { #expect(try store.goOnChecking(pages: 1) == nil) }
            try damage(5, 5, in: bench.folder)
            try put(150, 1, &store)
            #expect(try finish(&store).isNone)
            #expect(try finish(&store).records == 1)
        }
    }

    @Test(
        "finds a frame of the log that is damaged, of those before it began and after",
        arguments: [2, 60])
    func log(frame: Int) async throws {
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            for key in UInt8(0)..<40 { try put(key, 1, &store) }
            #expect(try store.goOnChecking(pages: 1) == nil)
            for key in UInt8(0)..<40 { try put(key, 2, &store) }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: "\(bench.folder)/log"))
            try file.seek(toOffset: UInt64(frame * 4_096 + 700))
            try file.write(contentsOf: Data(repeating: 0xA5, count: 8))
            #expect(try finish(&store).records == 1)
            try store.compact()
            #expect(try store.check().isNone)
        }
    }

    // Method: a page of the tree is made nonsense; from the step that finds it on LMDB must not be
    // asked, so that step is the last.
    @Test("reads all the rest at once where a page is damaged")
    func atOnce() async throws {
        try await withWorkbench { bench in
            var store = try filled(bench.folder)
            let file = try FileHandle(
                forUpdating: URL(fileURLWithPath: "\(bench.folder)/data.mdb"))
            let pages = try file.seekToEnd() / 4_096
            for page in 2..<pages {
                try file.seek(toOffset: page * 4_096)
                try file.write(contentsOf: Data(repeating: 0x55, count: 16))
            }
            var steps = 1
            var found = try store.goOnChecking(pages: 1)
            while found == nil, steps < 5 {
                found = try store.goOnChecking(pages: 1)
                steps += 1
            }
            #expect(found?.pages ?? 0 > 0)
            #expect(throws: DiskFault.damaged) {
                try put(1, 9, &store)
                try store.checkpoint()
            }
        }
    }
}
