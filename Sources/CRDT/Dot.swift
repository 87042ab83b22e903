/// Who writes: a node's short address, leased once per epoch of the mesh, `1...254`.
public struct Actor: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// The address as it travels; 0 is nobody.
    public let raw: UInt8

    /// The actor with this address.
    public init(raw: UInt8) { self.raw = raw }

    /// One more than the highest address: the size of a table by actor.
    public static var tableSize: Int { 256 }

    public static func < (a: Actor, b: Actor) -> Bool { a.raw < b.raw }
}

/// The name of one operation: the `sequence`th of its actor, counted from 1 without gaps.
public struct Dot: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// Who wrote.
    public var actor: Actor
    /// Which of the actor's operations.
    public var sequence: UInt32

    /// A dot.
    public init(_ actor: Actor, _ sequence: UInt32) {
        self.actor = actor
        self.sequence = sequence
    }

    public static func < (a: Dot, b: Dot) -> Bool {
        a.actor != b.actor ? a.actor < b.actor : a.sequence < b.sequence
    }
}
