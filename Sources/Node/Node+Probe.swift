import Base
import CRDT
import LoRa
import Mesh

/// What a test frame says: at most 100 bytes.
public typealias TestText = ShortBytes<100>

/// What the answer to a probe has told.
public struct ProbeEcho: Equatable, Sendable {
    /// How the other node has heard the probe.
    public var there: Signal
    /// How its echo was heard here.
    public var here: Signal
    /// From the probe's first symbol to the echo's last.
    public var roundTrip: Duration
    /// How much of that both frames were on the air.
    public var timeOnAir: Duration
}

/// A probe of this node that is not answered yet; there is one at a time.
struct OwnProbe {
    var request: Request
    var message: ProbeMessage
    /// When nobody waits for it any more.
    var deadline: Instant
    /// When it may be sent: not sooner than its target answers again.
    var sendAt: Instant
    /// Whether that time has come, and whether a frame was made of it.
    var isQueued = false, isOutgoing = false
    /// When it was off the air, and how long it had been on it.
    var sentAt: Instant?
    var timeOnAir = Duration.zero

    var wake: Instant { isQueued ? deadline : sendAt }

    /// Whether an echo is of this probe, and not of one before it.
    func isAnswered(by echo: EchoMessage, from sender: Actor) -> Bool {
        sender == message.target && echo.token == message.token
    }
}

/// What this node owes to whoever has probed it; there is one at a time.
struct OwedEcho { var message: EchoMessage }

/// A test frame of this node that is not off the air yet; there is one at a time.
struct OwnTest {
    var request: Request
    var text: TestText
    var deadline: Instant
}

/// Probes, their echoes, and test frames: how people learn whether a link works. They go through
/// medium and ledger like every frame.
extension Node {
    /// How long a frame that somebody waits for may wait for the channel and for airtime.
    private var sendingLimit: Duration { .seconds(30) }

    /// How long an echo may take: its node may be in the middle of a long frame, have another to
    /// send, and find the channel in use a few times.
    private var answerLimit: Duration {
        configuration.modulation.timeOnAir(payloadSize: configuration.frameLimit) * 3
            + configuration.slot * 64 + .seconds(1)
    }

    /// Probes a member: `echoed` tells how it hears this node, or `refused` that nothing came, within
    /// half a minute and what an answer may take.
    public mutating func probe(
        _ target: Actor, _ request: Request, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        if let refusal = whyNotToProbe(target) {
            effects.append(.refused(request, refusal))
            return
        }
        nextToken &+= 1
        ownProbe = OwnProbe(
            request: request, message: ProbeMessage(target: target, token: nextToken),
            deadline: now + sendingLimit, sendAt: max(now, nextProbeAt))
        queueProbe(at: now)
        settle(at: now, into: &effects)
    }

    mutating func queueProbe(at now: Instant) {
        guard let probe = ownProbe, !probe.isQueued, probe.sendAt <= now else { return }
        ownProbe?.isQueued = true
        intents.insert(.probe)
    }

    private func whyNotToProbe(_ target: Actor) -> Refusal? {
        guard let membership else { return .notMember }
        guard target != membership.number, target.raw != 0 else { return .ownNumber }
        guard member(target) != nil else {
            return .unknownMember(number: Int(target.raw))
        }
        return ownProbe == nil ? nil : .underWay
    }

    /// Sends a test frame: `testSent` once it is off the air, or `refused`.
    public mutating func sendTest(
        _ text: TestText, _ request: Request, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        let limit = min(100, configuration.frameLimit - FrameHeader.size)
        guard text.count <= limit else {
            effects.append(.refused(request, .tooLong(limit: limit)))
            return
        }
        guard ownTest == nil else {
            effects.append(.refused(request, .underWay))
            return
        }
        ownTest = OwnTest(request: request, text: text, deadline: now + sendingLimit)
        intents.insert(.test)
        settle(at: now, into: &effects)
    }

    // MARK: Sending

    /// A probe is off the air: this one, or one that nobody waits for any more.
    mutating func probeWasSent(size: Int, at now: Instant) {
        guard var probe = ownProbe, probe.isOutgoing else { return }
        probe.sentAt = now
        probe.timeOnAir = configuration.modulation.timeOnAir(payloadSize: size)
        probe.deadline = now + answerLimit
        ownProbe = probe
        nextProbeAt = now + Neighbours.echoInterval + .milliseconds(100)
    }

    /// - Returns: Whether there is anything to send.
    mutating func writeTest(in slot: FrameSlot) -> Bool {
        guard let ownTest else { return false }
        let header = FrameHeader(
            kind: .test, sender: membership?.number ?? Actor(raw: 0),
            counter: testsSent & 0xFF_FFFF)
        testsSent &+= 1
        frames.fill(slot) { out in
            header.write(to: &out)
            out.append(contentsOf: ownTest.text.span)
        }
        return true
    }

    mutating func testWasSent(
        size: Int, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        guard let test = ownTest else { return }
        ownTest = nil
        effects.append(
            .testSent(
                test.request,
                timeOnAir: configuration.modulation.timeOnAir(payloadSize: size)))
    }

    /// Gives a test frame up, wherever it is.
    mutating func endTest(_ refusal: Refusal, into effects: inout Effects<NodeEffect>) {
        guard let test = ownTest else { return }
        ownTest = nil
        intents.remove(.test)
        if let slot = outgoing?.slot, outgoing?.intent == .test {
            outgoing = nil
            frames.release(slot)
        }
        effects.append(.refused(test.request, refusal))
    }

    /// The radio has failed: whoever waits for a frame to be sent is told why it was not.
    mutating func radioFailed(_ fault: ModemFault, into effects: inout Effects<NodeEffect>) {
        endTest(.radioFailed(fault), into: &effects)
        guard let probe = ownProbe, probe.sentAt == nil else { return }
        ownProbe = nil
        intents.remove(.probe)
        effects.append(.refused(probe.request, .radioFailed(fault)))
    }

    /// Gives up what nobody waits for any more. A test frame on the air is not given up: its end, or
    /// the radio's failure, is near.
    mutating func endOverdue(at now: Instant, into effects: inout Effects<NodeEffect>) {
        if let probe = ownProbe, probe.deadline <= now {
            ownProbe = nil
            intents.remove(.probe)
            effects.append(
                .refused(probe.request, probe.sentAt == nil ? .notSent : .noAnswer))
        }
        if let test = ownTest, test.deadline <= now {
            if outgoing?.intent == .test {
                let deadline = now + sendingLimit
                ownTest?.deadline = deadline
            } else {
                endTest(.notSent, into: &effects)
            }
        }
    }

    // MARK: Receiving

    /// Somebody probes a node; if it is this one, it is owed an echo. The newest takes the place of
    /// one that was not sent yet, and no member gets more than one a second.
    mutating func take(
        _ probe: ProbeMessage, from asker: Actor, _ signal: Signal, at now: Instant
    ) {
        guard probe.target == membership?.number else { return }
        guard neighbours.takeEcho(for: asker, at: now) else {
            statistics.probesDropped += 1
            return
        }
        if owedEcho != nil { statistics.probesDropped += 1 }
        owedEcho = OwedEcho(
            message: EchoMessage(target: asker, token: probe.token, signal: signal))
        statistics.probesAnswered += 1
        intents.insert(.echo)
    }

    /// An echo counts where it answers the probe that is out: same node, same token.
    mutating func take(
        _ echo: EchoMessage, from sender: Actor, _ signal: Signal, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        guard let probe = ownProbe, let sentAt = probe.sentAt,
            echo.target == membership?.number, probe.isAnswered(by: echo, from: sender)
        else { return }
        ownProbe = nil
        let echoSize = FrameHeader.size + 4 + EchoMessage.size + FrameHeader.tagSize
        effects.append(
            .echoed(
                probe.request,
                ProbeEcho(
                    there: echo.signal, here: signal,
                    roundTrip: now - sentAt + probe.timeOnAir,
                    timeOnAir: probe.timeOnAir
                        + configuration.modulation.timeOnAir(payloadSize: echoSize))))
    }
}
