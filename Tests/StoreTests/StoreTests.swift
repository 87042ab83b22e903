import Base
import Foundation
import Store
import TestSupport
import Testing

@Suite(.aside) struct StoreTests {
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

    @Test("a full tree is told, and what was there stays")
    func full() async throws {
        try await withWorkbench { bench in
            var store = try Store(in: bench.folder, mapSize: 1 << 20)
            try store.put([0].span, [42].span)
            try store.commit()
            let value = [UInt8](repeating: 1, count: 1_000)
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

    // Method: batches of all sizes beside a dictionary; now and then the store is opened anew, taken
    // into the tree, compacted, or given up in the midst of a batch.
    @Test("it holds what a dictionary holds", arguments: Seed.slice(4))
    func model(seed: Seed) async throws {
        try await withWorkbench { bench in
            var dice = Dice(seed)
            var model: [[UInt8]: [UInt8]] = [:]
            for _ in 0..<6 {
                var store = try Store(in: bench.folder)
                #expect(try content(&store) == pairs(model), "replay: make test SEED=\(seed)")
                for _ in 0..<dice.roll(1..<60) {
                    var next = model
                    let count = dice.roll(0..<12) == 0 ? 600 : dice.roll(1..<30)
                    for _ in 0..<count {
                        let key = [0x20, UInt8(dice.roll(0..<40)), UInt8(dice.roll(0..<40))]
                        if dice.roll(0..<4) == 0 {
                            try store.delete(key.span)
                            next[key] = nil
                        } else {
                            let value = (0..<dice.roll(0..<150)).map { UInt8($0) }
                            try store.put(key.span, value.span)
                            next[key] = value
                        }
                    }
                    switch dice.roll(0..<10) {
                    case 0: store.discard()
                    case 1:
                        try store.commit()
                        model = next
                        try store.checkpoint()
                    case 2:
                        try store.commit()
                        model = next
                        try store.compact()
                    default:
                        try store.commit()
                        model = next
                    }
                }
                #expect(try store.check().isNone)
                if dice.roll(0..<2) == 0 { try store.put([9].span, [9].span) }
            }
        }
    }

    private func pairs(_ model: [[UInt8]: [UInt8]]) -> [[UInt8]] {
        model.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { $0 + [0xFF] + model[$0]! }
    }

    @Test("a commit costs a block of the log, and its pages have 4 KiB")
    func cost() async throws {
        try await withWorkbench { bench in
            var store = try Store(in: bench.folder)
            for number in UInt8(0)..<100 {
                try store.put([number].span, [UInt8](repeating: number, count: 40).span)
                try store.commit()
            }
            #expect(store.statistics.commits == 100 && store.statistics.checkpoints == 0)
            #expect(store.statistics.logBytes == 100 * 4_096)
            let data = try Data(contentsOf: URL(fileURLWithPath: "\(bench.folder)/data.mdb"))
            #expect(data.count == 2 * 4_096, "nothing went to the tree")
            try store.checkpoint()
            #expect(store.logUsage.used == 0 && store.usage.records == 100)
            let grown = try Data(contentsOf: URL(fileURLWithPath: "\(bench.folder)/data.mdb"))
            #expect(grown.count % 4_096 == 0 && grown[56..<58] == data[56..<58])
        }
    }

    /// A store with so many records, each in a frame of the log.
    private func fill(_ folder: String, _ numbers: Range<UInt8>) throws {
        var store = try Store(in: folder)
        for number in numbers {
            try store.put([number].span, [number].span)
            try store.commit()
        }
    }

    private func change(_ path: String, _ change: (inout Data) -> Void) throws {
        let url = URL(fileURLWithPath: path)
        var bytes = try Data(contentsOf: url)
        change(&bytes)
        try bytes.write(to: url)
    }

    /// The store opens, tells that it may be stale, has these records, takes another, and is whole
    /// after somebody has dealt with it.
    private func expectStale(_ folder: String, _ numbers: [UInt8]) throws {
        do {
            var store = try Store(in: folder)
            let isTold = store.isDamaged && store.isStale
            #expect(isTold)
            #expect(try content(&store) == numbers.map { [$0, 0xFF, $0] })
        }
        do {
            var store = try Store(in: folder)
            let isTold = store.isDamaged && store.isStale
            #expect(isTold, "until somebody has dealt with it")
            try store.put([200].span, [200].span)
            try store.forgetDamage()
            try store.commit()
        }
        var store = try Store(in: folder)
        let isTold = store.isDamaged || store.isStale
        #expect(!isTold)
        #expect(try content(&store) == (numbers + [200]).map { [$0, 0xFF, $0] })
        #expect(try store.check().isNone)
    }

    /// Frames that a card may change, of five; and what is whole then.
    static let changedFrames: [(Int, [UInt8])] = [
        (1, [1, 2, 3, 4]), (3, [0, 1, 3, 4]), (5, [0, 1, 2, 3]), (6, [0, 1, 2, 3, 4]),
    ]

    // Method: a bit of a frame is flipped, or of the block behind the last, or the whole is zeros.
    @Test(
        "a damaged frame is told, also the last, and all others are there", arguments: changedFrames
    )
    func hole(frame: Int, whole: [UInt8]) async throws {
        for isZero in [false, true] {
            for offset in [28, 700, 4_090] {
                try await withWorkbench { bench in
                    try fill(bench.folder, 0..<5)
                    try change("\(bench.folder)/log") { log in
                        let start = frame * 4_096
                        if isZero {
                            log.replaceSubrange(start..<(start + 4_096), with: Data(count: 4_096))
                        } else {
                            log[start + offset] ^= 1
                        }
                    }
                    // Where there is no frame, a bit more or less is none either.
                    if frame == 6, !isZero {
                        var store = try Store(in: bench.folder)
                        let isTold = store.isDamaged
                        #expect(!isTold)
                        #expect(try content(&store).count == 5)
                    } else {
                        try expectStale(bench.folder, whole)
                    }
                }
            }
        }
    }

    // Method: a card puts back what was there before a frame; a later one tells.
    @Test("a frame that is gone before a later one is told")
    func putBack() async throws {
        try await withWorkbench { bench in
            try fill(bench.folder, 0..<3)
            let old = try Data(contentsOf: URL(fileURLWithPath: "\(bench.folder)/log"))
            try fill(bench.folder, 3..<5)
            try change("\(bench.folder)/log") { log in
                log.replaceSubrange(16_384..<20_480, with: old[16_384..<20_480])
            }
            try expectStale(bench.folder, [0, 1, 2, 4])
        }
    }

    // Method: a card loses a region at once, of which the log's own size is a part; or its end.
    @Test("a log that is lost, or its beginning, is told", arguments: [1 << 14, 1 << 20, 1 << 22])
    func lostLog(size: Int) async throws {
        for isCut in [false, true] {
            try await withWorkbench { bench in
                try fill(bench.folder, 0..<7)
                try change("\(bench.folder)/log") { log in
                    if isCut {
                        log.removeSubrange((log.count - size)...)
                    } else {
                        log.replaceSubrange(0..<size, with: Data(count: size))
                    }
                }
                let whole: [UInt8] =
                    isCut ? size < 1 << 22 ? Array(0..<7) : [] : size > 1 << 14 ? [] : [3, 4, 5, 6]
                try expectStale(bench.folder, whole)
            }
        }
    }

    // Method: the tree is put back to what it was before its last commit; the log goes on after it.
    @Test("a tree that is older than its log begins is told, also where the log has one frame")
    func oldTree() async throws {
        try await withWorkbench { bench in
            let data = URL(fileURLWithPath: "\(bench.folder)/data.mdb")
            var old = Data()
            do {
                var store = try Store(in: bench.folder)
                for number in UInt8(0)..<2 {
                    old = try Data(contentsOf: data)
                    try store.put([number].span, [number].span)
                    try store.commit()
                    try store.checkpoint()
                }
                try store.put([2].span, [2].span)
                try store.commit()
            }
            try old.write(to: data)
            try expectStale(bench.folder, [0, 2])
        }
    }

    // Method: the newest commit of the tree is lost with its meta page, at the worst moment: the log
    // has been filled before it and after it. Each batch has a record of its number.
    @Test("a store falls back by no more batches than it promises")
    func lapse() async throws {
        try await withWorkbench { bench in
            var last: UInt32 = 0
            do {
                var store = try Store(in: bench.folder)
                while store.statistics.checkpoints < 3 {
                    last += 1
                    let value = (0..<4).map { UInt8(truncatingIfNeeded: last >> (8 * $0)) }
                    try store.put([1].span, value.span)
                    try store.commit()
                }
                // The third took a full log in; now another one.
                while store.logUsage.used + 4_096 < store.logUsage.capacity {
                    last += 1
                    try store.put([2].span, [1].span)
                    try store.commit()
                }
            }
            try change("\(bench.folder)/data.mdb") { data in
                func transaction(_ page: Int) -> UInt8 { data[page * 4_096 + 144] }
                let newest = transaction(0) > transaction(1) ? 0 : 1
                data.replaceSubrange(
                    (newest * 4_096)..<((newest + 1) * 4_096), with: Data(count: 4_096))
            }
            try change("\(bench.folder)/log") { $0.replaceSubrange(4_096..., with: Data()) }
            var store = try Store(in: bench.folder)
            let isTold = store.isStale
            #expect(isTold)
            let found = try content(&store)
            let number = try #require(found.first).dropFirst(2).reversed().reduce(0) {
                $0 << 8 | UInt64($1)
            }
            let lapse = UInt64(last) - number
            #expect(lapse > 2_000 && lapse <= DiskLapse.batches, "\(lapse)")
        }
    }

    // Method: a page is changed while the store is open; what LMDB has of it must not be used any
    // more, and what was committed since must survive the making anew.
    @Test("a tree that is damaged while it is open is made anew, with the log on top")
    func damagedInUse() async throws {
        try await withWorkbench { bench in
            var store = try Store(in: bench.folder)
            for number in UInt8(0)..<250 {
                try store.put([0x20, number].span, [UInt8](repeating: number, count: 100).span)
            }
            try store.commit()
            try store.checkpoint()
            try store.put([0x21, 1].span, [1].span)
            try store.commit()
            let file = try FileHandle(
                forUpdating: URL(fileURLWithPath: "\(bench.folder)/data.mdb"))
            try file.seek(toOffset: 3 * 4_096)
            try file.write(contentsOf: Data(repeating: 0x55, count: 4_096))
            let found = try store.check()
            #expect(found.pages > 0)
            #expect(throws: DiskFault.damaged) { try store.checkpoint() }
            try store.put([0x21, 2].span, [2].span)
            try store.commit()
            try store.compact()
            let records = try content(&store)
            #expect(records.count > 100 && records.count < 252, "some are lost: \(records.count)")
            #expect(records.suffix(2) == [[0x21, 1, 0xFF, 1], [0x21, 2, 0xFF, 2]])
            let isNone = try store.check().isNone
            #expect(isNone && store.usage.records >= records.count)
        }
    }

    // Method: the tree's map is too small for what the log holds.
    @Test("what the log holds stays where the tree has no room for it")
    func fullBehindLog() async throws {
        try await withWorkbench { bench in
            var model: [[UInt8]: [UInt8]] = [:]
            do {
                var store = try Store(in: bench.folder, mapSize: 1 << 17, logSize: 1 << 20)
                var fault: DiskFault?
                for number in 0..<400 {
                    let key = [0x20, UInt8(number >> 8), UInt8(number & 0xFF)]
                    let value = [UInt8](repeating: UInt8(number & 0xFF), count: 1_000)
                    do throws(DiskFault) {
                        try store.put(key.span, value.span)
                        try store.commit()
                        model[key] = value
                    } catch {
                        fault = error
                        store.discard()
                    }
                }
                #expect(fault == .full)
            }
            var store = try Store(in: bench.folder)
            #expect(try content(&store) == pairs(model))
        }
    }

    @Test("without its tree a store is none; without its log it may be stale")
    func missing() async throws {
        try await withWorkbench { bench in
            try fill(bench.folder, 0..<1)
            do {
                var store = try Store(in: bench.folder)
                try store.checkpoint()
            }
            try FileManager.default.removeItem(atPath: "\(bench.folder)/log")
            try expectStale(bench.folder, [0])
            try fill(bench.folder, 0..<1)
            try FileManager.default.removeItem(atPath: "\(bench.folder)/data.mdb")
            #expect(throws: DiskFault.damaged) { _ = try Store(in: bench.folder) }
        }
    }

    // Method: a tree of many pages, of which one byte, or a whole region, is changed.
    @Test("damage is found and left out; what is whole stays", arguments: Seed.slice(6))
    func damage(seed: Seed) async throws {
        try await withWorkbench { bench in
            var dice = Dice(seed)
            var model: [[UInt8]: [UInt8]] = [:]
            do {
                var store = try Store(in: bench.folder)
                for round in 0..<4 {
                    for number in 0..<1_500 where dice.roll(0..<3) > 0 {
                        let key = [0x20, UInt8(number >> 8), UInt8(number & 0xFF)]
                        let value = (0..<dice.roll(5..<60)).map { UInt8($0 + round) }
                        try store.put(key.span, value.span)
                        model[key] = value
                    }
                    try store.commit()
                    try store.checkpoint()
                }
            }
            let url = URL(fileURLWithPath: "\(bench.folder)/data.mdb")
            var data = try Data(contentsOf: url)
            let size = [1, 1, 64, 4_096, 16_384][dice.roll(0..<5)]
            let start = dice.roll(0..<max(1, data.count - size))
            for offset in start..<min(start + size, data.count) {
                data[offset] ^= UInt8(dice.roll(1..<256))
            }
            try data.write(to: url)
            var wasDamaged = false
            do {
                var store = try Store(in: bench.folder)
                let found = try content(&store)
                let whole = Set(pairs(model))
                #expect(found.allSatisfy { whole.contains($0) }, "replay: make test SEED=\(seed)")
                #expect(
                    found.count == whole.count || !store.damage.isNone,
                    "replay: make test SEED=\(seed)")
                let isDamaged = store.isDamaged
                #expect(try store.check().isNone, "what was made anew is whole")
                try store.forgetDamage()
                try store.commit()
                let isTold = !store.isDamaged
                #expect(isTold)
                wasDamaged = isDamaged
            } catch DiskFault.damaged {
                #expect(start < 2 * 4_096, "only without both meta pages it is no store")
                return
            }
            let again = try Store(in: bench.folder)
            let isDamaged = again.isDamaged
            #expect(!isDamaged, "it is told once; before: \(wasDamaged)")
        }
    }
}
