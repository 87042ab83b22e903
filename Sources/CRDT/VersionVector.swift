import Base

/// Which operations of each actor are here: all up to a head, and some above it.
///
/// What lies more than 64 above the head is not remembered: it is fetched again in its turn.
public struct VersionVector: ~Copyable {
    /// One actor's part.
    public struct Interval: Equatable, Sendable {
        /// All operations `1...head` are here.
        public var head: UInt32 = 0
        /// Bit `i`: operation `head + 2 + i` is here. (`head + 1` is not, or it were the head.)
        public var ahead: UInt64 = 0

        /// Nothing is here.
        public init() {}

        /// An interval as it was stored.
        public init(head: UInt32, ahead: UInt64) {
            self.head = head
            self.ahead = ahead
        }

        func contains(_ sequence: UInt32) -> Bool {
            if sequence <= head { return sequence > 0 }
            let distance = sequence - head
            return distance >= 2 && distance < 66 && ahead >> UInt64(distance - 2) & 1 == 1
        }

        mutating func add(_ sequence: UInt32) -> Bool {
            guard sequence > head, !contains(sequence) else { return false }
            let distance = sequence - head
            guard distance < 66 else { return false }
            if distance >= 2 {
                ahead |= 1 << UInt64(distance - 2)
            } else {
                advance()
            }
            return true
        }

        mutating func raise(to sequence: UInt32) {
            guard sequence > head else { return }
            let distance = sequence - head
            ahead = distance < 65 ? ahead >> UInt64(distance - 1) : 0
            // Bit 0 stands for the operation after the new head now: take it in, if it is here.
            let next = ahead & 1 == 1
            ahead >>= 1
            head = sequence
            if next { advance() }
        }

        /// The operation after the head is here.
        private mutating func advance() {
            head += 1
            while ahead & 1 == 1 {
                head += 1
                ahead >>= 1
            }
            ahead >>= 1
        }
    }

    private var intervals: Slab<Interval>

    /// Nothing is here.
    public init() { intervals = Slab(repeating: Interval(), count: Actor.tableSize) }

    /// One actor's part, as it is stored.
    public subscript(actor: Actor) -> Interval {
        get { intervals[Int(actor.raw)] }
        set { intervals[Int(actor.raw)] = newValue }
    }

    /// All operations of the actor up to this one are here.
    public func head(of actor: Actor) -> UInt32 { intervals[Int(actor.raw)].head }

    /// Whether the operation is here.
    public func contains(_ dot: Dot) -> Bool {
        intervals[Int(dot.actor.raw)].contains(dot.sequence)
    }

    /// The operation is here now.
    /// - Returns: Whether that is new and remembered.
    public mutating func add(_ dot: Dot) -> Bool {
        intervals[Int(dot.actor.raw)].add(dot.sequence)
    }

    /// All of the actor's operations up to `sequence` are here, or superseded by others.
    public mutating func raise(_ actor: Actor, to sequence: UInt32) {
        intervals[Int(actor.raw)].raise(to: sequence)
    }

    /// Takes over another's whole content.
    public mutating func copy(from other: borrowing VersionVector) {
        intervals.copy(from: other.intervals)
    }
}
