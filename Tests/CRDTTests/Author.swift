import Base
import CRDT

/// Somebody who writes, with a replica of its own.
final class Author {
    let actor: Actor
    var replica: Replica
    private(set) var written: [Operation] = []

    init(_ raw: UInt8, capacity: Int = 64) {
        actor = Actor(raw: raw)
        replica = Replica(capacity: capacity)
    }

    /// Writes, knowing what its replica knows.
    @discardableResult
    func write(
        _ change: Change, _ key: String, at stamp: UInt32 = 1
    ) throws(ChangeError) -> Operation {
        let dot = Dot(actor, replica.received.head(of: actor) + 1)
        let operation = try replica.operation(
            dot, change, of: KeyName(.shared, Key(key)!), at: Stamp(raw: stamp))
        _ = replica.keep(operation)
        written.append(operation)
        return operation
    }

    func hear(_ operations: Operation...) { for each in operations { _ = replica.merge(each) } }

    /// The values of a register, in the order of their dots.
    func values(_ key: String) -> [String] {
        let name = KeyName(.shared, Key(key)!)
        var dots: [(Dot, String)] = []
        var place: Int?
        while let index = replica.nextValue(of: name, at: &place) {
            guard let operation = replica.live[index] else { continue }
            dots.append((operation.dot, operation.value.text))
        }
        return dots.sorted { $0.0 < $1.0 }.map { $0.1 }
    }

    func has(_ element: String, in key: String) -> Bool {
        replica.contains(Value(element)!, in: KeyName(.shared, Key(key)!))
    }

    func total(_ key: String) -> Int64? { replica.total(KeyName(.shared, Key(key)!))?.total }

    func rights(_ key: String, of raw: UInt8) -> UInt64 {
        replica.rights(KeyName(.shared, Key(key)!), of: Actor(raw: raw))
    }
}
