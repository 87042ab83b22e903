import Base
import CRDT
import Crypto

/// The side of a node that belongs to no mesh yet: answers who knows its code.
///
///              hello            welcome            on flash
///     waiting ───────▶ offered ─────────▶ keeping ─────────▶ done
///        ▲                │ another hello
///        └────────────────┘
///
/// Each new session costs a guesser one try; after three that came to nothing, further ones are
/// ignored for ten seconds, then twice as long each time, at most an hour.
public struct Joiner: ~Copyable {
    /// What it asks for.
    public enum Effect: Equatable {
        /// Send the frame that `write` appends.
        case send
        /// Keep `membership` on flash, then call `kept`.
        case keep
    }

    private enum State {
        case waiting
        case offered(session: FixedBytes<16>, key: SecretKey)
        case keeping(session: FixedBytes<16>, key: SecretKey)
        case done(session: FixedBytes<16>)
    }

    private var state = State.waiting
    private let code: PairingCode
    private let publicKey: PublicKey
    private let name: Name
    private var frame = KeptFrame()
    private var fruitless = 0
    private var lockedUntil = Instant.start

    /// What the welcome held, once it came.
    public private(set) var membership: Membership?
    /// The sponsor's time in the welcome, in milliseconds since 1970.
    public private(set) var time: UInt64 = 0

    /// A node that may be admitted by `code`.
    public init(code: PairingCode, publicKey: PublicKey, name: Name) {
        self.code = code
        self.publicKey = publicKey
        self.name = name
    }

    /// Appends the frame to send.
    public func write(to out: inout OutputSpan<UInt8>) { out.append(contentsOf: frame.span) }

    /// Takes in a pairing frame's header and payload; whatever it is, nothing traps.
    public mutating func receive(
        _ header: FrameHeader, _ payload: Span<UInt8>, at now: Instant, entropy: inout Entropy,
        into effects: inout Effects<Effect>
    ) {
        guard payload.count > 0, let step = PairingStep(rawValue: payload[0]) else { return }
        let body = payload.extracting(1..<payload.count)
        switch (step, state) {
        case (.hello, .done(let session)) where header.counter == PairingMessage.tag(session):
            effects.append(.send)  // The receipt was lost.
        case (.hello, .waiting), (.hello, .offered):
            hello(body, at: now, entropy: &entropy, into: &effects)
        case (.welcome, .offered(let session, let key))
        where header.counter == PairingMessage.tag(session):
            welcome(body, session: session, key: key, into: &effects)
        case (.welcome, .done(let session)) where header.counter == PairingMessage.tag(session):
            effects.append(.send)
        case (.hello, _), (.welcome, _), (.offer, _), (.receipt, _):
            break
        }
    }

    /// The membership is on flash.
    public mutating func kept(into effects: inout Effects<Effect>) {
        guard case .keeping(let session, let key) = state else { return }
        frame.make(
            PairingMessage.header(session), .receipt, sealedWith: key.derive(.pairingReceipt),
            plain: { _ in }, secret: { _ in })
        state = .done(session: session)
        effects.append(.send)
    }

    private mutating func hello(
        _ body: Span<UInt8>, at now: Instant, entropy: inout Entropy,
        into effects: inout Effects<Effect>
    ) {
        guard body.count == 51,
            let session = FixedBytes<16>(body.extracting(0..<16)),
            let share = CPace.Share(body.extracting(19..<51))
        else { return }
        let hint = UInt32(body[16]) | UInt32(body[17]) << 8 | UInt32(body[18]) << 16
        guard hint == code.hint else { return }
        if case .offered(let known, _) = state, known == session {
            effects.append(.send)  // The offer was lost.
            return
        }
        guard now >= lockedUntil else { return }
        countTry(at: now)

        let exchange = PairingMessage.exchange(code, session: session, entropy: &entropy)
        guard let key = exchange.secret(with: share, isInitiator: false) else { return }
        let publicKey = publicKey
        let name = name
        frame.make(
            PairingMessage.header(session), .offer, sealedWith: key.derive(.pairingOffer),
            plain: { out in out.append(contentsOf: exchange.share.span) },
            secret: { out in
                out.append(contentsOf: publicKey.span)
                out.append(contentsOf: name.span)
            })
        state = .offered(session: session, key: key)
        effects.append(.send)
    }

    private mutating func countTry(at now: Instant) {
        fruitless += 1
        guard fruitless > 3 else { return }
        let seconds = min(10 << min(fruitless - 4, 16), 3_600)
        lockedUntil = now + .seconds(seconds)
    }

    private mutating func welcome(
        _ body: Span<UInt8>, session: FixedBytes<16>, key: SecretKey,
        into effects: inout Effects<Effect>
    ) {
        var opened = OpenedSecret()
        guard opened.open(body, with: key.derive(.pairingWelcome)) else { return }
        var reader = ByteReader(opened.span)
        guard let time = try? reader.littleEndian(size: 6),
            var membership = try? Membership(reading: &reader),
            membership.certifies(publicKey), let leftOut = ActorSet(reader.rest())
        else { return }
        membership.leftOut = leftOut
        self.time = time
        self.membership = membership
        state = .keeping(session: session, key: key)
        effects.append(.keep)
    }
}
