import Base

/// The bodies of the operations that hold, one behind the other.
///
///       0      3      4 …
///     ┌──────┬──────┬──────
///     │ whose│ size │ body
///     └──────┴──────┴──────
///
/// There is room for the longest of each, of which only what bodies were written to takes memory:
/// they are squeezed together when a third of it is of those that are gone.
struct BodyArena: ~Copyable {
    private static let headerSize = 4
    /// Below this squeezing gains nothing that matters.
    private static let slack = 1 << 15

    private var bytes: Slab<UInt8>
    private var end = 0
    /// Bytes of bodies that are gone.
    private var gone = 0

    init(capacity: Int) {
        bytes = Slab(unwritten: capacity * (Self.headerSize + Operation.bodyCapacity))
    }

    @_lifetime(borrow self)
    func body(at place: UInt32, _ size: UInt8) -> Span<UInt8> {
        let start = Int(place) + Self.headerSize
        return bytes.span.extracting(start..<(start + Int(size)))
    }

    /// Whether bodies are to be squeezed together before one of so many bytes is appended.
    func isFull(for size: Int) -> Bool {
        end + Self.headerSize + size > bytes.count || gone > max(end / 3, Self.slack)
    }

    /// - Returns: Its place.
    mutating func append(_ body: Span<UInt8>, of index: Int) -> UInt32 {
        let place = end
        bytes[place] = UInt8(truncatingIfNeeded: index)
        bytes[place + 1] = UInt8(truncatingIfNeeded: index >> 8)
        bytes[place + 2] = UInt8(truncatingIfNeeded: index >> 16)
        bytes[place + 3] = UInt8(body.count)
        bytes.copy(body, to: place + Self.headerSize)
        end += Self.headerSize + body.count
        return UInt32(place)
    }

    /// A body of so many bytes is gone.
    mutating func forget(_ size: Int) { gone += Self.headerSize + size }

    /// Moves bodies to where those before them were.
    mutating func squeeze(_ entries: inout Slab<LiveOperations.Entry>) {
        var target = 0
        var place = 0
        while place < end {
            let index = Int(bytes[place]) | Int(bytes[place + 1]) << 8 | Int(bytes[place + 2]) << 16
            let size = Self.headerSize + Int(bytes[place + 3])
            if entries[index].size > 0, entries[index].place == UInt32(place) {
                entries[index].place = UInt32(target)
                if target < place { bytes.move(place..<(place + size), to: target) }
                target += size
            }
            place += size
        }
        end = target
        gone = 0
    }
}
