import Base
import CRDT

/// Finds a neighbour's heads from its sketch and its root.
///
///     sketches' difference ─▶ positions that differ ─▶ lags of 1…4 ─▶ root: as is, or with a
///     few lags changed by multiples of four ─▶ heads
///
/// The root judges each hypothesis. Beyond its capacity the sketch is tried with each position
/// toggled, which wins one difference more.
struct SketchDecoder: ~Copyable {
    private(set) var field: BinaryField
    /// The highest address among the actors: both sides must agree on its field.
    private(set) var actors: Int

    /// Positions found, at most one a unit and one more.
    private var positions: Slab<UInt16>
    private var positionCount = 0
    private var found: Slab<Finding>
    private var foundCount = 0
    private var atoms = AtomTable(capacity: 1024)

    // Berlekamp-Massey's polynomials, and the power sums.
    private var locator: Slab<UInt16>
    private var previous: Slab<UInt16>
    private var spare: Slab<UInt16>
    private var sums: Slab<UInt16>

    /// What positions say of one actor.
    struct Finding {
        var raw = 0
        var toggled: UInt8 = 0
        /// The nearest lag that fits, and the next.
        var lag = 0
        var otherLag = 0
        /// What choosing the other does to the root.
        var effect: UInt32 = 0
    }

    init(actors: Int) {
        self.actors = actors
        field = BinaryField(bits: GraySketch.bits(actors: actors))
        let most = GraySketch.mostUnits + 1
        positions = Slab(repeating: 0, count: most)
        found = Slab(repeating: Finding(), count: most)
        locator = Slab(repeating: 0, count: most)
        previous = Slab(repeating: 0, count: most)
        spare = Slab(repeating: 0, count: most)
        sums = Slab(repeating: 0, count: 2 * most)
    }

    /// Makes room for more actors; allocates where they need a larger field.
    mutating func grow(to actors: Int) {
        guard actors > self.actors else { return }
        self.actors = actors
        let bits = GraySketch.bits(actors: actors)
        if bits > field.bits { field = BinaryField(bits: bits) }
    }

    var bits: Int { field.bits }
    var units: Int { GraySketch.units(bits: field.bits) }

    /// The sketch of heads.
    func sketch(of heads: borrowing HeadTable, units: Int) -> GraySketch {
        var sketch = GraySketch()
        for raw in 1...max(actors, 1) where heads[raw] & 3 != 0 {
            sketch.move(raw, from: 0, to: heads[raw], units: units, field)
        }
        return sketch
    }

    /// Heads of the neighbour whose sketch differs by `difference` from those of `base`.
    ///
    /// - Parameters:
    ///   - rootDifference: The neighbour's root and that of `base`, combined by exclusive or.
    ///   - isThorough: Whether to try toggled positions, too.
    ///   - theirs: Takes the heads; changed only where they were found.
    /// - Returns: Whether they were.
    mutating func decode<Hash: KeyedHash>(
        _ difference: GraySketch, units: Int, base: borrowing HeadTable, rootDifference: UInt32,
        roots: HeadsRoot<Hash>, isThorough: Bool, into theirs: inout HeadTable
    ) -> Bool {
        if locate(difference, units: units),
            judge(base, rootDifference, roots, &theirs)
        {
            return true
        }
        guard isThorough else { return false }
        for position in 1...(2 * max(actors, 1)) {
            var toggled = difference
            toggled.toggle(position, units: units, field)
            guard locate(toggled, units: units), positionCount == units else { continue }
            guard append(position), judge(base, rootDifference, roots, &theirs) else { continue }
            return true
        }
        return false
    }

    /// The same against what heads were at any moment of the history before now.
    ///
    /// - Returns: The index of the first operation that was not counted; `nil` where none fits.
    mutating func decodePast<Hash: KeyedHash>(
        _ sketch: GraySketch, root: UInt32, units: Int, heads: borrowing HeadTable,
        history: borrowing HeadsHistory, roots: HeadsRoot<Hash>, scratch: inout HeadTable,
        into theirs: inout HeadTable
    ) -> Int? {
        scratch.copy(from: heads)
        var difference = self.sketch(of: heads, units: units)
        difference.add(sketch)
        var index = history.count
        while index > 0 {
            index -= 1
            let entry = history[index]
            let head = scratch[entry.raw]
            let before = head >= UInt32(entry.steps) ? head - UInt32(entry.steps) : 0
            difference.move(entry.raw, from: head, to: before, units: units, field)
            scratch[entry.raw] = before
            // One short of the capacity: nearly every sketch that holds too much seems to hold just
            // as much as it can, and the search of positions is what takes time.
            guard locate(difference, units: units, atMost: units - 1) else { continue }
            let rootDifference = root ^ history.root(before: index)
            if judge(scratch, rootDifference, roots, &theirs) { return index }
        }
        return nil
    }

    // MARK: Positions

    /// Berlekamp-Massey (Massey: "Shift-register synthesis and BCH decoding", 1969) for odd power
    /// sums over a field of characteristic two, then a search of all positions.
    ///
    /// - Returns: Whether as many positions fit as the locator's degree says.
    private mutating func locate(
        _ sketch: GraySketch, units: Int, atMost most: Int = GraySketch.mostUnits
    ) -> Bool {
        guard let degree = synthesize(sketch, units: units), degree <= most else { return false }
        positionCount = 0
        guard degree > 0 else { return true }
        var position: UInt16 = 1
        let last = UInt16(2 * actors)
        while position <= last {
            var value = locator[0]
            for index in 1...degree {
                value = field.multiply(value, position) ^ locator[index]
            }
            if value == 0 {
                positions[positionCount] = position
                positionCount += 1
                if positionCount == degree { return true }
            }
            position += 1
        }
        return false
    }

    private mutating func synthesize(_ sketch: GraySketch, units: Int) -> Int? {
        for unit in 0..<units { sums[2 * unit + 1] = sketch[unit] }
        for half in 1...units { sums[2 * half] = field.multiply(sums[half], sums[half]) }
        for index in locator.indices {
            locator[index] = index == 0 ? 1 : 0
            previous[index] = index == 0 ? 1 : 0
        }
        var length = 0
        var shift = 1
        var scale: UInt16 = 1
        for step in 0..<units {
            let index = 2 * step + 1  // Discrepancies of even index are zero.
            var discrepancy = sums[index]
            for term in 0..<length {
                discrepancy ^= field.multiply(locator[term + 1], sums[index - term - 1])
            }
            if discrepancy != 0 {
                let factor = field.multiply(discrepancy, field.inverse(scale))
                guard shift <= units else { return nil }
                let isLonger = 2 * length < index
                if isLonger { spare.copy(from: locator) }
                for term in shift..<(units + 1) {
                    locator[term] ^= field.multiply(factor, previous[term - shift])
                }
                if isLonger {
                    length = index - length
                    guard length <= units else { return nil }
                    previous.copy(from: spare)
                    scale = discrepancy
                    shift = 0
                }
            }
            shift += 2
        }
        return length == 0 || locator[length] != 0 ? length : nil
    }

    /// Takes a toggled position into those found, or out of them.
    private mutating func append(_ position: Int) -> Bool {
        for index in 0..<positionCount where positions[index] == UInt16(position) {
            return false  // Without it there are fewer than the sketch can hold.
        }
        guard positionCount < positions.count else { return false }
        positions[positionCount] = UInt16(position)
        positionCount += 1
        return true
    }

    // MARK: Lags

    private mutating func judge<Hash: KeyedHash>(
        _ base: borrowing HeadTable, _ rootDifference: UInt32, _ roots: HeadsRoot<Hash>,
        _ theirs: inout HeadTable
    ) -> Bool {
        guard collect(base) else { return false }
        var rest = rootDifference
        for index in 0..<foundCount {
            let finding = found[index]
            let head = base[finding.raw]
            let nearest = Self.moved(head, finding.lag)
            rest ^= roots.step(finding.raw, from: head, to: nearest)
            found[index].effect = roots.step(
                finding.raw, from: nearest, to: Self.moved(head, finding.otherLag))
        }
        if rest == 0 { return accept(0, nil, nil, base, &theirs) }
        fillAtoms(base, roots)
        return search(rest, base, &theirs)
    }

    /// Positions to actors and lags.
    private mutating func collect(_ base: borrowing HeadTable) -> Bool {
        foundCount = 0
        for index in 0..<positionCount {
            let raw = (Int(positions[index]) + 1) / 2
            let bit: UInt8 = positions[index] & 1 == 1 ? 1 : 2
            var place = 0
            while place < foundCount, found[place].raw != raw { place += 1 }
            if place == foundCount {
                found[place] = Finding(raw: raw)
                foundCount += 1
            }
            found[place].toggled ^= bit
        }
        for index in 0..<foundCount {
            let head = base[found[index].raw]
            let code = GraySketch.code(head) ^ found[index].toggled
            let theirs = UInt32(code ^ (code >> 1))  // Gray codes of two bits are involutions.
            let distance = Int((theirs &- head) & 3)
            // Of two lags equally far, the neighbour that has more is the likelier one.
            let (near, far) =
                switch distance {
                case 1: (1, -3)
                case 2: (2, -2)
                default: (-1, 3)
                }
            if Int(head) + near < 0 {
                found[index].lag = far
                found[index].otherLag = far + 4
            } else {
                found[index].lag = near
                found[index].otherLag = Int(head) + far < 0 ? near + 4 : far
            }
        }
        return true
    }

    /// Each actor's head, as found, four or eight further or back.
    private mutating func fillAtoms<Hash: KeyedHash>(
        _ base: borrowing HeadTable, _ roots: HeadsRoot<Hash>
    ) {
        atoms.removeAll()
        for raw in 1...max(actors, 1) {
            let head = Self.moved(base[raw], lag(of: raw))
            for quarter in -2...2 where quarter != 0 && Int(head) + 4 * quarter >= 0 {
                let change = 4 * quarter
                let effect = roots.step(raw, from: head, to: Self.moved(head, change))
                atoms.insert(raw, change: change, effect: effect)
            }
        }
    }

    /// All choices of other lags, with and without one change more; then two changes.
    private mutating func search(
        _ rest: UInt32, _ base: borrowing HeadTable, _ theirs: inout HeadTable
    ) -> Bool {
        var rest = rest
        var choice = 0
        let count = min(foundCount, 16)
        for step in 0..<(1 << count) {
            if step > 0 {
                let index = step.trailingZeroBitCount
                choice ^= 1 << index
                rest ^= found[index].effect
            }
            if rest == 0 { return accept(choice, nil, nil, base, &theirs) }
            if let atom = atoms.index(of: rest),
                accept(choice, atom, nil, base, &theirs)
            {
                return true
            }
        }
        if count > 0 { rest ^= found[count - 1].effect }  // Gray codes end on the last bit alone.
        for first in 0..<atoms.count {
            if let second = atoms.index(of: rest ^ atoms[first].effect), second > first,
                accept(0, first, second, base, &theirs)
            {
                return true
            }
        }
        return false
    }

    /// Writes the heads, unless two changes fall on one actor or pass below zero.
    private func accept(
        _ choice: Int, _ first: Int?, _ second: Int?, _ base: borrowing HeadTable,
        _ theirs: inout HeadTable
    ) -> Bool {
        var changes = InlineArray<2, (raw: Int, change: Int)>(repeating: (0, 0))
        if let first { changes[0] = (Int(atoms[first].raw), Int(atoms[first].change)) }
        if let second { changes[1] = (Int(atoms[second].raw), Int(atoms[second].change)) }
        if second != nil, changes[0].raw == changes[1].raw { return false }
        for index in 0..<foundCount where choice >> index & 1 == 1 {
            if found[index].raw == changes[0].raw { return false }
        }
        theirs.copy(from: base)
        for index in 0..<foundCount {
            let finding = found[index]
            let lag = choice >> index & 1 == 1 ? finding.otherLag : finding.lag
            theirs[finding.raw] = Self.moved(base[finding.raw], lag)
        }
        for index in 0..<2 where changes[index].change != 0 {
            theirs[changes[index].raw] = Self.moved(
                theirs[changes[index].raw], changes[index].change)
        }
        return true
    }

    private func lag(of raw: Int) -> Int {
        for index in 0..<foundCount where found[index].raw == raw { return found[index].lag }
        return 0
    }

    private static func moved(_ head: UInt32, _ lag: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: Int(head) + lag)
    }
}
