import Base
import CRDT

/// Finds a neighbour's heads from its root alone, at no cost: specified in `radio/wire.md` §5.
///
/// It tries the changes that loss makes likely, and takes what gives the very root:
/// - the neighbour lacks what is newest: the root at every cut of the history, with up to two of
///   the sixteen operations around the cut added or left out;
/// - it has news of its own: its next 1…8 operations;
/// - this node lacks something: the next 1…3 operations of two actors, or of three of those that
///   wrote lately; the neighbour may lack the last one of an actor instead.
///
/// With N = 200 and a full history these are 0.95 million hypotheses, of which a wrong one has the
/// right root once in 4,500 searches; `CodedRepair`'s check catches that one.
struct RootGuess: ~Copyable {
    /// Operations around a cut that may be missing or here already.
    private static let window = 16
    /// How many of the neighbour's own operations may be new.
    private static let own = 8
    /// How many operations of an actor may be missing here.
    private static let depth = 3
    /// How many actors count as those that wrote lately.
    private static let recent = 20

    private var atoms = AtomTable(capacity: 1024)
    /// Effects of single operations around a cut.
    private var effects: Slab<UInt32>
    private var isRecent: Slab<Bool>
    private var scratch = HeadTable()

    init() {
        effects = Slab(repeating: 0, count: Self.window)
        isRecent = Slab(repeating: false, count: Actor.tableSize)
    }

    /// Heads that give `root`, likely those of `sender`.
    ///
    /// - Parameters:
    ///   - heads: This node's, the history's present.
    ///   - actors: The highest address that may write.
    ///   - theirs: Takes the heads; changed only where they were found.
    /// - Returns: Whether they were.
    mutating func search<Hash: KeyedHash>(
        _ root: UInt32, of sender: Actor, heads: borrowing HeadTable, actors: Int,
        history: borrowing HeadsHistory, roots: HeadsRoot<Hash>, into theirs: inout HeadTable
    ) -> Bool {
        let difference = root ^ history.root
        if searchMissing(
            difference, of: sender, heads, actors: actors, history, roots, &theirs)
        {
            return true
        }
        return searchPast(root, heads, history, roots, &theirs)
    }

    // MARK: A few actors differ

    private mutating func searchMissing<Hash: KeyedHash>(
        _ difference: UInt32, of sender: Actor, _ heads: borrowing HeadTable, actors: Int,
        _ history: borrowing HeadsHistory, _ roots: HeadsRoot<Hash>,
        _ theirs: inout HeadTable
    ) -> Bool {
        let raw = Int(sender.raw)
        for count in 1...Self.own
        where roots.step(raw, from: heads[raw], to: heads[raw] + UInt32(count)) == difference {
            theirs.copy(from: heads)
            theirs[raw] += UInt32(count)
            return true
        }
        // Those that wrote lately come first, so that they are the table's first atoms.
        atoms.removeAll()
        for raw in isRecent.indices { isRecent[raw] = false }
        var index = history.count
        while index > 0, atoms.count < Self.recent * Self.depth {
            index -= 1
            addAtoms(history[index].raw, heads, roots)
        }
        let recent = atoms.count
        for raw in 1..<(actors + 1) { addAtoms(raw, heads, roots) }

        if complete(difference, -1, -1, below: atoms.count, heads, &theirs) { return true }
        if searchPairs(difference, heads, &theirs) { return true }
        for first in 0..<recent {
            for second in (first + 1)..<max(recent, first + 1)
            where complete(difference, first, second, below: recent, heads, &theirs) {
                return true
            }
        }
        return false
    }

    private func searchPairs(
        _ difference: UInt32, _ heads: borrowing HeadTable, _ theirs: inout HeadTable
    ) -> Bool {
        for first in 0..<atoms.count
        where complete(difference, first, -1, below: atoms.count, heads, &theirs) {
            return true
        }
        return false
    }

    /// Heads that give `root` and are almost `heads`: two actors at most are one or two off.
    mutating func correct<Hash: KeyedHash>(
        _ root: UInt32, _ heads: borrowing HeadTable, actors: Int, roots: HeadsRoot<Hash>,
        into theirs: inout HeadTable
    ) -> Bool {
        let difference = root ^ roots.root(of: heads)
        if difference == 0 {
            theirs.copy(from: heads)
            return true
        }
        atoms.removeAll()
        for raw in 1..<(actors + 1) {
            for change in -2...2 where change != 0 && Int(heads[raw]) + change >= 0 {
                let head = UInt32(truncatingIfNeeded: Int(heads[raw]) + change)
                atoms.insert(
                    raw, change: change, effect: roots.step(raw, from: heads[raw], to: head))
            }
        }
        return complete(difference, -1, -1, below: atoms.count, heads, &theirs)
            || searchPairs(difference, heads, &theirs)
    }

    private mutating func addAtoms<Hash: KeyedHash>(
        _ raw: Int, _ heads: borrowing HeadTable, _ roots: HeadsRoot<Hash>
    ) {
        guard !isRecent[raw] else { return }
        isRecent[raw] = true
        for count in 1...Self.depth {
            atoms.insert(
                raw, change: count,
                effect: roots.step(raw, from: heads[raw], to: heads[raw] + UInt32(count)))
        }
        if heads[raw] > 0 {
            atoms.insert(
                raw, change: -1,
                effect: roots.step(raw, from: heads[raw], to: heads[raw] - 1))
        }
    }

    /// Whether one atom behind those two (-1 for none) completes the difference; then writes the
    /// heads.
    @inline(never)
    private func complete(
        _ difference: UInt32, _ first: Int, _ second: Int, below end: Int,
        _ heads: borrowing HeadTable, _ theirs: inout HeadTable
    ) -> Bool {
        var rest = difference
        if first >= 0 { rest ^= atoms[first].effect }
        if second >= 0 { rest ^= atoms[second].effect }
        guard let last = atoms.index(of: rest), last > max(first, second), last < end else {
            return false
        }
        // Two changes of one actor would telescope to something else than their sum.
        let raw = atoms[last].raw
        if first >= 0, atoms[first].raw == raw { return false }
        if second >= 0, atoms[second].raw == raw || atoms[second].raw == atoms[first].raw {
            return false
        }
        theirs.copy(from: heads)
        apply(first, &theirs)
        apply(second, &theirs)
        apply(last, &theirs)
        return true
    }

    private func apply(_ atom: Int, _ theirs: inout HeadTable) {
        guard atom >= 0 else { return }
        let raw = Int(atoms[atom].raw)
        theirs[raw] = UInt32(truncatingIfNeeded: Int(theirs[raw]) + Int(atoms[atom].change))
    }

    // MARK: The neighbour lacks something

    private mutating func searchPast<Hash: KeyedHash>(
        _ root: UInt32, _ heads: borrowing HeadTable, _ history: borrowing HeadsHistory,
        _ roots: HeadsRoot<Hash>, _ theirs: inout HeadTable
    ) -> Bool {
        var cut = history.count
        while cut >= 0 {
            let first = max(0, cut - Self.window / 2)
            let last = min(history.count, cut + Self.window / 2)
            for index in first..<last {
                effects[index - first] = history.root(before: index) ^ history[index].root
            }
            let difference = root ^ history.root(before: cut)
            if difference == 0,
                accept(cut, -1, -1, root, heads, history, roots, &theirs)
            {
                return true
            }
            let count = last - first
            for a in 0..<count {
                let rest = difference ^ effects[a]
                if rest == 0,
                    accept(cut, first + a, -1, root, heads, history, roots, &theirs)
                {
                    return true
                }
                for b in (a + 1)..<max(count, a + 1) where effects[b] == rest {
                    if accept(cut, first + a, first + b, root, heads, history, roots, &theirs) {
                        return true
                    }
                }
            }
            cut -= 1
        }
        return false
    }

    /// Heads at the cut, with the operations at two indices added or left out; the root judges,
    /// since an operation left out below another of its actor leaves no heads.
    @inline(never)
    private mutating func accept<Hash: KeyedHash>(
        _ cut: Int, _ a: Int, _ b: Int, _ root: UInt32, _ heads: borrowing HeadTable,
        _ history: borrowing HeadsHistory, _ roots: HeadsRoot<Hash>,
        _ theirs: inout HeadTable
    ) -> Bool {
        scratch.copy(from: heads)
        history.rewind(&scratch, to: cut)
        for index in 0..<2 {
            let place = index == 0 ? a : b
            guard place >= 0 else { continue }
            let entry = history[place]
            if place < cut {
                guard scratch[entry.raw] >= UInt32(entry.steps) else { return false }
                scratch[entry.raw] -= UInt32(entry.steps)
            } else {
                scratch[entry.raw] += UInt32(entry.steps)
            }
        }
        guard roots.root(of: scratch) == root else { return false }
        theirs.copy(from: scratch)
        return true
    }
}
