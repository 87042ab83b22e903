/// What a state machine asks of the world, in order, until the caller has carried it out.
///
/// A ring of fixed capacity: carrying out one effect may call the machine again, which adds more.
public struct Effects<Effect>: ~Copyable {
    private var ring: Slab<Effect?>
    private var head = 0

    /// How many effects wait.
    public private(set) var count = 0

    /// - Parameter capacity: More than the machine can ask for before the caller takes one.
    public init(capacity: Int) { ring = Slab(repeating: nil, count: capacity) }

    /// Whether no effect waits.
    public var isEmpty: Bool { count == 0 }

    /// Adds an effect behind the others.
    ///
    /// - Precondition: There is room. A machine that asks for more than its documented most is
    ///   our mistake, not the world's.
    public mutating func append(_ effect: Effect) {
        precondition(count < ring.count, "more effects than the buffer's capacity")
        ring[(head + count) % ring.count] = effect
        count += 1
    }

    /// Takes the oldest effect.
    public mutating func popFirst() -> Effect? {
        guard count > 0 else { return nil }
        let effect = ring[head]
        ring[head] = nil
        head = (head + 1) % ring.count
        count -= 1
        return effect
    }
}
