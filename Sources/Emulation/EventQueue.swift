import Base

/// When each node's activity goes on by itself: a heap, so that a thousand nodes cost little more
/// than ten. Of nodes that are due at the same moment, the lowest number comes first.
struct EventQueue: ~Copyable {
    private var moments: Slab<Instant>
    /// Nodes, each no later than the two behind it.
    private var heap: Slab<Int>
    /// Where in `heap` a node is.
    private var places: Slab<Int>

    /// No node has anything to come.
    init(count: Int) {
        moments = Slab(repeating: .distantFuture, count: count)
        heap = Slab(repeating: 0, count: count)
        places = Slab(repeating: 0, count: count)
        for index in 0..<count {
            heap[index] = index
            places[index] = index
        }
    }

    /// The first node that is due, and when.
    var first: (node: Int, moment: Instant)? {
        guard heap.count > 0, moments[heap[0]] != .distantFuture else { return nil }
        return (heap[0], moments[heap[0]])
    }

    /// A node's moment; `distantFuture` for none.
    subscript(node: Int) -> Instant {
        get { moments[node] }
        set {
            guard moments[node] != newValue else { return }
            moments[node] = newValue
            rise(from: places[node])
            sink(from: places[node])
        }
    }

    private func precedes(_ a: Int, _ b: Int) -> Bool {
        moments[a] == moments[b] ? a < b : moments[a] < moments[b]
    }

    private mutating func rise(from start: Int) {
        var place = start
        while place > 0, precedes(heap[place], heap[(place - 1) / 2]) {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    private mutating func sink(from start: Int) {
        var place = start
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2
            where child < heap.count && precedes(heap[child], heap[least]) {
                least = child
            }
            guard least != place else { return }
            exchange(place, least)
            place = least
        }
    }

    private mutating func exchange(_ a: Int, _ b: Int) {
        heap.swapAt(a, b)
        places[heap[a]] = a
        places[heap[b]] = b
    }
}

/// Some of an air's nodes, by rising number: those that send, those that hear.
struct NodeList: ~Copyable {
    private var nodes: Slab<Int>
    private(set) var count = 0

    init(capacity: Int) { nodes = Slab(repeating: 0, count: capacity) }

    subscript(place: Int) -> Int { nodes[place] }

    /// - Precondition: It is not among them.
    mutating func insert(_ node: Int) {
        var place = count
        while place > 0, nodes[place - 1] > node {
            nodes[place] = nodes[place - 1]
            place -= 1
        }
        nodes[place] = node
        count += 1
    }

    /// - Precondition: It is among them.
    mutating func remove(_ node: Int) {
        var place = 0
        while nodes[place] != node { place += 1 }
        count -= 1
        while place < count {
            nodes[place] = nodes[place + 1]
            place += 1
        }
    }
}
