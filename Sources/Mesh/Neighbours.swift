import Base
import CRDT
import LoRa

/// Who is in earshot, and how well.
public struct Neighbours: ~Copyable {
    /// One node that was heard.
    public struct Neighbour: Sendable {
        /// Its number.
        public var actor: Actor
        /// When it was last heard.
        public var heardAt: Instant
        /// How its last frame was heard.
        public var signal: Signal
        /// How many of its frames were heard.
        public var frames: Int
        /// When a probe of it was last answered; `nil` before.
        public var echoedAt: Instant?
    }

    /// A member's probes are answered once in this time: whoever asks cannot spend all airtime of
    /// whoever answers.
    public static var echoInterval: Duration { .seconds(1) }

    private var table: Slab<Neighbour?>

    /// Room for `capacity` neighbours; when it is full, a new one takes the place of the one that
    /// has been silent longest.
    public init(capacity: Int) { table = Slab(repeating: nil, count: capacity) }

    /// Room for how many.
    public var capacity: Int { table.count }

    /// The neighbour at `index`, if there is one.
    public subscript(index: Int) -> Neighbour? { table[index] }

    /// The neighbour with this number, if it was heard.
    public subscript(actor: Actor) -> Neighbour? {
        for index in table.indices where table[index]?.actor == actor { return table[index] }
        return nil
    }

    /// An authentic frame was heard.
    public mutating func heard(_ actor: Actor, _ signal: Signal, at now: Instant) {
        var place = 0
        var oldest = Instant.distantFuture
        for index in table.indices {
            guard let present = table[index] else {
                if oldest > .start - .seconds(1) {
                    place = index
                    oldest = .start - .seconds(1)
                }
                continue
            }
            if present.actor == actor {
                table[index] = Neighbour(
                    actor: actor, heardAt: now, signal: signal, frames: present.frames + 1,
                    echoedAt: present.echoedAt)
                return
            }
            if present.heardAt < oldest {
                place = index
                oldest = present.heardAt
            }
        }
        table[place] = Neighbour(actor: actor, heardAt: now, signal: signal, frames: 1)
    }

    /// Whether a probe of a neighbour just heard is to be answered; if so, that is noted.
    public mutating func takeEcho(for actor: Actor, at now: Instant) -> Bool {
        for index in table.indices where table[index]?.actor == actor {
            if let last = table[index]?.echoedAt, now - last < Self.echoInterval { return false }
            table[index]?.echoedAt = now
            return true
        }
        return false
    }
}
