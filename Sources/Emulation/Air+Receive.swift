import Base
import LoRa

/// Receivers lock on frames, and lose them to others.
extension Air {
    /// A frame begins where `receiver` hears.
    func meet(_ receiver: Int, newcomer: Int, _ flight: Flight, at moment: Instant) {
        guard !isBlocked(receiver, newcomer) else { return }
        guard let lock = nodes[receiver].lock else {
            if canLock(receiver, on: newcomer, flight, at: moment) { hold(receiver, newcomer) }
            return
        }
        guard let locked = nodes[lock.transmitter].flight else { return }
        let lead = power(of: newcomer, at: receiver) - power(of: lock.transmitter, at: receiver)
        if let margin = propagation.threshold(of: flight, against: locked), lead >= margin,
            flight.modulation.spreadingFactor == locked.modulation.spreadingFactor,
            moment <= locked.lockLimit || propagation.relocks,
            canLock(receiver, on: newcomer, flight, at: moment)
        {
            hold(receiver, newcomer)
        } else {
            disturb(receiver, locked, by: flight, lead: -lead)
        }
    }

    /// The receiver hears from now on: perhaps there is a preamble already.
    func openReceiver(of index: Int, at moment: Instant) {
        begin(.receiving, of: index, until: nodes[index].deadline)
        seek(index, at: moment)
    }

    /// A deadline has passed, or a frame has come as far as the chip wants to tell of.
    func goOnReceiving(_ index: Int, at event: Instant) {
        let phase = tellPhase(of: index, by: event)
        noteInterrupt(of: index)
        guard nodes[index].deadline <= event else { return armReceiver(index) }
        nodes[index].deadline = .distantFuture
        let next = chips[index].deadlinePassed(at: event, hearing: phase)
        guard let next else { return armReceiver(index) }
        perform(next, of: index, at: event)
        noteInterrupt(of: index)
    }

    /// Locks on the strongest frame whose preamble is not over.
    func seek(_ receiver: Int, at moment: Instant) {
        var best: Int?
        for place in 0..<transmitters.count where transmitters[place] != receiver {
            let index = transmitters[place]
            guard let flight = nodes[index].flight,
                canLock(receiver, on: index, flight, at: moment)
            else { continue }
            if let other = best, power(of: other, at: receiver) >= power(of: index, at: receiver) {
                continue
            }
            best = index
        }
        if let best { hold(receiver, best) }
    }

    private func canLock(
        _ receiver: Int, on transmitter: Int, _ flight: Flight, at moment: Instant
    ) -> Bool {
        guard moment <= flight.lockLimit, !isBlocked(receiver, transmitter),
            !faults[receiver].isDeaf,
            let radio = chips[receiver].radio, flight.suits(radio)
        else { return false }
        let margin = margin(
            flight, from: transmitter, to: receiver, radio, between: moment, and: moment)
        return margin >= propagation.demodulation.lockMargin
    }

    /// Locks `receiver` on a frame; what else is on the air may destroy it.
    private func hold(_ receiver: Int, _ transmitter: Int) {
        nodes[receiver].lock = Lock(transmitter: transmitter)
        guard let flight = nodes[transmitter].flight else { return }
        let level = power(of: transmitter, at: receiver)
        for place in 0..<transmitters.count {
            let other = transmitters[place]
            guard other != transmitter, other != receiver, let disturber = nodes[other].flight,
                !isBlocked(receiver, other)
            else { continue }
            disturb(
                receiver, flight, by: disturber, lead: level - power(of: other, at: receiver))
        }
        armReceiver(receiver)
    }

    /// What another frame does to the one that a receiver has locked on, `lead` dB weaker than it.
    private func disturb(
        _ receiver: Int, _ locked: Flight, by other: Flight, lead: Double
    ) {
        guard other.end > locked.lockLimit,
            let threshold = propagation.threshold(of: locked, against: other)
        else { return }
        let isTooStrong = lead < threshold
        if isTooStrong, other.start < locked.headerEnd {
            nodes[receiver].lock?.headerIsDamaged = true
        }
        guard case .matrix = propagation.interference, other.radio.emission == .frame else {
            if isTooStrong { nodes[receiver].lock?.isDamaged = true }
            return
        }
        let overlap = min(locked.end, other.end) - max(locked.start, other.start)
        let share =
            Double(overlap.wholeMicroseconds)
            / Double((locked.end - locked.start).wholeMicroseconds)
        nodes[receiver].lock?.energy.add(
            other.modulation.spreadingFactor, lead: lead, share: share)
    }

    private func isDestroyed(_ lock: Lock, _ flight: Flight) -> Bool {
        guard case .matrix(let rejection) = propagation.interference else { return lock.isDamaged }
        return lock.isDamaged
            || !lock.energy.isBearable(for: flight.modulation.spreadingFactor, rejection)
    }

    // MARK: How far a frame has come

    /// The receiver's next event: its deadline, or what its chip announces of the frame before.
    func armReceiver(_ index: Int) {
        var event = nodes[index].deadline
        if let lock = nodes[index].lock, let flight = nodes[lock.transmitter].flight {
            if lock.phase < .preamble, chips[index].announces(.preamble) {
                event = min(event, preambleHeard(flight))
            } else if lock.phase < .header, chips[index].announces(.header) {
                event = min(event, flight.headerEnd)
            }
        }
        events[index] = event
    }

    private func preambleHeard(_ flight: Flight) -> Instant {
        flight.start + flight.modulation.symbol * propagation.lockSymbols
    }

    /// Tells the chip how far the frame it has locked on has come, once each.
    @discardableResult
    func tellPhase(of index: Int, by moment: Instant) -> ReceptionPhase {
        guard let lock = nodes[index].lock, let flight = nodes[lock.transmitter].flight else {
            return .nothing
        }
        let phase: ReceptionPhase =
            if flight.headerEnd <= moment, !lock.headerIsDamaged {
                .header
            } else if preambleHeard(flight) <= moment {
                .preamble
            } else {
                .nothing
            }
        if phase > lock.phase {
            nodes[index].lock?.phase = phase
            chips[index].hears(phase)
        }
        return phase
    }

    // MARK: The end

    func deliver(
        _ flight: Flight, from transmitter: Int, to receiver: Int, _ lock: Lock, isCutOff: Bool
    ) {
        guard let radio = chips[receiver].radio else { return }
        let (size, reading, hasChecksum) = flight.reading(by: radio)
        let level = power(of: transmitter, at: receiver)
        let noise = noise(
            at: receiver, radio.frequency, flight.modulation.bandwidth, from: flight.start,
            to: flight.end)
        let signal = ReceivedSignal(
            rssi: Decibel.sum(level, noise), snr: level - noise - flight.radio.transmitLoss,
            signal: level)
        let isDamaged =
            isDestroyed(lock, flight) || isCutOff || reading != .whole
            || !isReadByChance(flight, from: transmitter, to: receiver, radio)
        let needsHeader = radio.format.header == .explicit
        let quality: Reception.Quality =
            if reading == .headerDamaged || needsHeader && lock.headerIsDamaged {
                .headerDamaged
            } else {
                isDamaged ? .damaged : .whole
            }
        // A damaged frame's bytes are not those that were sent.
        let noiseAt = isDamaged ? dice.roll(0..<max(1, size)) : -1
        let noiseByte = isDamaged ? UInt8(dice.roll(1..<256)) : 0
        chips[receiver].received(
            Reception(
                size: size, quality: quality, signal: signal, hasChecksum: hasChecksum,
                codingRate: flight.modulation.codingRate,
                frequencyError: flight.radio.frequency - radio.frequency),
            at: flight.end
        ) { offset in
            payloads[transmitter * 256 + min(offset, 255)] ^ (offset == noiseAt ? noiseByte : 0)
        }
        if !chips[receiver].isReceiving { begin(.idle, of: receiver, until: .distantFuture) }
        if isDamaged {
            nodes[receiver].counters.collided += 1
        } else {
            nodes[receiver].counters.received += 1
        }
        log.append(
            AirRecord(
                at: flight.end,
                kind: isDamaged
                    ? .collided(at: AirNode(receiver), from: AirNode(transmitter))
                    : .received(
                        by: AirNode(receiver), from: AirNode(transmitter), signal.rounded)))
        noteInterrupt(of: receiver)
        if case .receiving = nodes[receiver].activity {
            armReceiver(receiver)
            seek(receiver, at: flight.end)
        }
    }
}
