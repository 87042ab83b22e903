import Base
import CSodium

/// ChaCha20-Poly1305 (RFC 8439 §2.8), composed from libsodium's ChaCha20 and Poly1305, because
/// libsodium's own cannot verify a shortened tag. Checked with the RFC's vectors.
extension SecretKey {
    /// The most bytes one call seals or opens.
    public static let mostText = 255
    /// The most bytes of associated data.
    public static let mostAssociated = 64

    /// Encrypts `text` in place.
    ///
    /// - Parameters:
    ///   - counter: Never used before with this key (law 2).
    ///   - associated: What is authenticated and not encrypted.
    /// - Returns: The tag; a frame carries its first 8 bytes.
    public func seal(
        _ text: inout MutableSpan<UInt8>, associated: Span<UInt8>, counter: UInt64
    ) -> FixedBytes<16> {
        seal(&text, associated: associated, nonce: Self.nonce(counter))
    }

    /// Verifies, and only then decrypts, `text` in place.
    ///
    /// - Parameter tag: The first 8…16 bytes of the tag.
    /// - Returns: Whether the tag fits; where not, `text` is unchanged.
    public func open(
        _ text: inout MutableSpan<UInt8>, associated: Span<UInt8>, counter: UInt64,
        tag: Span<UInt8>
    ) -> Bool {
        open(&text, associated: associated, nonce: Self.nonce(counter), tag: tag)
    }

    func seal(
        _ text: inout MutableSpan<UInt8>, associated: Span<UInt8>, nonce: FixedBytes<12>
    ) -> FixedBytes<16> {
        exclusiveOr(&text, nonce: nonce, fromBlock: 1)
        return tag(of: text.span, associated: associated, nonce: nonce)
    }

    func open(
        _ text: inout MutableSpan<UInt8>, associated: Span<UInt8>, nonce: FixedBytes<12>,
        tag: Span<UInt8>
    ) -> Bool {
        guard (8...16).contains(tag.count) else { return false }
        let right = self.tag(of: text.span, associated: associated, nonce: nonce)
        guard Sodium.equal(right.span.extracting(0..<tag.count), tag) else { return false }
        exclusiveOr(&text, nonce: nonce, fromBlock: 1)
        return true
    }

    private static func nonce(_ counter: UInt64) -> FixedBytes<12> {
        var nonce = FixedBytes<12>()
        for index in 0..<8 {
            nonce[index] = UInt8(truncatingIfNeeded: counter >> UInt64(8 * index))
        }
        return nonce
    }

    private func exclusiveOr(
        _ text: inout MutableSpan<UInt8>, nonce: FixedBytes<12>, fromBlock block: UInt32
    ) {
        guard text.count > 0 else { return }
        text.withUnsafeMutableBufferPointer { text in
            nonce.span.withUnsafeBufferPointer { nonce in
                bytes.span.withUnsafeBufferPointer { key in
                    _ = crypto_stream_chacha20_ietf_xor_ic(
                        text.baseAddress!, text.baseAddress!, UInt64(text.count),
                        nonce.baseAddress!, block, key.baseAddress!)
                }
            }
        }
    }

    /// Poly1305 under the first half of block 0, of the associated data and the ciphertext, each
    /// padded to 16 bytes, and both lengths (RFC 8439 §2.8).
    private func tag(
        of text: Span<UInt8>, associated: Span<UInt8>, nonce: FixedBytes<12>
    ) -> FixedBytes<16> {
        precondition(
            text.count <= Self.mostText && associated.count <= Self.mostAssociated,
            "more than one frame to seal")
        var input = InlineArray<352, UInt8>(repeating: 0)
        var size = 0
        for index in associated.indices { input[index] = associated[index] }
        size += (associated.count + 15) & ~15
        for index in text.indices { input[size + index] = text[index] }
        size += (text.count + 15) & ~15
        for index in 0..<8 {
            input[size + index] = UInt8(truncatingIfNeeded: associated.count >> (8 * index))
            input[size + 8 + index] = UInt8(truncatingIfNeeded: text.count >> (8 * index))
        }
        size += 16

        var oneTimeKey = FixedBytes<32>()
        var block = oneTimeKey.mutableSpan
        exclusiveOr(&block, nonce: nonce, fromBlock: 0)
        var tag = FixedBytes<16>()
        var output = tag.mutableSpan
        output.withUnsafeMutableBufferPointer { tag in
            input.span.withUnsafeBufferPointer { input in
                oneTimeKey.span.withUnsafeBufferPointer { key in
                    _ = crypto_onetimeauth(
                        tag.baseAddress!, input.baseAddress!, UInt64(size), key.baseAddress!)
                }
            }
        }
        return tag
    }
}
