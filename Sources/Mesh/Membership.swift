import Base
import CRDT
import Crypto

/// A node's or a mesh's name, at most 16 bytes of UTF-8.
public typealias Name = ShortBytes<16>

/// What a node knows as a member of a mesh. The founder also has the mesh's own key pair, with
/// which it signs certificates.
public struct Membership: Sendable {
    /// The mesh's name.
    public var mesh: Name
    /// The mesh's public key: its identity.
    public var authority: PublicKey
    /// The key that all sealed frames' keys are derived from.
    public var key: SecretKey
    /// The key's epoch.
    public var epoch: UInt8
    /// This node's number.
    public var number: Actor
    /// The authority's signature over this node's public key, number and validity.
    public var certificate: Signature
    /// End of the certificate's validity, in seconds since 1970.
    public var validUntil: UInt32
    /// Who had been left out when this node was admitted: it takes from them only what is their own.
    public var leftOut = ActorSet()
    /// The mesh's key pair, on the founder only.
    public var founder: Identity?

    /// Bytes of the longest frame that cannot be split: a channel that does not carry it in one
    /// piece admits nobody.
    public static var longestFrame: Int { PairingMessage.welcomeSize }

    /// The most bytes of `leftOut` that a welcome has room for.
    static var mostLeftOut: Int { 32 }

    /// The number of the node that founded the mesh.
    public static var founderNumber: Actor { Actor(raw: 1) }

    /// Founds a mesh.
    public init(founding mesh: Name, node: PublicKey, entropy: inout Entropy) {
        let identity = Identity(seed: entropy.bytes())
        self.mesh = mesh
        authority = identity.publicKey
        key = SecretKey(entropy.bytes())
        epoch = 1
        number = Self.founderNumber
        validUntil = .max
        founder = identity
        certificate = identity.sign(
            Certificate(authority: authority, node: node, number: number, validUntil: .max).span)
    }

    /// What a new node is given, once the mesh's key pair has signed its certificate.
    ///
    /// - Returns: `nil` on nodes that did not found the mesh.
    public func admitting(
        _ node: PublicKey, as number: Actor, leftOut: ActorSet = ActorSet()
    ) -> Membership? {
        guard let certificate = certificate(of: node, as: number) else { return nil }
        var membership = self
        membership.founder = nil
        membership.number = number
        membership.certificate = certificate
        membership.leftOut = leftOut
        return membership
    }

    /// The mesh's signature that a node has a number.
    ///
    /// - Returns: `nil` on nodes that did not found the mesh.
    public func certificate(of node: PublicKey, as number: Actor) -> Signature? {
        founder?.sign(
            Certificate(
                authority: authority, node: node, number: number, validUntil: validUntil
            ).span)
    }

    /// What a node becomes that was left out and is let in again; `nil` where the certificate is not
    /// its own, or not the mesh's.
    public func rejoining(
        _ node: PublicKey, as number: Actor, _ certificate: Signature, leftOut: ActorSet
    ) -> Membership? {
        var membership = self
        membership.number = number
        membership.certificate = certificate
        membership.leftOut = leftOut
        return membership.certifies(node) ? membership : nil
    }

    /// Whether the certificate is this node's, signed by the mesh.
    public func certifies(_ node: PublicKey) -> Bool {
        Identity.verify(
            certificate,
            of: Certificate(
                authority: authority, node: node, number: number, validUntil: validUntil
            ).span, by: authority)
    }
}

/// What the mesh signs.
private struct Certificate {
    private var bytes = InlineArray<86, UInt8>(repeating: 0)

    init(authority: PublicKey, node: PublicKey, number: Actor, validUntil: UInt32) {
        let domain: StaticString = "lichen member v1"
        for index in 0..<16 { bytes[index] = domain.utf8Start[index] }
        for index in 0..<32 {
            bytes[16 + index] = authority[index]
            bytes[48 + index] = node[index]
        }
        bytes[80] = number.raw
        bytes[81] = 0  // Node numbers have two bytes; addresses are the low one.
        for index in 0..<4 {
            bytes[82 + index] = UInt8(truncatingIfNeeded: validUntil >> UInt32(8 * index))
        }
    }

    var span: Span<UInt8> {
        @_lifetime(borrow self) @_addressableSelf borrowing get { bytes.span }
    }
}
