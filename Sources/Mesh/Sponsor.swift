import Base
import CRDT
import Crypto
import LoRa

/// What happens while a node is being admitted, for the operator to follow.
public enum PairingProgress: Equatable, Sendable {
    /// A hello has been sent, for the `attempt`th time.
    case calling(attempt: Int)
    /// The node answered, and knows the code.
    case answered
    /// It is a member now, on flash; the welcome is on its way.
    case admitted(Actor)
    /// It confirmed that it has kept its membership.
    case confirmed(Actor)
    /// It came to nothing.
    case failed(PairingFailure)
}

/// Why a node was not admitted.
public enum PairingFailure: Error, Equatable, Sendable {
    case noAnswer, wrongCode, noReceipt(Actor), tooManyMembers, notFounder, busy, notMember
    case flash

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .noAnswer:
            "no node with this code answered; check that it is on, in reach, on the same channel, "
                + "and not yet a member of a mesh"
        case .wrongCode:
            "a node answered, but its code is another one; type it as 'lichen code' prints it there"
        case .noReceipt(let number):
            "node \(number.raw) was admitted but did not confirm; if its 'lichen status' does not "
                + "show the mesh, run 'lichen pair' again"
        case .tooManyMembers:
            "this mesh has 254 members and no number is left"
        case .notFounder:
            "only the node that founded the mesh (node 1) can admit others yet; "
                + "run 'lichen pair' there"
        case .busy:
            "another node is being admitted; wait until that is over"
        case .notMember:
            "this node belongs to no mesh itself; found one with 'lichen init'"
        case .flash:
            "the new member could not be kept on flash, so it was not admitted"
        }
    }
}

/// The side that admits: calls the node that a code names, until it answers or patience ends.
///
///           start            offer            on flash             receipt
///     idle ───────▶ calling ───────▶ admitting ───────▶ welcoming ─────────▶ idle
public struct Sponsor: ~Copyable {
    /// What it asks for.
    public enum Effect: Equatable {
        /// Send the frame that `write` appends.
        case send
        /// Make `candidate` a member, on flash, then call `admitted` or `refused`.
        case admit
        case progress(PairingProgress)
        case wake(at: Instant)
    }

    private enum State {
        case idle
        case calling(attempt: Int, until: Instant)
        case admitting(SecretKey)
        case welcoming(Actor, SecretKey, attempt: Int, until: Instant)
    }

    /// How often a hello or a welcome is sent before it comes to nothing.
    static let attempts = 8

    private var state = State.idle
    private var session = FixedBytes<16>()
    private var exchange: CPace?
    private var frame = KeptFrame()
    private let answerTime: Duration
    private let receiptTime: Duration
    private var dice: Dice

    /// Who answered, once somebody did.
    public private(set) var candidate: MemberRecord?

    /// - Parameter slot: One sensing and its turnaround.
    public init(_ modulation: Modulation, slot: Duration, dice: Dice) {
        let hello = modulation.timeOnAir(payloadSize: PairingMessage.helloSize)
        let offer = modulation.timeOnAir(payloadSize: PairingMessage.offerSize)
        let welcome = modulation.timeOnAir(payloadSize: PairingMessage.welcomeSize)
        answerTime = hello + offer + slot * 32
        receiptTime = welcome + hello + slot * 32
        self.dice = dice
    }

    /// Whether nobody is being admitted.
    public var isIdle: Bool { if case .idle = state { true } else { false } }

    /// Appends the frame to send.
    public func write(to out: inout OutputSpan<UInt8>) { out.append(contentsOf: frame.span) }

    /// Begins to call the node that the code names.
    ///
    /// - Precondition: `isIdle`.
    public mutating func start(
        _ code: PairingCode, at now: Instant, entropy: inout Entropy,
        into effects: inout Effects<Effect>
    ) {
        precondition(isIdle, "one node at a time")
        session = entropy.bytes()
        candidate = nil
        let exchange = PairingMessage.exchange(code, session: session, entropy: &entropy)
        self.exchange = exchange
        let session = session
        let hint = code.hint
        frame.make(
            PairingMessage.header(session), .hello, sealedWith: nil,
            plain: { out in
                out.append(contentsOf: session.span)
                out.append(littleEndian: UInt64(hint), size: 3)
                out.append(contentsOf: exchange.share.span)
            }, secret: { _ in })
        call(attempt: 1, at: now, into: &effects)
    }

    /// Takes in a pairing frame's header and payload; whatever it is, nothing traps.
    public mutating func receive(
        _ header: FrameHeader, _ payload: Span<UInt8>, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        guard payload.count > 0, let step = PairingStep(rawValue: payload[0]),
            header.counter == PairingMessage.tag(session)
        else { return }
        let body = payload.extracting(1..<payload.count)
        switch (step, state) {
        case (.offer, .calling):
            offer(body, into: &effects)
        case (.receipt, .welcoming(let number, let key, _, _)):
            var opened = OpenedSecret()
            guard opened.open(body, with: key.derive(.pairingReceipt)) else { return }
            finish(.confirmed(number), into: &effects)
        case (.hello, _), (.offer, _), (.welcome, _), (.receipt, _):
            break
        }
    }

    /// The candidate is a member now, on flash.
    ///
    /// - Parameter time: Milliseconds since 1970, for nodes without a clock.
    public mutating func admitted(
        _ membership: Membership, time: UInt64, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        guard case .admitting(let key) = state else { return }
        frame.make(
            PairingMessage.header(session), .welcome, sealedWith: key.derive(.pairingWelcome),
            plain: { _ in },
            secret: { out in
                out.append(littleEndian: time, size: 6)
                membership.write(to: &out)
                membership.leftOut.write(to: &out)
            })
        effects.append(.progress(.admitted(membership.number)))
        welcome(membership.number, key, attempt: 1, at: now, into: &effects)
    }

    /// The candidate could not be made a member.
    public mutating func refused(
        _ failure: PairingFailure, into effects: inout Effects<Effect>
    ) {
        guard case .admitting = state else { return }
        finish(.failed(failure), into: &effects)
    }

    /// A wake came; it may be early, late or another's.
    public mutating func timer(at now: Instant, into effects: inout Effects<Effect>) {
        switch state {
        case .calling(let attempt, let until):
            guard until <= now else { return effects.append(.wake(at: until)) }
            guard attempt < Self.attempts else {
                return finish(.failed(.noAnswer), into: &effects)
            }
            call(attempt: attempt + 1, at: now, into: &effects)
        case .welcoming(let number, let key, let attempt, let until):
            guard until <= now else { return effects.append(.wake(at: until)) }
            guard attempt < Self.attempts else {
                return finish(.failed(.noReceipt(number)), into: &effects)
            }
            welcome(number, key, attempt: attempt + 1, at: now, into: &effects)
        case .idle, .admitting:
            break
        }
    }

    private mutating func call(
        attempt: Int, at now: Instant, into effects: inout Effects<Effect>
    ) {
        let until = now + answerTime * 2 + dice.roll(upTo: answerTime)
        state = .calling(attempt: attempt, until: until)
        effects.append(.send)
        effects.append(.progress(.calling(attempt: attempt)))
        effects.append(.wake(at: until))
    }

    private mutating func welcome(
        _ number: Actor, _ key: SecretKey, attempt: Int, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        let until = now + receiptTime * 2 + dice.roll(upTo: receiptTime)
        state = .welcoming(number, key, attempt: attempt, until: until)
        effects.append(.send)
        effects.append(.wake(at: until))
    }

    private mutating func offer(_ body: Span<UInt8>, into effects: inout Effects<Effect>) {
        guard body.count > 32 + 32, let share = CPace.Share(body.extracting(0..<32)),
            let key = exchange?.secret(with: share, isInitiator: true)
        else { return }
        var opened = OpenedSecret()
        guard
            opened.open(
                body.extracting(32..<body.count), with: key.derive(.pairingOffer)),
            opened.span.count >= 32,
            let publicKey = PublicKey(opened.span.extracting(0..<32)),
            let name = Name(opened.span.extracting(32..<opened.span.count))
        else {
            // Each offer that cannot be opened may be somebody's guess: no second one.
            return finish(.failed(.wrongCode), into: &effects)
        }
        candidate = MemberRecord(publicKey: publicKey, name: name)
        state = .admitting(key)
        effects.append(.progress(.answered))
        effects.append(.admit)
    }

    private mutating func finish(
        _ progress: PairingProgress, into effects: inout Effects<Effect>
    ) {
        state = .idle
        exchange = nil
        effects.append(.progress(progress))
    }
}
