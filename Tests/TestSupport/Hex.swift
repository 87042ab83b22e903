/// The bytes that hexadecimal digits name; anything else between them is passed over.
public func bytes(hex: String) -> [UInt8] {
    let digits = hex.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

extension Array where Element == UInt8 {
    /// A copy of a span.
    public init(_ span: Span<UInt8>) { self = span.withUnsafeBufferPointer { Array($0) } }
}
