import Base
import LoRa
import Node

/// The radio: what the node wants of it, and what it tells.
extension Station where Radio: ~Copyable, Storage: ~Copyable {
    /// How often a radio that listens is asked whether it is well.
    var checkInterval: Duration { .seconds(5) }

    /// Takes the radio from standby to listening.
    mutating func listen(at now: Instant, into output: inout Effects<StationEffect>) {
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in try radio.listen() }
        if state == .standby { state = .listening(checkAt: now + checkInterval) }
    }

    // MARK: What the node wants

    mutating func senseChannel(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        if state.hasFailed {
            return node.handle(.modemReset(health.fault), at: now, into: &effects)
        }
        if state.isListening, isReceiving(at: now, into: &output) {
            return node.handle(.channel(.busy), at: now, into: &effects)
        }
        if state.hasFailed { return }
        // A few symbols, and what the host may need to notice the interrupt.
        let end = now + channel.modulation.symbol * 8 + .milliseconds(30)
        state = .sensing(RadioState.Deadline(lookAt: end, endAt: end + .seconds(1)))
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in try radio.senseChannel() }
    }

    /// Whether a frame is coming in, which sensing would destroy.
    mutating func isReceiving(
        at now: Instant, into output: inout Effects<StationEffect>
    ) -> Bool {
        var isComingIn = false
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in
            isComingIn = try radio.isReceivingFrame()
        }
        return isComingIn
    }

    mutating func transmit(
        _ slot: FrameSlot, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        if state.hasFailed {
            return node.handle(.modemReset(health.fault), at: now, into: &effects)
        }
        let frame = node.frames.copy(of: slot)
        let timeOnAir = channel.timeOnAir(payloadSize: frame.count)
        switch ledger.request(timeOnAir, at: now) {
        case .granted(let permit):
            let end = now + timeOnAir + .milliseconds(30)
            state = .transmitting(
                RadioState.Deadline(lookAt: end, endAt: end + timeOnAir / 4 + .seconds(1)))
            send(frame, permit, at: now, into: &output)
        case .reserveFirst(let reservation):
            guard keep(reservation) else {
                return refuse(until: now + .seconds(10), at: now)
            }
            ledger.reserved(reservation, at: now)
            transmit(slot, at: now, into: &output)
        case .wait(let until):
            refuse(until: until, at: now)
        case .never:
            refuse(until: now + subBand.window, at: now)
        }
    }

    private mutating func send(
        _ frame: ShortBytes<255>, _ permit: consuming AirtimePermit, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        do throws(ModemFault) {
            try radio.transmit(frame.span, spending: permit)
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    private mutating func refuse(until: Instant, at now: Instant) {
        state = .standby
        node.handle(.refused(until: until), at: now, into: &effects)
    }

    // MARK: What it tells

    /// More in a row than any radio has to tell: a wire is stuck, or the bus makes them up.
    private var mostEvents: Int { 64 }

    /// Takes in all that the radio has to tell.
    mutating func readRadio(at now: Instant, into output: inout Effects<StationEffect>) {
        if state.hasFailed { return }
        var frame = ShortBytes<255>()
        do throws(ModemFault) {
            for _ in 0..<mostEvents {
                let event = try frame.fill { (out) throws(ModemFault) in
                    try radio.nextEvent(into: &out)
                }
                guard let event else { return }
                take(event, frame, at: now, into: &output)
                if state.hasFailed { return }
            }
            fail(.interruptStuck, at: now, into: &output)
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    private mutating func take(
        _ event: ModemEvent, _ frame: ShortBytes<255>, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        worked(by: event)
        switch event {
        case .received(let signal):
            heardSomething(at: now)
            tellObserver(HeardFrame(frame, signal), into: &output)
            if let slot = node.frames.take(copying: frame) {
                node.handle(.received(slot, signal), at: now, into: &effects)
            }
            if isMeasuring { finishMeasuring(.busy, at: now) }
        case .damaged:
            heardSomething(at: now)
            tellObserver(.damaged, into: &output)
            node.handle(.damaged, at: now, into: &effects)
            if isMeasuring { finishMeasuring(.busy, at: now) }
        case .silence:
            state = .standby
        case .sent:
            state = .standby
            node.handle(.sent, at: now, into: &effects)
        case .channel(let activity):
            state = .standby
            if activity == .clear, let rule = subBand.listenBeforeTalk {
                measure(rule, at: now, into: &output)
            } else {
                node.handle(.channel(activity), at: now, into: &effects)
            }
        }
    }

    /// Forgets faults before, but not one that this event says nothing about.
    private mutating func worked(by event: ModemEvent) {
        guard lastFault != .transmitTimeout || event == .sent else { return }
        failures = 0
        lastFault = nil
    }

    private mutating func heardSomething(at now: Instant) {
        health.heardAt = now
        silence.heardSomething(at: now)
        if state.isListening { state = .listening(checkAt: now + checkInterval) }
    }
}
