import Base
import CRDT
import Crypto
import Mesh
import Reconcile

/// What a node means to send. Not bytes: those are made when the channel is clear.
struct Intents: OptionSet {
    var rawValue: UInt16 = 0

    static var joining: Intents { Intents(rawValue: 1) }
    static var sponsoring: Intents { Intents(rawValue: 2) }
    static var operations: Intents { Intents(rawValue: 4) }
    static var echo: Intents { Intents(rawValue: 8) }
    static var probe: Intents { Intents(rawValue: 16) }
    static var cells: Intents { Intents(rawValue: 32) }
    static var heads: Intents { Intents(rawValue: 64) }
    static var need: Intents { Intents(rawValue: 128) }
    static var page: Intents { Intents(rawValue: 256) }
    static var slots: Intents { Intents(rawValue: 512) }
    static var values: Intents { Intents(rawValue: 1024) }
    static var test: Intents { Intents(rawValue: 2048) }
    static var beacon: Intents { Intents(rawValue: 4096) }
    /// What tells the root of what is on flash, apart from operations.
    static var claims: Intents {
        Intents(
            rawValue: beacon.rawValue | values.rawValue | page.rawValue | heads.rawValue
                | cells.rawValue | probe.rawValue | echo.rawValue)
    }
}

extension Intents {
    /// What the reconciler means to send.
    init(_ intent: Reconciler<ShortHash>.Intent) {
        switch intent {
        case .operations: self = .operations
        case .cells: self = .cells
        case .heads: self = .heads
        case .need: self = .need
        case .page: self = .page
        case .slots: self = .slots
        case .values: self = .values
        }
    }

    /// What of it is the reconciler's.
    var reconcilers: Reconciler<ShortHash>.Intent? {
        switch self {
        case .operations: .operations
        case .cells: .cells
        case .heads: .heads
        case .need: .need
        case .page: .page
        case .slots: .slots
        case .values: .values
        default: nil
        }
    }
}

/// The frame that waits for airtime or is on the air.
struct Outgoing {
    var slot: FrameSlot
    var intent: Intents
}

extension Node {
    /// The channel is clear: sends the frame that was refused before, or makes one of the most
    /// urgent intent.
    mutating func transmit(at now: Instant, into effects: inout Effects<NodeEffect>) {
        if let outgoing {
            effects.append(.transmit(outgoing.slot))
            return
        }
        guard let slot = frames.take() else { preconditionFailure("a slot is kept for sending") }
        while let intent = intents.mostUrgent {
            intents.remove(intent)
            switch make(intent, in: slot) {
            case .made:
                outgoing = Outgoing(slot: slot, intent: intent)
                effects.append(.transmit(slot))
                return
            case .nothingToSay:
                continue
            case .noCounter:
                intents.insert(intent)
                frames.release(slot)
                persist(into: &effects)
                medium.handle(
                    .refused(until: now + configuration.slot * 4), at: now, into: &mediumEffects)
                return
            }
        }
        frames.release(slot)
        medium.handle(.sent, at: now, into: &mediumEffects)
    }

    /// The frame is sent: frees its slot and tells whoever meant it.
    mutating func sent(at now: Instant, into effects: inout Effects<NodeEffect>) {
        medium.handle(.sent, at: now, into: &mediumEffects)
        guard let outgoing else { return }
        self.outgoing = nil
        let size = frames.size(of: outgoing.slot)
        statistics.framesSent += 1
        statistics.bytesSent += size
        frames.release(outgoing.slot)
        if let intent = outgoing.intent.reconcilers {
            reconciler.sent(intent, at: now, into: &reconcilerEffects)
        }
        switch outgoing.intent {
        case .beacon, .echo:
            reconciler.saidRoot()
        case .probe:
            reconciler.saidRoot()
            probeWasSent(size: size, at: now)
        case .test:
            testWasSent(size: size, at: now, into: &effects)
        default:
            break
        }
    }

    /// There is no airtime for the frame: it waits, unless somebody waits for its fate.
    mutating func refused(
        until: Instant, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        guard outgoing?.intent == .test else {
            medium.handle(.refused(until: until), at: now, into: &mediumEffects)
            return
        }
        medium.handle(.sent, at: now, into: &mediumEffects)
        endTest(.noAirtime(wait: max(.zero, until - now)), into: &effects)
    }

    private enum Made { case made, nothingToSay, noCounter }

    private mutating func make(_ intent: Intents, in slot: FrameSlot) -> Made {
        switch intent {
        case .joining:
            guard joiner != nil else { return .nothingToSay }
            frames.fill(slot) { out in joiner?.write(to: &out) }
            return .made
        case .sponsoring:
            guard !sponsor.isIdle else { return .nothingToSay }
            frames.fill(slot) { out in sponsor.write(to: &out) }
            return .made
        case .operations:
            let isNews = debtsAreNews
            let made = make(.operations, as: isNews ? .wave : .repair, in: slot)
            if reconciler.debts.isEmpty { debtsAreNews = false }
            return made
        case .cells: return make(.cells, as: .cells, in: slot)
        case .heads: return make(.heads, as: .heads, in: slot)
        case .need: return make(.need, as: .need, in: slot)
        case .page: return make(.page, as: .page, in: slot)
        case .slots: return make(.slots, as: .slots, in: slot)
        case .values: return make(.values, as: .values, in: slot)
        case .echo:
            guard let owedEcho else { return .nothingToSay }
            guard seal(.echo, in: slot, { owedEcho.message.write(to: &$0) }) else {
                return .noCounter
            }
            self.owedEcho = nil
            return .made
        case .probe:
            guard let ownProbe else { return .nothingToSay }
            guard seal(.probe, in: slot, { ownProbe.message.write(to: &$0) }) else {
                return .noCounter
            }
            self.ownProbe?.isOutgoing = true
            return .made
        case .test:
            return writeTest(in: slot) ? .made : .nothingToSay
        default:
            return makeBeacon(in: slot)
        }
    }

    /// Each sixteenth beacon also tells the root of what holds, where all of it is on flash.
    private mutating func makeBeacon(in slot: FrameSlot) -> Made {
        let state: UInt32? =
            beaconsSent % Self.beaconsAState == Self.beaconsAState - 1
                && reconciler.isSettled(replica) ? reconciler.state(of: replica) : nil
        let isMade = seal(.beacon, in: slot) { out in
            if let state { out.append(littleEndian: UInt64(state), size: 4) }
        }
        guard isMade else { return .noCounter }
        beaconsSent += 1
        return .made
    }

    /// Makes a frame of what the reconciler wants to say.
    private mutating func make(
        _ intent: Reconciler<ShortHash>.Intent, as kind: FrameKind, in slot: FrameSlot
    ) -> Made {
        guard let own = membership?.number else { return .nothingToSay }
        guard let counter = counters.take() else { return .noCounter }
        let header = FrameHeader(
            kind: kind, sender: own, counter: UInt32(truncatingIfNeeded: counter & 0xFF_FFFF))
        let limit = payloadLimit
        var body = ShortBytes<255>()
        let hasContent = body.fill { out in
            reconciler.write(intent, frame: header.number, of: replica, limit: limit, to: &out)
        }
        // The counter is lost then: no frame has it.
        guard hasContent else { return .nothingToSay }
        seal(kind, counter, in: slot) { out in out.append(contentsOf: body.span) }
        return .made
    }

    /// Makes a sealed frame: the root of what is on flash, and what its kind adds.
    ///
    /// - Returns: Whether there was a counter for it.
    private mutating func seal(
        _ kind: FrameKind, in slot: FrameSlot,
        _ body: (inout OutputSpan<UInt8>) -> Void = { _ in }
    ) -> Bool {
        guard let counter = counters.take() else { return false }
        seal(kind, counter, in: slot, body)
        return true
    }

    private mutating func seal(
        _ kind: FrameKind, _ counter: UInt64, in slot: FrameSlot,
        _ body: (inout OutputSpan<UInt8>) -> Void
    ) {
        let root = root
        // A frame that carries the root needs no beacon beside it.
        if kind.hasRoot { intents.remove(.beacon) }
        frames.fill(slot) { out in
            keys?.seal(kind, counter: counter, to: &out) { out in
                if kind.hasRoot { out.append(littleEndian: UInt64(root), size: 4) }
                body(&out)
            }
        }
    }
}

extension Intents {
    /// The intent that goes first.
    fileprivate var mostUrgent: Intents? {
        isEmpty ? nil : Intents(rawValue: 1 << UInt16(rawValue.trailingZeroBitCount))
    }
}
