/// Elements in memory that is taken once, at start, and never grows (laws 5 and 7).
///
/// Unlike an array it is never copied behind one's back, so a write to it never allocates. Every
/// index is checked, in release builds too.
public struct Slab<Element>: ~Copyable {
    private let base: UnsafeMutablePointer<Element>

    /// How many elements there are.
    public let count: Int

    /// `count` copies of `element`.
    public init(repeating element: Element, count: Int) {
        precondition(count >= 0, "a slab of negative size")
        self.count = count
        base = .allocate(capacity: Swift.max(count, 1))
        base.initialize(repeating: element, count: count)
    }

    /// Elements of no particular value: none is read before it is written. Memory that is never
    /// written to is never taken.
    public init(unwritten count: Int) where Element: BitwiseCopyable {
        precondition(count >= 0, "a slab of negative size")
        self.count = count
        base = .allocate(capacity: Swift.max(count, 1))
    }

    deinit {
        base.deinitialize(count: count)
        base.deallocate()
    }

    /// The indices, from 0.
    public var indices: Range<Int> { 0..<count }

    public subscript(index: Int) -> Element {
        @inline(__always) get {
            precondition(index >= 0 && index < count, "index outside the slab")
            return base[index]
        }
        @inline(__always) _modify {
            precondition(index >= 0 && index < count, "index outside the slab")
            yield &base[index]
        }
    }

    /// The elements, to read.
    public var span: Span<Element> {
        @_lifetime(borrow self) get {
            let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// The elements, to change.
    public var mutableSpan: MutableSpan<Element> {
        @_lifetime(&self) mutating get {
            let span = unsafe MutableSpan(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, mutating: &self)
        }
    }

    /// Some of the elements, to change.
    @_lifetime(&self)
    public mutating func mutableRange(_ range: Range<Int>) -> MutableSpan<Element> {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside the slab")
        let span = unsafe MutableSpan(
            _unsafeStart: base + range.lowerBound, count: range.count)
        return unsafe _overrideLifetime(span, mutating: &self)
    }

    /// Copies all elements of a slab of the same size.
    public mutating func copy(from other: borrowing Slab<Element>) {
        precondition(count == other.count, "slabs of different size")
        for index in 0..<count { base[index] = other.base[index] }
    }

    /// Exchanges two elements.
    public mutating func swapAt(_ a: Int, _ b: Int) {
        let element = self[a]
        self[a] = self[b]
        self[b] = element
    }
}

extension Slab where Element == UInt8 {
    /// Copies bytes to where `offset` is the first of them.
    public mutating func copy(_ bytes: Span<UInt8>, to offset: Int) {
        precondition(offset >= 0 && offset + bytes.count <= count, "outside the slab")
        bytes.withUnsafeBufferPointer { bytes in
            guard let source = bytes.baseAddress else { return }
            (base + offset).update(from: source, count: bytes.count)
        }
    }

    /// Moves bytes to where `offset` is the first of them; they may have lain there in part.
    public mutating func move(_ range: Range<Int>, to offset: Int) {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= count && offset >= 0
                && offset + range.count <= count, "outside the slab")
        (base + offset).update(from: base + range.lowerBound, count: range.count)
    }

    /// Lets `write` append bytes at the front of `range`, and sets `count` to how many it appended,
    /// also when it throws.
    public mutating func overwrite<Result: ~Copyable, Failure: Error>(
        _ range: Range<Int>, count: inout Int,
        _ write: (inout OutputSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.count, "outside the slab")
        let part = UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)
        var output = unsafe OutputSpan(buffer: part, initializedCount: 0)
        do throws(Failure) {
            let result = try write(&output)
            count = unsafe output.finalize(for: part)
            return result
        } catch {
            count = unsafe output.finalize(for: part)
            throw error
        }
    }
}
