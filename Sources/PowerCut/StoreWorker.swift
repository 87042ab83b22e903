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
    /// Whether the store has been left in the midst of the history, and is led on from there.
    public var goesOn = false

    /// - Parameter folder: Exists.
    public init(folder: String, seed: UInt64, batches: Int, flaw: FlawedStore.Flaw = .none) {
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
        let store = OpenStore(folder, flaw)
        guard store.open(&report) else {
            report.wrongs.append("it cannot be opened at first: \(last(report))")
            return report
        }
        if goesOn {
            guard store.find(&history, &report) else { return report }
            // What was read may have been told to others: it must not be forgotten any more.
            Recorder.mark(.acknowledged, history.number)
        }
        for number in (history.number + 1)...(history.number + batches) {
            let before = history.content
            let changes = history.next()
            Recorder.mark(.begun, number)
            var isDone = false
            for attempt in 0..<16 where !isDone {
                do throws(DiskFault) {
                    try store.commit(changes)
                    isDone = true
                } catch {
                    report.faults.append(error)
                    store.discard()
                    // Opened anew, it may hold what was refused: the disk kept what it said it had
                    // not.
                    store.expect(
                        before, or: attempt > 2 ? history.content : before,
                        after: "refused batch \(number)", &report)
                    if attempt > 1, !store.open(&report) { break }
                }
            }
            guard isDone else {
                report.wrongs.append("batch \(number) is refused for ever: \(last(report))")
                return report
            }
            Recorder.mark(.acknowledged, number)
            switch history.pause() {
            case .none: break
            case .reading: store.expect(history.content, after: "batch \(number)", &report)
            case .opening:
                guard store.open(&report) else {
                    report.wrongs.append("it cannot be opened again: \(last(report))")
                    return report
                }
            }
        }
        if store.open(&report) {
            store.expect(history.content, after: "all batches, opened again,", &report)
        } else {
            report.wrongs.append("it cannot be opened in the end: \(last(report))")
        }
        return report
    }

    /// How many calls the recorder has counted, to choose those that are to fail.
    public static var calls: Int { Recorder.calls }

    private func last(_ report: Report) -> String { report.faults.last.map { "\($0)" } ?? "?" }
}

/// The worker's store, of which only one is open at a time.
private final class OpenStore {
    private let folder: String
    private let flaw: FlawedStore.Flaw
    private var store: FlawedStore?

    init(_ folder: String, _ flaw: FlawedStore.Flaw) {
        self.folder = folder
        self.flaw = flaw
    }

    /// Closes it and opens it, trying for a while.
    func open(_ report: inout StoreWorker.Report) -> Bool {
        for _ in 0..<16 {
            store = nil
            do throws(DiskFault) {
                store = try FlawedStore(in: folder, flaw: flaw)
                return true
            } catch {
                report.faults.append(error)
            }
        }
        return false
    }

    func commit(_ changes: [StoreHistory.Change]) throws(DiskFault) {
        for change in changes {
            if let value = change.value {
                try store?.put(change.keyBytes.span, value.span)
            } else {
                try store?.delete(change.keyBytes.span)
            }
        }
        try store?.commit()
    }

    func discard() { store?.discard() }

    /// Leads a history to where the store is; it must be within a thousand batches.
    func find(_ history: inout StoreHistory, _ report: inout StoreWorker.Report) -> Bool {
        do throws(DiskFault) {
            guard store != nil else { return false }
            let digest = try StoreDigest.of(&store!)
            while history.content.digest != digest, history.number < 1_000 {
                _ = history.next()
                _ = history.pause()
            }
            if history.content.digest == digest { return true }
            report.wrongs.append("it holds what is of no batch")
        } catch {
            report.faults.append(error)
            report.wrongs.append("it cannot be read: \(error)")
        }
        return false
    }

    func expect(
        _ content: StoreContent, or other: StoreContent? = nil, after: String,
        _ report: inout StoreWorker.Report
    ) {
        do throws(DiskFault) {
            guard store != nil else { return }
            let digest = try StoreDigest.of(&store!)
            guard digest != content.digest, digest != other?.digest else { return }
            report.wrongs.append("after \(after) it does not hold what it should")
        } catch {
            report.faults.append(error)
        }
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
