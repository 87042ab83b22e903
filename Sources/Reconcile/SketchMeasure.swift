import Base
import CRDT

/// How many bytes tell heads, tier by tier: for trials, which cannot see the tiers themselves.
package enum SketchMeasure {
    /// Bytes of the shortest prefix of a sketch by which one node finds another's heads: 0 where
    /// the root alone does; `nil` where 24 elements do not.
    package static func bytes<Hash: KeyedHash>(
        _ ours: borrowing HeadTable, _ theirs: borrowing HeadTable,
        _ history: borrowing HeadsHistory, actors: Int, roots: HeadsRoot<Hash>
    ) -> Double? {
        let root = roots.root(of: theirs)
        var found = HeadTable()
        var guess = RootGuess()
        if guess.search(
            root, of: Actor(raw: 1), heads: ours, actors: actors, history: history, roots: roots,
            into: &found)
        {
            return equal(found, theirs) ? 0 : nil
        }
        var decoder = SketchDecoder(actors: actors)
        for units in 1...GraySketch.mostUnits {
            var difference = decoder.sketch(of: ours, units: units)
            difference.add(decoder.sketch(of: theirs, units: units))
            if decoder.decode(
                difference, units: units, base: ours, rootDifference: root ^ history.root,
                roots: roots, isThorough: true, into: &found)
            {
                return equal(found, theirs) ? Double(units * decoder.bits) / 8 : nil
            }
        }
        return nil
    }

    /// Bytes of the lags since a moment by which one node finds another's heads.
    package static func bytesOfLags(
        _ theirs: borrowing HeadTable, _ later: borrowing HeadsHistory,
        _ ours: borrowing HeadTable, _ history: borrowing HeadsHistory, since moment: UInt32,
        actors: Int
    ) -> Double? {
        var vector = LagVector()
        var frame = ShortBytes<255>()
        let fits = frame.fill { out in
            vector.write(
                theirs, since: moment, actors: actors, history: later, limit: 255, to: &out)
        }
        var found = HeadTable()
        guard fits,
            (try? vector.read(
                frame.span, heads: ours, actors: actors, history: history, into: &found)) != nil
        else { return nil }
        return equal(found, theirs) ? Double(frame.count) : nil
    }

    private static func equal(_ a: borrowing HeadTable, _ b: borrowing HeadTable) -> Bool {
        for raw in 0..<Actor.tableSize where a[raw] != b[raw] { return false }
        return true
    }
}
