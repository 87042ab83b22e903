/// Exactly `size` bytes held in place: a key, a hash, a signature.
public struct FixedBytes<let size: Int>: Sendable {
    private var storage: InlineArray<size, UInt8>

    /// All bytes the same, zero unless said.
    public init(repeating byte: UInt8 = 0) { storage = InlineArray(repeating: byte) }

    /// A copy of the bytes, or `nil` where they are not exactly `size`.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count == size else { return nil }
        self.init()
        for index in 0..<size { storage[index] = bytes[index] }
    }

    public subscript(index: Int) -> UInt8 {
        get { storage[index] }
        set { storage[index] = newValue }
    }

    /// The bytes, to read.
    ///
    /// `@_addressableSelf`, here and wherever a value lends its own bytes: Embedded Swift (6.3.1)
    /// else calls the getter with a copy, and the span is of that copy, which is gone by then.
    public var span: Span<UInt8> {
        @_lifetime(borrow self) @_addressableSelf borrowing get { storage.span }
    }

    /// The bytes, to change.
    public var mutableSpan: MutableSpan<UInt8> {
        @_lifetime(&self) mutating get { storage.mutableSpan }
    }
}

extension FixedBytes: Equatable {
    /// For public values; secrets are compared in constant time by `Crypto`.
    public static func == (a: Self, b: Self) -> Bool { a.span.elementsEqual(b.span) }
}
