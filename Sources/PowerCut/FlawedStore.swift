import Base
import Store

/// The store with a flaw that tests must find; for trials only.
public struct FlawedStore: ~Copyable, Disk {
    /// What is wrong with it.
    public enum Flaw: String, CaseIterable, Sendable {
        case none
        /// A batch is acknowledged, and given to the store with the next one.
        case acknowledgesEarly = "acknowledges-early"
        /// A batch of more than one change is committed twice: its first half, and all.
        case commitsInHalves = "commits-in-halves"
        /// Deletions are left out.
        case forgetsDeletions = "forgets-deletions"
        /// What the store throws when it commits is not told.
        case hidesFaults = "hides-faults"
    }

    private typealias Change = (key: [UInt8], value: [UInt8]?)

    private let flaw: Flaw
    private var store: Store
    private var batch: [Change] = []
    /// Acknowledged, and not in the store.
    private var late: [Change] = []

    /// Opens the store, or makes it.
    public init(in directory: String, flaw: Flaw = .none) throws(DiskFault) {
        self.flaw = flaw
        store = try Store(in: directory, logSize: StoreHistory.logSize)
    }

    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(DiskFault) {
        batch.append(
            (key.withUnsafeBufferPointer(Array.init), value.withUnsafeBufferPointer(Array.init)))
    }

    public mutating func delete(_ key: Span<UInt8>) throws(DiskFault) {
        if flaw != .forgetsDeletions {
            batch.append((key.withUnsafeBufferPointer(Array.init), nil))
        }
    }

    public mutating func discard() {
        batch = []
        store.discard()
    }

    public mutating func commit() throws(DiskFault) {
        let changes = batch
        batch = []
        switch flaw {
        case .none, .forgetsDeletions:
            try commit(changes[...])
        case .acknowledgesEarly:
            try commit(late[...])
            late = changes
        case .commitsInHalves:
            if changes.count > 1 { try commit(changes[..<(changes.count / 2)]) }
            try commit(changes[...])
        case .hidesFaults:
            do throws(DiskFault) { try commit(changes[...]) } catch { store.discard() }
        }
    }

    private mutating func commit(_ changes: ArraySlice<Change>) throws(DiskFault) {
        for change in changes {
            if let value = change.value {
                try store.put(change.key.span, value.span)
            } else {
                try store.delete(change.key.span)
            }
        }
        try store.commit()
    }

    public var isDamaged: Bool { store.isDamaged }

    public var isStale: Bool { store.isStale }

    public mutating func forgetDamage() throws(DiskFault) { try store.forgetDamage() }

    public mutating func forEach(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        try store.forEach(visit)
    }
}
