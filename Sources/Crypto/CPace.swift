import Base
import CSodium

/// One run of CPace, a balanced password-authenticated key exchange: CPACE-RISTR255-SHA512 of
/// draft-irtf-cfrg-cpace-21, initiator and responder, no associated data.
///
/// Who does not know the password learns nothing from the messages, and tests one guess a run.
public struct CPace {
    /// A point, encoded: what travels.
    public typealias Share = FixedBytes<32>

    /// This side's message.
    public let share: Share
    private let scalar: FixedBytes<32>
    private let session: FixedBytes<16>

    /// Starts a run.
    ///
    /// - Parameters:
    ///   - password: At most 64 bytes.
    ///   - channel: What both sides know of each other and the occasion, at most 64 bytes.
    ///   - session: Fresh for each run, chosen by the initiator.
    public init(
        password: Span<UInt8>, channel: Span<UInt8>, session: FixedBytes<16>,
        entropy: inout Entropy
    ) {
        var scalar: FixedBytes<32> = entropy.bytes()
        scalar[31] &= 0x0F  // §8.3: uniform below 2²⁵², so always below the group's order.
        self.init(password: password, channel: channel, session: session, scalar: scalar)
    }

    init(
        password: Span<UInt8>, channel: Span<UInt8>, session: FixedBytes<16>,
        scalar: FixedBytes<32>
    ) {
        self.scalar = scalar
        self.session = session
        let generator = Self.generator(password: password, channel: channel, session: session)
        // The generator is a valid point, and only the neutral element (odds 2⁻²⁵²) makes this nil.
        share = Self.multiply(scalar, generator) ?? Share()
    }

    /// The secret both sides share, if both knew the password.
    ///
    /// - Parameters:
    ///   - peer: The other side's share.
    ///   - isInitiator: Whether this side sent the first message.
    /// - Returns: `nil` where the other's share is not a valid point (§6.2: abort).
    public func secret(with peer: Share, isInitiator: Bool) -> SecretKey? {
        guard let point = Self.multiply(scalar, peer) else { return nil }
        let hash = intermediateSessionKey(
            point: point, initiator: isInitiator ? share : peer,
            responder: isInitiator ? peer : share, initiatorData: "", responderData: "")
        var key = FixedBytes<32>()
        for index in 0..<32 { key[index] = hash[index] }
        return SecretKey(key)
    }

    /// §6.2: ISK = H(lv_cat(DSI ‖ "_ISK", sid, K) ‖ lv_cat(Ya, ADa) ‖ lv_cat(Yb, ADb)).
    func intermediateSessionKey(
        point: Share, initiator: Share, responder: Share,
        initiatorData: StaticString, responderData: StaticString
    ) -> FixedBytes<64> {
        var input = HashInput()
        input.append("CPaceRistretto255_ISK")
        input.append(session.span)
        input.append(point.span)
        input.append(initiator.span)
        input.append(initiatorData)
        input.append(responder.span)
        input.append(responderData)
        return input.sha512
    }

    /// §7.1: the point that the hash of DSI, password, padding to one hash block, channel and
    /// session maps to.
    static func generator(
        password: Span<UInt8>, channel: Span<UInt8>, session: FixedBytes<16>
    ) -> Share {
        precondition(password.count <= 64 && channel.count <= 64, "CPace input too long")
        let domain: StaticString = "CPaceRistretto255"
        var input = HashInput()
        input.append(domain)
        input.append(password)
        input.append(
            zeros: 128 - 1 - (1 + password.count) - (1 + domain.utf8CodeUnitCount))
        input.append(channel)
        input.append(session.span)
        let hash = input.sha512
        var point = Share()
        var span = point.mutableSpan
        span.withUnsafeMutableBufferPointer { point in
            hash.span.withUnsafeBufferPointer { hash in
                _ = crypto_core_ristretto255_from_hash(point.baseAddress!, hash.baseAddress!)
            }
        }
        return point
    }

    /// scalar_mult_vfy (§6.2): `nil` for invalid points and for the neutral element.
    static func multiply(_ scalar: FixedBytes<32>, _ point: Share) -> Share? {
        var product = Share()
        var span = product.mutableSpan
        let status = span.withUnsafeMutableBufferPointer { product in
            scalar.span.withUnsafeBufferPointer { scalar in
                point.span.withUnsafeBufferPointer { point in
                    crypto_scalarmult_ristretto255(
                        product.baseAddress!, scalar.baseAddress!, point.baseAddress!)
                }
            }
        }
        return status == 0 ? product : nil
    }
}

/// lv_cat (draft appendix A.1): parts, each behind its length; all here are shorter than 128 bytes.
private struct HashInput {
    private var bytes = InlineArray<384, UInt8>(repeating: 0)
    private var count = 0

    mutating func append(_ part: Span<UInt8>) {
        push(UInt8(part.count))
        for index in part.indices { push(part[index]) }
    }

    mutating func append(_ text: StaticString) {
        push(UInt8(text.utf8CodeUnitCount))
        for index in 0..<text.utf8CodeUnitCount { push(text.utf8Start[index]) }
    }

    mutating func append(zeros: Int) {
        push(UInt8(zeros))
        for _ in 0..<zeros { push(0) }
    }

    private mutating func push(_ byte: UInt8) {
        bytes[count] = byte
        count += 1
    }

    var sha512: FixedBytes<64> {
        var hash = FixedBytes<64>()
        var span = hash.mutableSpan
        span.withUnsafeMutableBufferPointer { hash in
            bytes.span.withUnsafeBufferPointer { input in
                _ = crypto_hash_sha512(hash.baseAddress!, input.baseAddress!, UInt64(count))
            }
        }
        return hash
    }
}
