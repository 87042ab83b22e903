import Base
import CRDT
import Crypto

/// Seals this node's frames and opens those of others: one key a sender, derived from the mesh's
/// key, its number and its incarnation, so that no two writers ever share one (law 2).
public struct KeyRing: ~Copyable {
    /// What is known of one sender's frame counter.
    struct Seen {
        /// One more than the highest authentic counter.
        var next: UInt64 = 0
        /// Bit `i`: the frame `next - 1 - i` was seen.
        var recent: UInt64 = 0
    }

    private var own: Actor
    private let epoch: UInt8
    private let meshKey: SecretKey
    private var keys: Slab<SecretKey?>
    private var seen: Slab<Seen>

    /// Keys of a mesh, for the node that has the number `own` there.
    public init(meshKey: SecretKey, epoch: UInt8, own: Actor) {
        self.meshKey = meshKey
        self.epoch = epoch
        self.own = own
        keys = Slab(repeating: nil, count: Actor.tableSize)
        seen = Slab(repeating: Seen(), count: Actor.tableSize)
    }

    /// Takes another number: what others' counters are, stays.
    public mutating func become(_ number: Actor) { own = number }

    /// The sender's counter as far as it was seen: what is kept on flash, so that a frame from
    /// before a restart is not taken twice.
    public func counter(of sender: Actor) -> UInt64 { seen[Int(sender.raw)].next }

    /// Takes in what was on flash.
    public mutating func restore(counter: UInt64, of sender: Actor) {
        seen[Int(sender.raw)] = Seen(next: counter, recent: .max)
    }

    /// Appends a whole frame: header, what `payload` writes, sealed, and the tag.
    ///
    /// - Parameter counter: From a `CounterBlock`; never used before.
    public mutating func seal(
        _ kind: FrameKind, counter: UInt64, to out: inout OutputSpan<UInt8>,
        payload: (inout OutputSpan<UInt8>) -> Void
    ) {
        let header = FrameHeader(
            kind: kind, sender: own, counter: UInt32(truncatingIfNeeded: counter & 0xFF_FFFF))
        header.write(to: &out)
        payload(&out)
        let key = key(of: own)
        let tag: FixedBytes<16>
        do {
            var associated = InlineArray<5, UInt8>(repeating: 0)
            var frame = out.mutableSpan
            for index in 0..<FrameHeader.size { associated[index] = frame[index] }
            var text = frame._mutatingExtracting(FrameHeader.size..<frame.count)
            tag = key.seal(&text, associated: associated.span, counter: counter)
        }
        for index in 0..<FrameHeader.tagSize { out.append(tag[index]) }
    }

    /// Verifies a sealed frame and decrypts its payload in place.
    ///
    /// - Returns: The payload's place in `frame`.
    public mutating func open(
        _ header: FrameHeader, _ frame: inout MutableSpan<UInt8>
    ) throws(FrameError) -> Range<Int> {
        let end = frame.count - FrameHeader.tagSize
        guard end >= FrameHeader.size else { throw .truncated(size: frame.count) }
        guard header.sender != own else { throw .own }
        let counter = extend(header.counter, of: header.sender)
        guard isNew(counter, of: header.sender) else { throw .replayed }

        var associated = InlineArray<5, UInt8>(repeating: 0)
        for index in 0..<FrameHeader.size { associated[index] = frame[index] }
        var tag = FixedBytes<8>()
        for index in 0..<FrameHeader.tagSize { tag[index] = frame[end + index] }
        let key = key(of: header.sender)
        var text = frame._mutatingExtracting(FrameHeader.size..<end)
        guard
            key.open(
                &text, associated: associated.span, counter: counter, tag: tag.span)
        else { throw .notAuthentic }
        note(counter, of: header.sender)
        return FrameHeader.size..<end
    }

    private mutating func key(of sender: Actor) -> SecretKey {
        if let key = keys[Int(sender.raw)] { return key }
        let key = meshKey.derive(.frames, context: UInt64(epoch) << 32 | UInt64(sender.raw))
        keys[Int(sender.raw)] = key
        return key
    }

    /// The counter nearest to what was seen that has these low 24 bits.
    private func extend(_ low: UInt32, of sender: Actor) -> UInt64 {
        let next = seen[Int(sender.raw)].next
        let half: UInt64 = 1 << 23
        var counter = next & ~0xFF_FFFF | UInt64(low)
        if counter + half < next {
            counter += 1 << 24
        } else if counter >= next + half, counter >= 1 << 24 {
            counter -= 1 << 24
        }
        return counter
    }

    private func isNew(_ counter: UInt64, of sender: Actor) -> Bool {
        let seen = seen[Int(sender.raw)]
        guard counter < seen.next else { return true }
        let age = seen.next - 1 - counter
        return age < 64 && seen.recent >> age & 1 == 0
    }

    private mutating func note(_ counter: UInt64, of sender: Actor) {
        var entry = seen[Int(sender.raw)]
        if counter >= entry.next {
            let step = counter + 1 - entry.next
            entry.recent = step < 64 ? entry.recent << step | 1 : 1
            entry.next = counter + 1
        } else {
            entry.recent |= 1 << (entry.next - 1 - counter)
        }
        seen[Int(sender.raw)] = entry
    }
}
