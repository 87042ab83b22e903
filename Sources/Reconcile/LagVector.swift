import Base
import CRDT

/// How far each actor's head has come since some moment: specified in `radio/wire.md` §9.
///
/// All nodes that hold the operations written up to that moment agree on the heads then, in
/// whatever order these arrived. Actors that wrote much before are expected to write much after:
/// each has a Rice parameter by its head then, divided by 2^scale. Where few wrote, these are
/// listed instead.
///
///       0       1      2
///     ┌───────────────┬───────────┬─────────────────────────────────────────────────
///     │ moment        │ scale     │ scale < 31: per actor from 1, its lag, Rice-coded
///     │ half minutes  │ 5 bits    │ 31: count 8, parameter 3, then gap and lag − 1 …
///     └───────────────┴───────────┴─────────────────────────────────────────────────
struct LagVector: ~Copyable {
    private static let sparse: UInt32 = 31

    private var then = HeadTable()

    init() {}

    /// Appends the lags of `heads` since `moment`.
    ///
    /// - Parameter limit: The most bytes.
    /// - Returns: Whether they fit; if not, what was written is of no use.
    mutating func write(
        _ heads: borrowing HeadTable, since moment: UInt32, actors: Int,
        history: borrowing HeadsHistory, limit: Int, to out: inout OutputSpan<UInt8>
    ) -> Bool {
        then.copy(from: heads)
        history.rewind(&then, to: history.count(upTo: moment))
        var writer = BitWriter(limit: limit)
        writer.append(moment & 0xFFFF, bits: 16, to: &out)
        let (scale, size) = bestScale(heads, actors)
        let (gapParameter, listSize) = bestList(heads, actors)
        if listSize < size {
            writer.append(Self.sparse, bits: 5, to: &out)
            list(heads, actors, gapParameter, &writer, &out)
        } else {
            writer.append(UInt32(scale), bits: 5, to: &out)
            for raw in 1..<(actors + 1) {
                writer.append(rice: lag(heads, raw), parameter(raw, scale), to: &out)
            }
        }
        writer.finish(to: &out)
        return !writer.overflowed
    }

    private func lag(_ heads: borrowing HeadTable, _ raw: Int) -> UInt32 {
        heads[raw] > then[raw] ? heads[raw] - then[raw] : 0
    }

    /// The Rice parameter of an actor whose head was this.
    private func parameter(_ raw: Int, _ scale: Int) -> Int {
        let expected = then[raw] >> UInt32(scale)
        return expected == 0 ? 0 : min(31 - expected.leadingZeroBitCount, 20)
    }

    private func bestScale(_ heads: borrowing HeadTable, _ actors: Int) -> (Int, Int) {
        var best = (scale: 0, size: Int.max)
        for scale in 0..<24 {
            var size = 0
            for raw in 1..<(actors + 1) {
                size += riceSize(lag(heads, raw), parameter(raw, scale))
            }
            if size < best.size { best = (scale, size) }
        }
        return best
    }

    private func bestList(_ heads: borrowing HeadTable, _ actors: Int) -> (Int, Int) {
        var best = (parameter: 0, size: Int.max)
        for parameter in 0..<8 {
            var size = 8 + 3
            var last = 0
            var count = 0
            for raw in 1..<(actors + 1) where lag(heads, raw) > 0 {
                size += riceSize(UInt32(raw - last - 1), parameter)
                size += riceSize(lag(heads, raw) - 1, 0)
                last = raw
                count += 1
            }
            if count < 256, size < best.size { best = (parameter, size) }
        }
        return best
    }

    private func list(
        _ heads: borrowing HeadTable, _ actors: Int, _ parameter: Int,
        _ writer: inout BitWriter, _ out: inout OutputSpan<UInt8>
    ) {
        var count: UInt32 = 0
        for raw in 1..<(actors + 1) where lag(heads, raw) > 0 { count += 1 }
        writer.append(count, bits: 8, to: &out)
        writer.append(UInt32(parameter), bits: 3, to: &out)
        var last = 0
        for raw in 1..<(actors + 1) where lag(heads, raw) > 0 {
            writer.append(rice: UInt32(raw - last - 1), parameter, to: &out)
            writer.append(rice: lag(heads, raw) - 1, 0, to: &out)
            last = raw
        }
    }

    /// The sender's heads, where this node agrees with it on what they were at the moment; the
    /// root has to judge them.
    ///
    /// - Parameters:
    ///   - heads: This node's.
    ///   - theirs: Takes the sender's.
    mutating func read(
        _ bytes: Span<UInt8>, heads: borrowing HeadTable, actors: Int,
        history: borrowing HeadsHistory, into theirs: inout HeadTable
    ) throws(Truncated) {
        var reader = BitReader(bytes)
        let low = try reader.take(16)
        let scale = Int(try reader.take(5))
        then.copy(from: heads)
        history.rewind(&then, to: history.count(upTo: Self.moment(low, history)))
        theirs.copy(from: then)
        if scale == Int(Self.sparse) {
            let count = try reader.take(8)
            let parameter = Int(try reader.take(3))
            var last: UInt32 = 0
            for _ in 0..<Int(count) {
                let gap = try reader.takeRice(parameter)
                guard gap < UInt32(Actor.tableSize), last + gap + 1 < UInt32(Actor.tableSize)
                else { throw Truncated() }
                last += gap + 1
                theirs[Int(last)] &+= (try reader.takeRice(0)) &+ 1
            }
        } else {
            for raw in 1..<(actors + 1) {
                // Actors that only this node knows have not written anything since.
                guard reader.remaining > 0 else { return }
                theirs[raw] &+= try reader.takeRice(parameter(raw, scale))
            }
        }
    }

    /// The moment nearest to the history's last that ends in these 16 bits (22 days).
    private static func moment(_ low: UInt32, _ history: borrowing HeadsHistory) -> UInt32 {
        let last = history.count == 0 ? 0 : history[history.count - 1].stamp
        let behind = Int32(Int16(truncatingIfNeeded: Int32(last & 0xFFFF) - Int32(low)))
        return UInt32(max(0, Int32(last) - behind))
    }
}
