import Base
import CRDT

/// The bodies of each actor's last eight operations, superseded or not: what coded repairs are
/// made of.
///
/// Bodies lie one behind the other in an arena. When it is full those that are no longer among
/// their actor's last eight are squeezed out, and then the oldest, until a quarter is free.
///
///       0       1      2 … 5      6 … 8    9 … 12   13 …
///     ┌───────┬──────┬──────────┬────────┬────────┬──────
///     │ actor │ size │ sequence │ stamp  │ check  │ body
///     └───────┴──────┴──────────┴────────┴────────┴──────
public struct RecentBodies: ~Copyable {
    /// How many operations of an actor are kept.
    public static let depth = 8
    private static let headerSize = 13
    private static let nowhere = UInt32.max

    private var arena: Slab<UInt8>
    private var end = 0
    /// Where the bodies are, by actor and sequence modulo eight.
    private var places: Slab<UInt32>

    /// Room for `capacity` bytes: 33 for an operation of 20, so that 64 KiB hold 1,900.
    public init(capacity: Int = 65_536) {
        precondition(capacity >= 1_024, "an arena without room for a body")
        arena = Slab(repeating: 0, count: capacity)
        places = Slab(repeating: Self.nowhere, count: Actor.tableSize * Self.depth)
    }

    /// Forgets all.
    mutating func removeAll() {
        end = 0
        for slot in places.indices { places[slot] = Self.nowhere }
    }

    /// Keeps a body, unless it is here or later ones have its place.
    ///
    /// - Parameter check: `HeadsRoot.check` of it; 0 where that is found when it is asked for.
    /// - Precondition: It has at most 255 bytes.
    mutating func insert(
        _ dot: Dot, stamp: UInt32, check: UInt32 = 0, _ body: Span<UInt8>
    ) {
        precondition(body.count <= 255, "a body longer than a frame")
        let slot = Self.slot(dot)
        if places[slot] != Self.nowhere, sequence(at: Int(places[slot])) >= dot.sequence { return }
        let size = Self.headerSize + body.count
        if end + size > arena.count { squeeze() }
        places[slot] = UInt32(end)
        arena[end] = dot.actor.raw
        arena[end + 1] = UInt8(body.count)
        store(dot.sequence, at: end + 2, size: 4)
        store(stamp, at: end + 6, size: 3)
        store(check, at: end + 9, size: 4)
        arena.copy(body, to: end + Self.headerSize)
        end += size
    }

    /// Whether the operation's body is here.
    func contains(_ dot: Dot) -> Bool { place(dot) != nil }

    /// The operation's body.
    @_lifetime(borrow self)
    borrowing func body(_ dot: Dot) -> Span<UInt8>? {
        guard let place = place(dot) else { return nil }
        let start = place + Self.headerSize
        return arena.span.extracting(start..<(start + Int(arena[place + 1])))
    }

    /// How many bytes the body has.
    func size(_ dot: Dot) -> Int? { place(dot).map { Int(arena[$0 + 1]) } }

    /// When the operation was written, in half minutes.
    func stamp(_ dot: Dot) -> UInt32? { place(dot).map { load(at: $0 + 6, size: 3) } }

    /// `HeadsRoot.check` of the operation.
    func check<Hash>(_ dot: Dot, _ roots: HeadsRoot<Hash>) -> UInt32? {
        guard let place = place(dot), let body = body(dot) else { return nil }
        let known = load(at: place + 9, size: 4)
        return known != 0 ? known : roots.check(dot, body)
    }

    private static func slot(_ dot: Dot) -> Int {
        Int(dot.actor.raw) * depth + Int(dot.sequence % UInt32(depth))
    }

    private func place(_ dot: Dot) -> Int? {
        let place = places[Self.slot(dot)]
        guard place != Self.nowhere, sequence(at: Int(place)) == dot.sequence else { return nil }
        return Int(place)
    }

    private func sequence(at place: Int) -> UInt32 { load(at: place + 2, size: 4) }

    // MARK: The arena

    private mutating func squeeze() {
        var live = 0
        var place = 0
        while place < end {
            let size = Self.headerSize + Int(arena[place + 1])
            if isLive(place) { live += size }
            place += size
        }
        var excess = live - arena.count * 3 / 4
        var target = 0
        place = 0
        while place < end {
            let size = Self.headerSize + Int(arena[place + 1])
            if isLive(place) {
                let slot = slot(at: place)
                if excess > 0 {
                    excess -= size
                    places[slot] = Self.nowhere
                } else {
                    arena.move(place..<(place + size), to: target)
                    places[slot] = UInt32(target)
                    target += size
                }
            }
            place += size
        }
        end = target
    }

    private func slot(at place: Int) -> Int {
        Self.slot(Dot(Actor(raw: arena[place]), sequence(at: place)))
    }

    private func isLive(_ place: Int) -> Bool { places[slot(at: place)] == UInt32(place) }

    private mutating func store(_ value: UInt32, at place: Int, size: Int) {
        for index in 0..<size {
            arena[place + index] = UInt8(truncatingIfNeeded: value >> UInt32(8 * index))
        }
    }

    private func load(at place: Int, size: Int) -> UInt32 {
        var value: UInt32 = 0
        for index in 0..<size { value |= UInt32(arena[place + index]) << UInt32(8 * index) }
        return value
    }
}
