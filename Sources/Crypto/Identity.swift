import Base
import CSodium

/// A public Ed25519 key (RFC 8032): who a node or a mesh is.
public typealias PublicKey = FixedBytes<32>
/// An Ed25519 signature.
public typealias Signature = FixedBytes<64>

/// An Ed25519 key pair, kept as the seed it grows from.
public struct Identity: Sendable {
    /// The private half: RFC 8032's 32-byte secret.
    public let seed: FixedBytes<32>
    /// The public half.
    public let publicKey: PublicKey
    private let secretKey: FixedBytes<64>

    /// The pair that grows from a seed.
    public init(seed: FixedBytes<32>) {
        self.seed = seed
        var publicKey = PublicKey()
        var secretKey = FixedBytes<64>()
        var publicSpan = publicKey.mutableSpan
        publicSpan.withUnsafeMutableBufferPointer { publicKey in
            var secretSpan = secretKey.mutableSpan
            secretSpan.withUnsafeMutableBufferPointer { secretKey in
                seed.span.withUnsafeBufferPointer { seed in
                    _ = crypto_sign_seed_keypair(
                        publicKey.baseAddress!, secretKey.baseAddress!, seed.baseAddress!)
                }
            }
        }
        self.publicKey = publicKey
        self.secretKey = secretKey
    }

    /// The signature of a message.
    public func sign(_ message: Span<UInt8>) -> Signature {
        var signature = Signature()
        var span = signature.mutableSpan
        span.withUnsafeMutableBufferPointer { signature in
            message.withUnsafeBufferPointer { message in
                secretKey.span.withUnsafeBufferPointer { key in
                    _ = crypto_sign_detached(
                        signature.baseAddress!, nil, message.baseAddress, UInt64(message.count),
                        key.baseAddress!)
                }
            }
        }
        return signature
    }

    /// Whether `key` signed the message.
    public static func verify(
        _ signature: Signature, of message: Span<UInt8>, by key: PublicKey
    ) -> Bool {
        signature.span.withUnsafeBufferPointer { signature in
            message.withUnsafeBufferPointer { message in
                key.span.withUnsafeBufferPointer { key in
                    crypto_sign_verify_detached(
                        signature.baseAddress!, message.baseAddress, UInt64(message.count),
                        key.baseAddress!)
                }
            }
        } == 0
    }
}
