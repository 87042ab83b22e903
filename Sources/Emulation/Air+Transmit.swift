import Base

/// A frame goes on the air, and leaves it.
extension Air {
    func startFlight(of index: Int, at start: Instant) {
        let chip = chips[index]
        guard let radio = chip.radio else { return }
        var flight = Flight(start: start, radio: radio, propagation: propagation)
        flight.power -= propagation.fading?.loss(at: start) ?? 0
        for offset in 0..<flight.size { payloads[index * 256 + offset] = chip.payload(offset) }
        let timeOnAir = radio.emission == .frame ? flight.end - start : .zero
        nodes[index].flight = flight
        begin(.transmitting, of: index, until: min(flight.end, nodes[index].deadline))
        nodes[index].counters.sentFrames += 1
        nodes[index].counters.sentBytes += flight.size
        nodes[index].counters.timeOnAir += timeOnAir
        log.append(
            AirRecord(
                at: start,
                kind: .started(by: AirNode(index), size: flight.size, timeOnAir: timeOnAir)))
        for place in 0..<listeners.count {
            meet(listeners[place], newcomer: index, flight, at: start)
        }
    }

    func endTransmission(of index: Int, at event: Instant) {
        begin(.idle, of: index, until: .distantFuture)
        let isWhole = nodes[index].flight!.end <= now
        guard !faults[index].transmitsForEver else {
            if !isWhole { nodes[index].flight?.end = now }
            return release(index, isCutOff: !isWhole)
        }
        let next =
            isWhole
            ? chips[index].transmitted(at: event)
            : chips[index].deadlinePassed(at: event, hearing: .nothing)
        if !isWhole { nodes[index].flight?.end = now }
        noteInterrupt(of: index)
        release(index, isCutOff: !isWhole)
        if let next { perform(next, of: index, at: event) }
    }

    /// A frame has left the air: whoever had locked on it has the result.
    func release(_ transmitter: Int, isCutOff: Bool) {
        guard let flight = nodes[transmitter].flight else { return }
        var place = 0
        while place < listeners.count {
            let receiver = listeners[place]
            releaseLock(of: receiver, on: transmitter, flight, isCutOff: isCutOff)
            // It may have left the list.
            if place < listeners.count, listeners[place] == receiver { place += 1 }
        }
    }

    private func releaseLock(
        of receiver: Int, on transmitter: Int, _ flight: Flight, isCutOff: Bool
    ) {
        guard let lock = nodes[receiver].lock, lock.transmitter == transmitter else { return }
        nodes[receiver].lock = nil
        if isCutOff, flight.end < flight.headerEnd {
            seek(receiver, at: flight.end)  // It had nothing but a preamble: it goes on.
        } else {
            deliver(flight, from: transmitter, to: receiver, lock, isCutOff: isCutOff)
        }
    }
}
