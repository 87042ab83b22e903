import Base

/// Which operations of the replica are new to whoever watches, until they have been taken.
///
/// One frame can bring more news than effects have room for: so one effect says that there is
/// some, and this says what.
struct Changes: ~Copyable {
    private var isNew: Slab<Bool>
    private var next = 0

    /// Whether there is news that nobody was told of.
    private(set) var isEmpty = true

    init(capacity: Int) { isNew = Slab(repeating: false, count: capacity) }

    /// The operation at this index is new.
    ///
    /// - Returns: Whether it is the first news since all was taken.
    mutating func note(_ index: Int) -> Bool {
        let isFirst = isEmpty
        isNew[index] = true
        next = min(next, index)
        isEmpty = false
        return isFirst
    }

    /// Takes one of them, in the order of indices.
    mutating func take() -> Int? {
        guard !isEmpty else { return nil }
        while next < isNew.count {
            let index = next
            next += 1
            if isNew[index] {
                isNew[index] = false
                return index
            }
        }
        next = 0
        isEmpty = true
        return nil
    }
}
