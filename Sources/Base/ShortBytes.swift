/// Up to `capacity` bytes held in place: a key, a value, a name. Copied without allocating.
public struct ShortBytes<let capacity: Int>: Sendable {
    @usableFromInline var storage: InlineArray<capacity, UInt8>

    /// How many bytes are in use: `0...capacity`.
    public internal(set) var count: Int {
        @inlinable get { size }
        set { size = newValue }
    }
    @usableFromInline var size: Int

    /// No bytes.
    @inlinable
    public init() {
        storage = InlineArray(repeating: 0)
        size = 0
    }

    /// A copy of the bytes, or `nil` where they are more than `capacity`.
    @inlinable
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count <= capacity else { return nil }
        self.init()
        for index in bytes.indices { storage[index] = bytes[index] }
        size = bytes.count
    }

    /// A copy of the bytes, or `nil` where they are more than `capacity`.
    public init?(_ bytes: [UInt8]) { self.init(bytes.span) }

    /// The text's UTF-8, or `nil` where that is more than `capacity` bytes.
    public init?(_ text: String) {
        self.init()
        for byte in text.utf8 {
            guard count < capacity else { return nil }
            append(byte)
        }
    }

    /// Whether there are no bytes.
    public var isEmpty: Bool { count == 0 }

    /// Adds one byte.
    ///
    /// - Precondition: There is room.
    @inlinable
    public mutating func append(_ byte: UInt8) {
        precondition(size < capacity, "more bytes than the capacity")
        storage[size] = byte
        size += 1
    }

    @inlinable
    public subscript(index: Int) -> UInt8 {
        precondition(index < count, "index outside the bytes")
        return storage[index]
    }

    /// The bytes in use; by address, for the reason that `FixedBytes.span` gives.
    public var span: Span<UInt8> {
        @_lifetime(borrow self) @_addressableSelf borrowing get {
            storage.span.extracting(0..<count)
        }
    }

    /// Replaces the bytes by what `write` appends, at most `capacity`, also when it throws.
    public mutating func fill<Result: ~Copyable, Failure: Error>(
        _ write: (inout OutputSpan<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var written = 0
        var span = storage.mutableSpan
        defer { count = written }
        return try span.withUnsafeMutableBufferPointer { (buffer) throws(Failure) -> Result in
            var out = unsafe OutputSpan(buffer: buffer, initializedCount: 0)
            do throws(Failure) {
                let result = try write(&out)
                written = unsafe out.finalize(for: buffer)
                return result
            } catch {
                written = unsafe out.finalize(for: buffer)
                throw error
            }
        }
    }

    /// The bytes in use, to change.
    public var mutableSpan: MutableSpan<UInt8> {
        @_lifetime(&self) mutating get {
            let count = count
            return storage.mutableSpan._consumingExtracting(0..<count)
        }
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD. Allocates: for people, not for frames.
    public var text: String { String(decoding: (0..<count).map { storage[$0] }, as: UTF8.self) }
}

extension ShortBytes: Equatable {
    public static func == (a: Self, b: Self) -> Bool { a.span.elementsEqual(b.span) }
}

extension ShortBytes: Comparable {
    public static func < (a: Self, b: Self) -> Bool { a.span.lexicographicallyPrecedes(b.span) }
}
