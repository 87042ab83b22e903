import Base

/// The flash of a simulated node: what lies on it outlives the node's process.
public final class Platter {
    /// What is durable, by key.
    public private(set) var records: [[UInt8]: [UInt8]] = [:]
    /// How many batches were committed.
    public private(set) var commits = 0
    /// Every write fails with this, while it is set.
    public var fault: DiskFault?
    /// Every commit fails with this, while it is set; writes before it do not.
    public var commitFault: DiskFault?
    /// The node's power is lost in this many more commits, in the midst of that one.
    public var commitsUntilCut: Int?
    /// Whether the batch of the commit that power is lost in is on flash nevertheless.
    public var cutKeepsBatch = false
    /// Whether power is lost: whoever runs the node ends it, and what it says from here on never
    /// was.
    public private(set) var isCut = false

    /// An empty flash.
    public init() {}

    /// Power is back: what was durable is there.
    public func restorePower() {
        isCut = false
        commitsUntilCut = nil
    }

    /// Whether records were lost, and nobody has dealt with that yet.
    public private(set) var isDamaged = false
    /// Whether batches were.
    public private(set) var isStale = false
    /// Stands in a batch for having dealt with it.
    fileprivate static let damageMark: [UInt8] = [0xFE]

    /// The card loses some records.
    ///
    /// - Parameter isNoticed: Whether the store knows of it.
    public func lose(isNoticed: Bool = true, where isLost: ([UInt8]) -> Bool) {
        for key in records.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) where isLost(key) {
            records[key] = nil
        }
        if isNoticed { isDamaged = true }
    }

    /// The card holds these records instead, and they are all right.
    public func put(_ records: [[UInt8]: [UInt8]]) {
        self.records = records
        isDamaged = false
        isStale = false
    }

    /// The card has lost all batches since it held these records.
    public func fallBack(to records: [[UInt8]: [UInt8]]) {
        self.records = records
        isDamaged = true
        isStale = true
    }

    fileprivate func commit(_ batch: [(key: [UInt8], value: [UInt8]?)]) throws(DiskFault) {
        if let fault = fault ?? commitFault { throw fault }
        if let left = commitsUntilCut {
            commitsUntilCut = left - 1
            if left <= 1 { isCut = true }
        }
        guard !isCut || (cutKeepsBatch && commitsUntilCut == 0) else { throw .system(code: 0) }
        for (key, value) in batch {
            if key == Self.damageMark {
                isDamaged = false
                isStale = false
            } else {
                records[key] = value
            }
        }
        commits += 1
        if isCut { throw .system(code: 0) }
    }
}

/// A disk on a platter: batches are kept whole or not at all.
public struct SimulatedDisk: Disk, ~Copyable {
    private let platter: Platter
    private var batch: [(key: [UInt8], value: [UInt8]?)] = []

    /// A disk that writes to the platter.
    public init(_ platter: Platter) { self.platter = platter }

    public mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>) throws(DiskFault) {
        if let fault = platter.fault { throw fault }
        batch.append((Array(key), Array(value)))
    }

    public mutating func delete(_ key: Span<UInt8>) throws(DiskFault) {
        if let fault = platter.fault { throw fault }
        batch.append((Array(key), nil))
    }

    public var isDamaged: Bool { platter.isDamaged }

    public var isStale: Bool { platter.isStale }

    public mutating func forgetDamage() throws(DiskFault) {
        if let fault = platter.fault { throw fault }
        batch.append((Platter.damageMark, nil))
    }

    public mutating func commit() throws(DiskFault) {
        let batch = batch
        self.batch.removeAll(keepingCapacity: true)
        try platter.commit(batch)
    }

    public mutating func discard() { batch.removeAll(keepingCapacity: true) }

    public mutating func forEach(
        _ visit: (Span<UInt8>, Span<UInt8>) throws(DiskFault) -> Void
    ) throws(DiskFault) {
        for key in platter.records.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard let value = platter.records[key] else { continue }
            try visit(key.span, value.span)
        }
    }
}

extension Array where Element == UInt8 {
    fileprivate init(_ span: Span<UInt8>) {
        self = span.withUnsafeBufferPointer { Array($0) }
    }
}
