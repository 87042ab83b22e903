import Base
import CSodium

/// libsodium, the only cryptography here.
public enum Sodium {
    /// Prepares the library. Called once, before anything else of this module.
    /// - Returns: Whether it is ready; it is not where the system has no source of entropy.
    public static func start() -> Bool { sodium_init() >= 0 }

    /// A seed from the system's source of entropy; from there on `Entropy` is deterministic.
    public static func seed() -> FixedBytes<32> {
        var seed = FixedBytes<32>()
        var span = seed.mutableSpan
        span.withUnsafeMutableBufferPointer { randombytes_buf($0.baseAddress!, $0.count) }
        return seed
    }

    /// Whether both hold the same bytes, in a time that does not depend on them.
    static func equal(_ a: Span<UInt8>, _ b: Span<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        return a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in sodium_memcmp(a.baseAddress, b.baseAddress, a.count) }
        } == 0
    }
}
