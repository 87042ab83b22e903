import Base
import CRDT
import Crypto

/// The steps of admitting a node over the air. Specified in `radio/wire.md` §7.
///
///     sponsor                                     joiner
///        │ hello:   session, hint, share            │
///        │─────────────────────────────────────────▶│ knows by the hint that it is meant
///        │ offer:   share, sealed(key, name)        │
///        │◀─────────────────────────────────────────│
///        │ welcome: sealed(time, membership)        │
///        │─────────────────────────────────────────▶│ keeps it on flash
///        │ receipt: sealed()                        │
///        │◀─────────────────────────────────────────│
///
/// Shares are CPace's, the code its password. An offer that cannot be opened was sealed under
/// another code. Every step may be repeated; a repeated one is answered by the same bytes.
enum PairingStep: UInt8 {
    case hello = 1, offer, welcome, receipt
}

/// Sizes and names of what travels.
enum PairingMessage {
    /// Header, step, session, hint, share.
    static let helloSize = FrameHeader.size + 1 + 16 + 3 + 32
    /// The largest offer: header, step, share, sealed key and name, tag.
    static let offerSize = FrameHeader.size + 1 + 32 + (32 + 16) + 16
    /// The largest welcome.
    static let welcomeSize =
        FrameHeader.size + 1 + (6 + Membership.mostBytes + Membership.mostLeftOut) + 16

    /// Both sides put the same into CPace as the channel.
    static var channel: StaticString { "lichen pairing v1" }

    /// The low 24 bits of a session: the counter field of all its frames.
    static func tag(_ session: FixedBytes<16>) -> UInt32 {
        UInt32(session[0]) | UInt32(session[1]) << 8 | UInt32(session[2]) << 16
    }

    static func header(_ session: FixedBytes<16>) -> FrameHeader {
        FrameHeader(kind: .pairing, sender: Actor(raw: 0), counter: tag(session))
    }

    static func exchange(
        _ code: PairingCode, session: FixedBytes<16>, entropy: inout Entropy
    ) -> CPace {
        CPace(
            password: code.password.span,
            channel: Span(_unsafeStart: channel.utf8Start, count: channel.utf8CodeUnitCount),
            session: session, entropy: &entropy)
    }
}

/// One whole frame, kept so that it can be sent again as it was.
struct KeptFrame: ~Copyable {
    private var bytes = Slab<UInt8>(repeating: 0, count: FramePool.frameCapacity)
    private var size = 0

    var isEmpty: Bool { size == 0 }

    var span: Span<UInt8> {
        @_lifetime(borrow self) @_addressableSelf borrowing get { bytes.span.extracting(0..<size) }
    }

    mutating func clear() { size = 0 }

    /// Makes the frame anew: a header and step, what `plain` appends, then what `secret` appends,
    /// sealed with a key that seals nothing else.
    mutating func make(
        _ header: FrameHeader, _ step: PairingStep, sealedWith key: SecretKey?,
        plain: (inout OutputSpan<UInt8>) -> Void, secret: (inout OutputSpan<UInt8>) -> Void
    ) {
        bytes.overwrite(0..<FramePool.frameCapacity, count: &size) { out in
            header.write(to: &out)
            out.append(step.rawValue)
            plain(&out)
            guard let key else { return }
            let start = out.count
            secret(&out)
            let tag: FixedBytes<16>
            do {
                var frame = out.mutableSpan
                var text = frame._mutatingExtracting(start..<frame.count)
                tag = key.seal(&text, associated: Span(), counter: 0)
            }
            out.append(contentsOf: tag.span)
        }
    }
}

/// Opens the sealed end of a pairing frame, in a copy.
struct OpenedSecret: ~Copyable {
    private var bytes = Slab<UInt8>(repeating: 0, count: FramePool.frameCapacity)
    private var size = 0

    var span: Span<UInt8> {
        @_lifetime(borrow self) @_addressableSelf borrowing get { bytes.span.extracting(0..<size) }
    }

    /// - Returns: Whether the secret was sealed with this key.
    mutating func open(_ sealed: Span<UInt8>, with key: SecretKey) -> Bool {
        guard sealed.count >= 16, sealed.count <= FramePool.frameCapacity else { return false }
        let count = sealed.count - 16
        for index in 0..<count { bytes[index] = sealed[index] }
        var text = bytes.mutableRange(0..<count)
        guard
            key.open(
                &text, associated: Span(), counter: 0,
                tag: sealed.extracting(count..<sealed.count))
        else { return false }
        size = count
        return true
    }
}
