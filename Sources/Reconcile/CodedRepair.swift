import Base
import CRDT

/// Repairs that serve all neighbours at once, whatever each lacks: specified in `radio/wire.md`
/// §9.
///
/// The *universe* of a root and a window w is the last w operations of each actor under that
/// root's heads. A cell is the sum over the universe of c(frame, cell, actor, sequence) × (size,
/// body, zeros) in GF(256). Whoever knows the heads cancels what it holds; as many cells as it
/// lacks operations give it all of them.
///
///     heads of a root ─▶ begin ─▶ take a frame's cells ─▶ missing = 0 ─▶ check ─▶ bodies
///
/// Nothing is to be applied before the check over the universe's bodies matches: heads guessed
/// wrongly would make operations that nobody wrote.
struct CodedRepair: ~Copyable {
    /// The widest window.
    static let widest = RecentBodies.depth

    /// What `conclude` found.
    enum Conclusion: Equatable {
        /// So many cells are missing still.
        case missing(Int)
        /// All is known, and the check does not match: the heads are others than was thought.
        case refused
        /// All is known: `count` operations can be read.
        case solved
    }

    private var solver = CellSolver()
    private var unknowns: Slab<Dot>
    private var mixed: Slab<UInt8>
    private let field = BinaryField(bits: 8)

    /// How many operations of the universe have no body here.
    private(set) var count = 0
    /// The window that the unknowns cover; 0 before `begin`.
    private(set) var window = 0
    /// Whether the universe holds more unknowns than can be solved for.
    private(set) var isOverfull = false
    private var check: UInt32 = 0
    private var checkWindow = 0

    init() {
        unknowns = Slab(repeating: Dot(Actor(raw: 0), 0), count: CellSolver.capacity)
        mixed = Slab(repeating: 0, count: 256)
    }

    /// The sequence numbers of one actor in a universe; empty where it wrote nothing.
    private static func sequences(_ head: UInt32, window: Int) -> Range<Int> {
        max(1, Int(head) - window + 1)..<(Int(head) + 1)
    }

    /// A factor of 1…255, from SplitMix64 of what it belongs to: chance, not secrecy, is asked.
    private static func factors(frame: UInt32, group: Int, _ dot: Dot) -> UInt64 {
        var dice = Dice(
            seed: UInt64(frame) << 32 ^ UInt64(dot.sequence) &* 0x9E37_79B9_7F4A_7C15
                ^ UInt64(dot.actor.raw) << 24 ^ UInt64(group))
        return dice.next()
    }

    private static func factor(frame: UInt32, cell: Int, _ dot: Dot) -> UInt8 {
        let byte = factors(frame: frame, group: cell >> 3, dot) >> UInt64(8 * (cell & 7)) & 0xFF
        return byte == 0 ? 1 : UInt8(byte)
    }

    // MARK: Sending

    /// What a universe's cells are like.
    struct Measure {
        /// Bytes of a cell: those of the longest body, and its size.
        var cellSize: Int
        /// The check over all bodies.
        var check: UInt32
    }

    /// The size of cells over these heads; `nil` where a body is not here, or nothing is.
    func measure<Hash: KeyedHash>(
        _ heads: borrowing HeadTable, window: Int, bodies: borrowing RecentBodies,
        roots: HeadsRoot<Hash>
    ) -> Measure? {
        var longest = 0
        var check: UInt32 = 0
        for raw in 1..<Actor.tableSize {
            for sequence in Self.sequences(heads[raw], window: window) {
                let dot = Dot(Actor(raw: UInt8(raw)), UInt32(sequence))
                guard let size = bodies.size(dot), let own = bodies.check(dot, roots) else {
                    return nil
                }
                longest = max(longest, size)
                check ^= own
            }
        }
        guard longest > 0, longest < CellSolver.cellCapacity else { return nil }
        return Measure(cellSize: longest + 1, check: check)
    }

    /// Appends cells over these heads.
    ///
    /// - Precondition: `measure` gave this size, and `cells` of them fit 256 bytes.
    mutating func write(
        cells: Int, of cellSize: Int, frame: UInt32, _ heads: borrowing HeadTable, window: Int,
        bodies: borrowing RecentBodies, to out: inout OutputSpan<UInt8>
    ) {
        precondition(cells * cellSize <= mixed.count, "more cells than a frame holds")
        for index in 0..<(cells * cellSize) { mixed[index] = 0 }
        for raw in 1..<Actor.tableSize {
            for sequence in Self.sequences(heads[raw], window: window) {
                let dot = Dot(Actor(raw: UInt8(raw)), UInt32(sequence))
                guard let body = bodies.body(dot) else { preconditionFailure("no such body") }
                for cell in 0..<cells {
                    let factor = Self.factor(frame: frame, cell: cell, dot)
                    add(factor, body, at: cell * cellSize)
                }
            }
        }
        for index in 0..<(cells * cellSize) { out.append(mixed[index]) }
    }

    private mutating func add(_ factor: UInt8, _ body: Span<UInt8>, at offset: Int) {
        let power = field.logarithm(UInt16(factor))
        mixed[offset] ^= field.multiply(UInt8(body.count), byPower: power)
        for index in body.indices {
            mixed[offset + 1 + index] ^= field.multiply(body[index], byPower: power)
        }
    }

    // MARK: Receiving

    /// Forgets all cells.
    mutating func reset() {
        count = 0
        window = 0
        checkWindow = 0
        isOverfull = false
    }

    /// Lists what is unknown in the universe of these heads. A wider window keeps the cells.
    mutating func begin(
        _ heads: borrowing HeadTable, window: Int, bodies: borrowing RecentBodies
    ) {
        guard window > self.window else { return }
        if self.window == 0 { solver.start(cellSize: 1) }
        self.window = window
        list(heads, bodies)
    }

    private mutating func list(_ heads: borrowing HeadTable, _ bodies: borrowing RecentBodies) {
        for raw in 1..<Actor.tableSize {
            for sequence in Self.sequences(heads[raw], window: window) {
                let dot = Dot(Actor(raw: UInt8(raw)), UInt32(sequence))
                guard !bodies.contains(dot), unknown(dot) == nil else { continue }
                guard count < unknowns.count else {
                    isOverfull = true
                    return
                }
                unknowns[count] = dot
                count += 1
            }
        }
    }

    /// How many cells are missing.
    var missing: Int { count - solver.rank }

    /// Takes a frame's cells in, as far as they are whole.
    ///
    /// - Precondition: `begin` came before, for these heads and at least this window.
    mutating func take(
        _ cells: Span<UInt8>, of cellSize: Int, frame: UInt32, _ heads: borrowing HeadTable,
        window: Int, check: UInt32, bodies: borrowing RecentBodies
    ) {
        precondition(window <= self.window, "cells of a universe that was not begun")
        guard !isOverfull, (2...CellSolver.cellCapacity).contains(cellSize) else { return }
        if solver.cellSize != cellSize {
            solver.start(cellSize: cellSize)
            count = 0
            list(heads, bodies)
            guard !isOverfull else { return }
        }
        if window >= checkWindow {
            checkWindow = window
            self.check = check
        }
        var cell = 0
        while (cell + 1) * cellSize <= cells.count, missing > 0 {
            solver.setCell(cells.extracting((cell * cellSize)..<((cell + 1) * cellSize)))
            for raw in 1..<Actor.tableSize {
                for sequence in Self.sequences(heads[raw], window: window) {
                    enter(
                        Dot(Actor(raw: UInt8(raw)), UInt32(sequence)), frame: frame, cell: cell,
                        bodies)
                }
            }
            _ = solver.add()
            cell += 1
        }
    }

    private mutating func enter(
        _ dot: Dot, frame: UInt32, cell: Int, _ bodies: borrowing RecentBodies
    ) {
        let factor = Self.factor(frame: frame, cell: cell, dot)
        if let body = bodies.body(dot) {
            solver.cancel(factor, size: UInt8(body.count), body)
        } else if let unknown = unknown(dot) {
            solver.set(factor, of: unknown)
        }
    }

    /// Somebody said the operation by name: one unknown less.
    mutating func learn(_ dot: Dot, _ body: Span<UInt8>) {
        guard let unknown = unknown(dot) else { return }
        guard solver.rank > 0, body.count < solver.cellSize else {
            solver.start(cellSize: max(solver.cellSize, 1))
            count -= 1
            unknowns[unknown] = unknowns[count]
            return
        }
        solver.set(1, of: unknown)
        solver.cancel(1, size: UInt8(body.count), body)
        _ = solver.add()
    }

    private func unknown(_ dot: Dot) -> Int? {
        for index in 0..<count where unknowns[index] == dot { return index }
        return nil
    }

    /// Whether all is known, and is what the sender has.
    func conclude<Hash: KeyedHash>(
        _ heads: borrowing HeadTable, bodies: borrowing RecentBodies, roots: HeadsRoot<Hash>
    ) -> Conclusion {
        guard missing == 0 else { return .missing(missing) }
        for index in 0..<count where !isWellFormed(index) { return .refused }
        var sum: UInt32 = 0
        for raw in 1..<Actor.tableSize {
            for sequence in Self.sequences(heads[raw], window: checkWindow) {
                let dot = Dot(Actor(raw: UInt8(raw)), UInt32(sequence))
                if let check = bodies.check(dot, roots) {
                    sum ^= check
                } else if let unknown = unknown(dot) {
                    sum ^= roots.check(dot, body(unknown))
                } else {
                    return .refused
                }
            }
        }
        return sum == check ? .solved : .refused
    }

    private func isWellFormed(_ unknown: Int) -> Bool {
        let cell = solver.solution(unknown)
        let size = Int(cell[0])
        guard size < cell.count else { return false }
        for index in (size + 1)..<max(cell.count, size + 1) where cell[index] != 0 { return false }
        return true
    }

    /// The operation that an unknown stands for.
    func dot(_ unknown: Int) -> Dot { unknowns[unknown] }

    /// Its body.
    /// - Precondition: `conclude` said `solved`.
    @_lifetime(borrow self)
    borrowing func body(_ unknown: Int) -> Span<UInt8> {
        let cell = solver.solution(unknown)
        return cell.extracting(1..<(1 + Int(cell[0])))
    }
}
