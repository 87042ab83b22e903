import Base

/// Operations that came before their turn: something of their author is missing below them.
///
/// They wait in RAM, neither merged nor claimed. Where there is no room they are forgotten, and
/// fetched again in their turn.
struct Held: ~Copyable {
    /// How many wait at most.
    static let capacity = 64

    private var table = Slab<Operation?>(repeating: nil, count: capacity)
    private var count = 0

    /// Keeps an operation.
    ///
    /// - Returns: Whether it was not here, and there was room.
    mutating func keep(_ operation: Operation) -> Bool {
        var free: Int?
        for index in table.indices {
            guard let other = table[index] else {
                free = free ?? index
                continue
            }
            if other.dot == operation.dot { return false }
        }
        guard let free else { return false }
        table[free] = operation
        count += 1
        return true
    }

    /// Takes the actor's operation after `head` out, and forgets those up to it.
    mutating func take(_ actor: Actor, after head: UInt32) -> Operation? {
        guard count > 0 else { return nil }
        var next: Operation?
        for index in table.indices {
            guard let operation = table[index], operation.dot.actor == actor else { continue }
            guard operation.dot.sequence <= head &+ 1 else { continue }
            if operation.dot.sequence == head &+ 1 { next = operation }
            table[index] = nil
            count -= 1
        }
        return next
    }
}
