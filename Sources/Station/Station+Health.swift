import Base
import LoRa
import Node

/// Whether the radio is well, and what is done where it is not.
extension Station where Radio: ~Copyable, Storage: ~Copyable {
    /// How often all settings are written anew. The bus has no checksum: a bit that flipped on the
    /// way may have left a chip that hears and cannot be heard. Sooner after a fault, which may have
    /// been one of many.
    private var refreshInterval: Duration { .seconds(600) }
    private var refreshAfterFault: Duration { .seconds(60) }

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

    mutating func attempt(
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
