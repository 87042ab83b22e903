import Base
import Foundation

/// Leads a store through a history, and says before and after each batch that it does; what a trial
/// runs as a process of its own, under the recorder or without.
public struct StoreWorker {
    /// Where the store is.
    public let folder: String
    public let seed: UInt64
    /// How many batches.
    public let batches: Int
    public let flaw: FlawedStore.Flaw

    public init(folder: String, seed: UInt64, batches: Int, flaw: FlawedStore.Flaw) {
        self.folder = folder
        self.seed = seed
        self.batches = batches
        self.flaw = flaw
    }

    /// What the disk has done to it, and what is wrong with how the store took that.
    public struct Report {
        /// Errors that the store told.
        public var faults: [DiskFault] = []
        /// What must not be: a batch that was refused and is there, or was acknowledged and is not.
        public var wrongs: [String] = []
    }

    /// A batch that the store refuses is tried again, also with the store opened anew: the fault may
    /// have been a passing one. In the end the store is opened again, and must hold the history.
    public func run() -> Report {
        var report = Report()
        var history = StoreHistory(seed: seed)
        Recorder.mark(.armed, 0)
        guard var store = open(&report) else {
            report.wrongs.append("it cannot be opened at first: \(last(report))")
            return report
        }
        for number in 1...batches {
            let before = history.content
            let changes = history.next()
            Recorder.mark(.begun, number)
            var isDone = false
            for attempt in 0..<8 where !isDone {
                do throws(DiskFault) {
                    try Self.commit(changes, to: &store)
                    isDone = true
                } catch {
                    report.faults.append(error)
                    store.discard()
                    expect(before, "refused batch \(number)", of: &store, &report)
                    guard attempt > 1 else { continue }
                    guard let again = open(&report) else { break }
                    store = again
                }
            }
            guard isDone else {
                report.wrongs.append("batch \(number) is refused for ever: \(last(report))")
                return report
            }
            Recorder.mark(.acknowledged, number)
            switch history.pause() {
            case .none: break
            case .reading: expect(history.content, "batch \(number)", of: &store, &report)
            case .opening:
                guard let again = open(&report) else {
                    report.wrongs.append("it cannot be opened again: \(last(report))")
                    return report
                }
                store = again
            }
        }
        return report
    }

    private func last(_ report: Report) -> String { report.faults.last.map { "\($0)" } ?? "?" }

    /// Opens the store, trying again for a while. The one that is open closes after that; there is no
    /// lock between them.
    private func open(_ report: inout Report) -> FlawedStore? {
        for _ in 0..<8 {
            do throws(DiskFault) {
                return try FlawedStore(in: folder, flaw: flaw)
            } catch {
                report.faults.append(error)
            }
        }
        return nil
    }

    private func expect(
        _ content: StoreContent, _ when: String, of store: inout FlawedStore, _ report: inout Report
    ) {
        do throws(DiskFault) {
            guard try StoreDigest.of(&store) != content.digest else { return }
            report.wrongs.append("after \(when) it does not hold what it should")
        } catch {
            report.faults.append(error)
        }
    }

    private static func commit(
        _ changes: [StoreHistory.Change], to store: inout FlawedStore
    ) throws(DiskFault) {
        for change in changes {
            if let value = change.value {
                try store.put(change.keyBytes.span, value.span)
            } else {
                try store.delete(change.keyBytes.span)
            }
        }
        try store.commit()
    }
}

/// The recorder of this process, if it is preloaded.
enum Recorder {
    /// As in `CDiskShim.h`.
    enum Mark: UInt64 { case begun = 1, acknowledged, armed }

    private typealias Function = @convention(c) (UInt64, UInt64) -> Void

    private static let function: Function? = dlsym(nil, "lichen_disk_mark").map {
        unsafeBitCast($0, to: Function.self)
    }

    static func mark(_ mark: Mark, _ value: Int) { function?(mark.rawValue, UInt64(value)) }

    private typealias Counter = @convention(c) () -> UInt64

    /// How many calls have been counted since `armed`.
    static var calls: Int {
        guard let symbol = dlsym(nil, "lichen_disk_calls") else { return 0 }
        return Int(unsafeBitCast(symbol, to: Counter.self)())
    }
}
