import Base

/// What is done to a store, batch by batch, and what it must hold after each: all follows from the
/// seed. Keys are as those of a node's records, values as long.
public struct StoreHistory {
    /// Bytes of the log that it is led into: some dozens of batches fill it, so that it begins anew.
    static let logSize = 1 << 17

    /// One record put, or taken away where there is no value.
    public struct Change: Sendable {
        /// 0x20, an author, and a sequence number: six bytes, the most significant first.
        public let key: UInt64
        public let value: [UInt8]?

        /// The key as the store takes it.
        public var keyBytes: [UInt8] {
            (0..<6).map { UInt8(truncatingIfNeeded: key >> (40 - 8 * UInt64($0))) }
        }

        /// Records of an author whom no history has.
        static let extra = (0..<3).map {
            Change(key: 0x20_09_0000_0000 | UInt64($0), value: [UInt8](repeating: 9, count: 40))
        }
    }

    /// What a worker does beside, after a batch.
    public enum Pause { case none, reading, opening }

    private var dice: Dice
    private let keys: Int
    /// The number of the last batch.
    public private(set) var number = 0
    /// What the store holds after it.
    public private(set) var content = StoreContent()

    /// - Parameter keys: From so many each author's records are.
    public init(seed: UInt64, keys: Int = 60) {
        dice = Dice(seed: seed)
        self.keys = keys
    }

    /// The next batch. `content` is as after it.
    public mutating func next() -> [Change] {
        number += 1
        let isLarge = dice.roll(0..<50) == 0
        let changes = (0..<(isLarge ? dice.roll(300..<900) : dice.roll(1..<41))).map { _ in
            change(isLarge: isLarge)
        }
        for change in changes { content.apply(change) }
        return changes
    }

    /// What to do after the batch.
    public mutating func pause() -> Pause {
        switch dice.roll(0..<25) {
        case 0: .opening
        case 1: .reading
        default: .none
        }
    }

    private mutating func change(isLarge: Bool) -> Change {
        let author = UInt64(dice.roll(1..<6))
        let sequence = UInt64(dice.roll(0..<(isLarge ? keys * 4 : keys)))
        let key = 0x20_00_0000_0000 | author << 32 | sequence
        guard dice.roll(0..<4) > 0 else { return Change(key: key, value: nil) }
        var value: [UInt8] = []
        let size = dice.roll(10..<151)
        value.reserveCapacity(size + 8)
        while value.count < size {
            withUnsafeBytes(of: dice.next()) { value.append(contentsOf: $0) }
        }
        return Change(key: key, value: Array(value.prefix(size)))
    }
}

/// Which records a store holds, as a sum that does not depend on their order; comparable within this
/// process.
public struct StoreContent: Equatable, Sendable {
    private var sum = 0
    private var records: [UInt64: Int] = [:]

    /// Nothing.
    public init() {}

    /// How many records there are.
    public var count: Int { records.count }

    public static func == (left: Self, right: Self) -> Bool {
        left.sum == right.sum && left.count == right.count
    }

    mutating func apply(_ change: StoreHistory.Change) {
        if let old = records.removeValue(forKey: change.key) { sum &-= old }
        guard let value = change.value else { return }
        let hash = value.withUnsafeBytes { Self.hash(change.key, $0) }
        records[change.key] = hash
        sum &+= hash
    }

    /// The sum alone, to be kept for each of many batches.
    var digest: StoreDigest { StoreDigest(sum: sum, count: count) }

    /// What tells a record from others.
    static func hash(_ key: UInt64, _ value: UnsafeRawBufferPointer) -> Int {
        var hasher = Hasher()
        hasher.combine(key)
        hasher.combine(bytes: value)
        return hasher.finalize()
    }
}

/// A store's content in two numbers.
struct StoreDigest: Hashable, Sendable {
    var sum = 0
    var count = 0

    /// Reads all of a store. A key that is none of a history's is taken as 0.
    static func of<Store: Disk & ~Copyable>(_ store: inout Store) throws(DiskFault) -> StoreDigest {
        var digest = StoreDigest()
        try store.forEach { (key, value) throws(DiskFault) in
            let number = key.withUnsafeBytes { bytes in
                bytes.count == 6 ? bytes.reduce(0) { $0 << 8 | UInt64($1) } : 0
            }
            digest.sum &+= value.withUnsafeBytes { StoreContent.hash(number, $0) }
            digest.count += 1
        }
        return digest
    }
}
