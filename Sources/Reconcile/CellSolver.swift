import Base

/// Solves for unknown byte strings, one equation at a time, over GF(256).
///
/// Equations are kept in reduced form (Gauss-Jordan), so that each new one costs one pass and what
/// is known can be read at any moment. All memory is made at start.
struct CellSolver: ~Copyable {
    /// The most unknowns.
    static let capacity = 64
    /// The most bytes of one.
    static let cellCapacity = 200
    private static let rowSize = capacity + cellCapacity

    private let field = BinaryField(bits: 8)
    /// Per row, coefficients and then the bytes; one row more to work in.
    private var rows: Slab<UInt8>
    /// The row whose leading unknown this is, or -1.
    private var pivots: Slab<Int8>

    /// How many equations were of use.
    private(set) var rank = 0
    /// How many bytes a cell has.
    private(set) var cellSize = 0

    init() {
        rows = Slab(repeating: 0, count: (Self.capacity + 1) * Self.rowSize)
        pivots = Slab(repeating: -1, count: Self.capacity)
    }

    /// Begins anew, with cells of this many bytes.
    mutating func start(cellSize: Int) {
        precondition((1...Self.cellCapacity).contains(cellSize), "cells of unreasonable size")
        self.cellSize = cellSize
        rank = 0
        for unknown in pivots.indices { pivots[unknown] = -1 }
        clear()
    }

    /// The equation at hand has nothing in it yet.
    mutating func clear() {
        for index in 0..<Self.rowSize { rows[Self.work + index] = 0 }
    }

    /// Sets the equation's right side.
    mutating func setCell(_ bytes: Span<UInt8>) {
        for index in bytes.indices { rows[Self.work + Self.capacity + index] = bytes[index] }
    }

    /// Sets an unknown's coefficient.
    mutating func set(_ factor: UInt8, of unknown: Int) { rows[Self.work + unknown] = factor }

    /// Takes something known out of the equation: `factor` times its size and bytes.
    mutating func cancel(_ factor: UInt8, size: UInt8, _ bytes: Span<UInt8>) {
        guard factor != 0 else { return }
        let start = Self.work + Self.capacity
        let power = field.logarithm(UInt16(factor))
        rows[start] ^= field.multiply(size, byPower: power)
        for index in 0..<min(bytes.count, cellSize - 1) {
            rows[start + 1 + index] ^= field.multiply(bytes[index], byPower: power)
        }
    }

    /// Takes the equation at hand in, and clears it.
    /// - Returns: Whether it told something new.
    mutating func add() -> Bool {
        defer { clear() }
        for unknown in 0..<Self.capacity where rows[Self.work + unknown] != 0 {
            if pivots[unknown] >= 0 {
                eliminate(rows[Self.work + unknown], row: Int(pivots[unknown]), from: Self.capacity)
            }
        }
        var pivot = 0
        while pivot < Self.capacity, rows[Self.work + pivot] == 0 { pivot += 1 }
        guard pivot < Self.capacity else { return false }
        scaleWork(by: UInt8(field.inverse(UInt16(rows[Self.work + pivot]))))
        let start = rank * Self.rowSize
        for index in 0..<Self.rowSize { rows[start + index] = rows[Self.work + index] }
        for row in 0..<rank {
            let factor = rows[row * Self.rowSize + pivot]
            if factor != 0 { eliminate(factor, row: rank, from: row) }
        }
        pivots[pivot] = Int8(rank)
        rank += 1
        return true
    }

    /// Whether an unknown is known.
    func isSolved(_ unknown: Int) -> Bool {
        guard pivots[unknown] >= 0 else { return false }
        let start = Int(pivots[unknown]) * Self.rowSize
        for other in 0..<Self.capacity where other != unknown && rows[start + other] != 0 {
            return false
        }
        return true
    }

    /// What an unknown is.
    /// - Precondition: It is solved.
    @_lifetime(borrow self)
    borrowing func solution(_ unknown: Int) -> Span<UInt8> {
        precondition(isSolved(unknown), "an unknown without a solution")
        let start = Int(pivots[unknown]) * Self.rowSize + Self.capacity
        return rows.span.extracting(start..<(start + cellSize))
    }

    private static var work: Int { capacity * rowSize }

    /// Adds `factor` times a row to another (the one at hand is `capacity`).
    private mutating func eliminate(_ factor: UInt8, row source: Int, from target: Int) {
        guard factor != 0 else { return }
        let power = field.logarithm(UInt16(factor))
        let from = source * Self.rowSize
        let to = target * Self.rowSize
        for index in 0..<(Self.capacity + cellSize) {
            rows[to + index] ^= field.multiply(rows[from + index], byPower: power)
        }
    }

    private mutating func scaleWork(by factor: UInt8) {
        let power = field.logarithm(UInt16(factor))
        for index in 0..<(Self.capacity + cellSize) {
            rows[Self.work + index] = field.multiply(rows[Self.work + index], byPower: power)
        }
    }
}
