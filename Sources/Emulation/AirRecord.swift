import Base
import LoRa

/// A chip on the air, by number: `0..<count` of its `Air`.
public struct AirNode: Hashable, Sendable {
    /// The number.
    public let index: Int

    /// The chip of that number.
    public init(_ index: Int) { self.index = index }
}

/// Something that happened on the air, for those who watch.
public struct AirRecord: Equatable, Sendable {
    /// What happened.
    public enum Kind: Equatable, Sendable {
        /// A frame of `size` bytes began, and lasts for `timeOnAir`.
        case started(by: AirNode, size: Int, timeOnAir: Duration)
        /// A receiver got a whole frame.
        case received(by: AirNode, from: AirNode, Signal)
        /// A receiver had locked on a frame that others destroyed.
        case collided(at: AirNode, from: AirNode)
    }

    /// When.
    public var at: Instant
    /// What.
    public var kind: Kind
}

/// What one chip has done since the start.
public struct AirCounters: Equatable, Sendable {
    /// Frames begun, and their bytes.
    public var sentFrames = 0
    /// Bytes of the frames begun.
    public var sentBytes = 0
    /// How long it was on the air.
    public var timeOnAir = Duration.zero
    /// Frames received whole.
    public var received = 0
    /// Frames it had locked on that were destroyed.
    public var collided = 0
}

/// The last records, until somebody takes them; the oldest give way when it is full.
struct AirLog: ~Copyable {
    private var ring: Slab<AirRecord?>
    private var head = 0
    private var count = 0

    init(capacity: Int) { ring = Slab(repeating: nil, count: capacity) }

    mutating func append(_ record: AirRecord) {
        guard ring.count > 0 else { return }
        if count == ring.count {
            head = (head + 1) % ring.count
            count -= 1
        }
        ring[(head + count) % ring.count] = record
        count += 1
    }

    mutating func popFirst() -> AirRecord? {
        guard count > 0 else { return nil }
        defer {
            head = (head + 1) % ring.count
            count -= 1
        }
        return ring[head]
    }
}
