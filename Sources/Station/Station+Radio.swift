import Base
import LoRa
import Node

/// The radio: what the node wants of it, what it tells, and whether it is well.
extension Station where Radio: ~Copyable, Storage: ~Copyable {
    /// How often a radio that listens is asked whether it is well.
    private var checkInterval: Duration { .seconds(5) }

    /// How often all settings are written anew. The bus has no checksum: a bit that flipped on the
    /// way may have left a chip that hears and cannot be heard. Sooner after a fault, which may have
    /// been one of many.
    private var refreshInterval: Duration { .seconds(600) }
    private var refreshAfterFault: Duration { .seconds(60) }

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
    private mutating func isReceiving(
        at now: Instant, into output: inout Effects<StationEffect>
    ) -> Bool {
        do throws(ModemFault) {
            return try radio.isReceivingFrame()
        } catch {
            fail(error, at: now, into: &output)
            return false
        }
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

    // MARK: Listen before talk

    private var isMeasuring: Bool { if case .measuring = state { true } else { false } }

    /// Activity detection finds LoRa only; the law asks for any energy.
    private mutating func measure(
        _ rule: ListenBeforeTalk, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        let start = now + .milliseconds(1)  // Until the receiver has settled.
        state = .measuring(rule, lookAt: start, endAt: start + rule.duration)
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in try radio.listen() }
    }

    /// Looks at the level, five times and at the end.
    private mutating func look(
        _ rule: ListenBeforeTalk, until end: Instant, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        do throws(ModemFault) {
            if try radio.levelDBm() > rule.thresholdDBm {
                finishMeasuring(.busy, at: now)
            } else if now >= end {
                finishMeasuring(.clear, at: now)
            } else {
                let next = min(now + rule.duration / 5, end)
                state = .measuring(rule, lookAt: next, endAt: end)
            }
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    private mutating func finishMeasuring(_ activity: ChannelActivity, at now: Instant) {
        state = .listening(checkAt: now + checkInterval)
        node.handle(.channel(activity), at: now, into: &effects)
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

    // MARK: Whether it is well

    /// Looks after the radio where it is time to.
    mutating func watchRadio(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        guard state.wake <= now else { return }
        switch state {
        case .standby: break
        case .failed: startRadio(at: now, into: &output)
        case .listening: checkReceiver(at: now, into: &output)
        case .measuring(let rule, _, let end): look(rule, until: end, at: now, into: &output)
        case .sensing(let deadline): checkEnd(deadline, .senseTimeout, at: now, into: &output)
        case .transmitting(let deadline):
            checkEnd(deadline, .transmitTimeout, at: now, into: &output)
        }
    }

    private mutating func checkReceiver(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        state = .listening(checkAt: now + checkInterval)
        checkUp(at: now, into: &output)
        guard state.isListening else { return }
        if now >= refreshAt, !isReceiving(at: now, into: &output), state.isListening {
            return startRadio(at: now, into: &output)
        }
        guard state.isListening, let remedy = silence.remedy(at: now) else { return }
        switch remedy {
        case .calibrate:
            health.recalibrations += 1
            attempt(at: now, into: &output) { (radio) throws(ModemFault) in
                try radio.recalibrate()
            }
        case .restart where health.heardAt != nil:
            fail(.deaf, at: now, into: &output)
        case .restart:
            startRadio(at: now, into: &output)
        }
    }

    /// What should be over by now is not: its interrupt was lost, or the radio is.
    private mutating func checkEnd(
        _ deadline: RadioState.Deadline, _ fault: ModemFault, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        let before = state
        checkUp(at: now, into: &output)
        guard state == before else { return }
        guard deadline.lookAt < deadline.endAt else { return fail(fault, at: now, into: &output) }
        let last = RadioState.Deadline(lookAt: deadline.endAt, endAt: deadline.endAt)
        if case .sensing = state { state = .sensing(last) } else { state = .transmitting(last) }
    }

    /// Takes in what the radio may have to tell, then asks it whether all is well.
    private mutating func checkUp(at now: Instant, into output: inout Effects<StationEffect>) {
        let before = state
        readRadio(at: now, into: &output)
        guard state == before else { return }
        do throws(ModemFault) {
            switch try radio.checkUp() {
            case .sound:
                lostInterrupts = 0
                if state.isListening, lastFault != .transmitTimeout { failures = 0 }
            case .lostInterrupt:
                health.lostInterrupts += 1
                lostInterrupts += 1
                readRadio(at: now, into: &output)
                if lostInterrupts >= 3 {
                    lostInterrupts = 0
                    fail(.noInterrupt, at: now, into: &output)
                }
            }
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    private mutating func startRadio(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        let channel = channel
        state = .standby
        refreshAt = now + refreshInterval
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in
            try radio.start(channel)
        }
        if state == .standby, health.fault != nil {
            refreshAt = now + refreshAfterFault
            health.recovered(at: now)
            output.append(.radioWorks)
        }
    }

    private mutating func attempt(
        at now: Instant, into output: inout Effects<StationEffect>,
        _ action: (inout Radio) throws(ModemFault) -> Void
    ) {
        do throws(ModemFault) {
            try action(&radio)
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    /// Starts the radio again: at once after a first fault, then after 1 s, 2 s, … at most 30 s.
    mutating func fail(
        _ fault: ModemFault, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        let rest: Duration =
            failures == 0
            ? .milliseconds(50) : min(.seconds(1 << min(failures - 1, 5)), .seconds(30))
        state = .failed(retryAt: now + rest)
        failures += 1
        lastFault = fault.kind
        if health.fault != fault { output.append(.radioFailed(fault)) }
        health.failed(fault, at: now)
        node.handle(.modemReset(fault), at: now, into: &effects)
    }
}
