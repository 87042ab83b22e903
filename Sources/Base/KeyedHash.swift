/// A hash under a secret key, so that a stranger cannot choose inputs that collide.
///
/// Floors without access to `Crypto` take it as a type parameter; `Crypto` has SipHash-2-4.
public protocol KeyedHash: Sendable {
    /// The hash of two numbers.
    func hash(_ a: UInt64, _ b: UInt64) -> UInt64
}
