import Base
import HAL
import LoRa

/// Emulated chips and the air between them, in the time that the caller says it is.
///
/// Nothing happens by itself: `nextEvent` says when something will, `advance(to:)` lets it. The
/// wires of a chip (`Air+Wires.swift`) may be used at any moment that is not before the last
/// `advance`; they do not move the others. The same calls and the same seed give the same bytes.
///
/// - Path loss by distance, links that can be blocked, sensitivity by spreading factor.
/// - A receiver locks on a preamble of which enough is left; a frame that is stronger by the capture
///   margin takes the lock over while that is still so, and destroys the locked one afterwards.
/// - A chip that transmits hears nothing. Activity detection finds any part of a frame.
public final class Air {
    struct Node {
        var position: Position
        var activity = Activity.idle
        /// When this node's activity goes on by itself.
        var event = Instant.distantFuture
        var lock: Lock?
        var flight: Flight?
        var counters = AirCounters()
        var isQueued = false
    }

    /// How signals fade.
    public let propagation: Propagation

    var chips: [SX1262Chip] = []
    var nodes: Slab<Node>
    private var payloads: Slab<UInt8>
    private var losses: Slab<Double>
    private var blocked: Slab<Bool>
    private var log: AirLog
    private var dice: Dice

    /// Nodes whose DIO1 has risen and whom nobody has asked for yet.
    private var interrupts: Slab<Int>
    private var interruptHead = 0
    private var interruptCount = 0

    /// The moment of the last `advance`.
    public private(set) var now = Instant.start

    /// Chips at their places, all powered and in standby.
    ///
    /// - Parameters:
    ///   - positions: One for each chip.
    ///   - oscillator: What all their boards have.
    ///   - logCapacity: Records kept for those who watch.
    public init(
        positions: [Position], propagation: Propagation = Propagation(),
        oscillator: Oscillator = .crystal, seed: UInt64 = 0, logCapacity: Int = 1_024
    ) {
        let count = positions.count
        self.propagation = propagation
        nodes = Slab(repeating: Node(position: Position(x: 0, y: 0)), count: count)
        payloads = Slab(repeating: 0, count: count * 256)
        losses = Slab(repeating: 0, count: count * count)
        blocked = Slab(repeating: false, count: count * count)
        interrupts = Slab(repeating: 0, count: max(count, 1))
        log = AirLog(capacity: logCapacity)
        dice = Dice(seed: seed)
        for index in 0..<count {
            chips.append(SX1262Chip(oscillator: oscillator))
            nodes[index].position = positions[index]
        }
        for index in 0..<count { measure(index) }
    }

    /// How many chips there are.
    public var count: Int { nodes.count }

    // MARK: The scene

    /// Puts a chip elsewhere; frames under way are heard from there.
    public func move(_ node: AirNode, to position: Position) {
        nodes[node.index].position = position
        measure(node.index)
    }

    /// Where a chip is.
    public func position(of node: AirNode) -> Position { nodes[node.index].position }

    /// Lets nothing pass between two chips, in either direction, or lets it pass again.
    public func setBlocked(_ isBlocked: Bool, between a: AirNode, and b: AirNode) {
        blocked[a.index * count + b.index] = isBlocked
        blocked[b.index * count + a.index] = isBlocked
    }

    /// What a chip has done so far.
    public func counters(of node: AirNode) -> AirCounters { nodes[node.index].counters }

    /// The oldest record that nobody has taken yet.
    public func nextRecord() -> AirRecord? { log.popFirst() }

    /// The oldest node whose DIO1 has risen since it was last returned.
    public func nextInterrupt() -> AirNode? {
        guard interruptCount > 0 else { return nil }
        let index = interrupts[interruptHead]
        interruptHead = (interruptHead + 1) % interrupts.count
        interruptCount -= 1
        nodes[index].isQueued = false
        return AirNode(index)
    }

    // MARK: Time

    /// When something will happen by itself, if anything will.
    public var nextEvent: Instant? {
        var earliest = Instant.distantFuture
        for index in nodes.indices where nodes[index].event < earliest {
            earliest = nodes[index].event
        }
        return earliest == .distantFuture ? nil : earliest
    }

    /// Lets all happen that is due by then, in order.
    public func advance(to moment: Instant) {
        while let (index, event) = firstEvent(by: moment) {
            now = max(now, event)
            nodes[index].event = .distantFuture
            proceed(index, at: event)
        }
        now = max(now, moment)
    }

    private func firstEvent(by moment: Instant) -> (Int, Instant)? {
        var found: Int?
        var earliest = moment
        for index in nodes.indices {
            let event = nodes[index].event
            if found == nil ? event <= earliest : event < earliest {
                found = index
                earliest = event
            }
        }
        guard let found else { return nil }
        return (found, earliest)
    }

    private func proceed(_ index: Int, at event: Instant) {
        switch nodes[index].activity {
        case .idle: break
        case .rampingUp: startFlight(of: index, at: event)
        case .transmitting: endTransmission(of: index)
        case .settling: openReceiver(of: index, at: event)
        case .receiving:
            guard nodes[index].lock == nil else { break }  // A preamble stops the timer.
            nodes[index].activity = .idle
            chips[index].timedOut()
            noteInterrupt(of: index)
        case .sensing(let from): endSensing(of: index, from: from, at: event)
        }
    }

    /// Carries out what a chip's command asks of the air.
    func perform(_ action: ChipAction, of index: Int, at moment: Instant) {
        breakOff(index, at: moment)
        switch action {
        case .stop: break
        case .transmit(let start):
            nodes[index].activity = .rampingUp
            nodes[index].event = start
        case .receive(let from):
            nodes[index].activity = .settling
            nodes[index].event = from
        case .sense(let from):
            let settings = chips[index].settings
            nodes[index].activity = .sensing(from: from)
            // Half a symbol to think (AN1200.48 §2).
            let symbol = settings.modulation!.symbol
            nodes[index].event = from + symbol * settings.cadSymbols + symbol / 2
        }
    }

    private func breakOff(_ index: Int, at moment: Instant) {
        let before = nodes[index].activity
        nodes[index].activity = .idle
        nodes[index].event = .distantFuture
        nodes[index].lock = nil
        if case .transmitting = before {
            nodes[index].flight?.end = moment
            release(index, isCutOff: true)
        }
    }

    // MARK: Transmitting

    private func startFlight(of index: Int, at start: Instant) {
        let chip = chips[index]
        let flight = Flight(
            start: start, settings: chip.settings, syncWord: chip.syncWord,
            propagation: propagation)
        for offset in 0..<flight.size { payloads[index * 256 + offset] = chip.payload(offset) }
        let timeOnAir = flight.end - start
        nodes[index].flight = flight
        nodes[index].activity = .transmitting
        nodes[index].event = flight.end
        let timeout = chip.settings.transmitTimeout
        if timeout != 0 { nodes[index].event = min(flight.end, start + ChipTiming.steps(timeout)) }
        nodes[index].counters.sentFrames += 1
        nodes[index].counters.sentBytes += flight.size
        nodes[index].counters.timeOnAir += timeOnAir
        log.append(
            AirRecord(
                at: start,
                kind: .started(by: AirNode(index), size: flight.size, timeOnAir: timeOnAir)))
        for receiver in nodes.indices where receiver != index {
            meet(receiver, newcomer: index, flight, at: start)
        }
    }

    private func endTransmission(of index: Int) {
        nodes[index].activity = .idle
        let isWhole = nodes[index].flight!.end <= now
        if isWhole { chips[index].transmitted() } else { chips[index].timedOut() }
        if !isWhole { nodes[index].flight?.end = now }
        noteInterrupt(of: index)
        release(index, isCutOff: !isWhole)
    }

    // MARK: Receiving

    /// A frame begins where `receiver` is.
    private func meet(_ receiver: Int, newcomer: Int, _ flight: Flight, at moment: Instant) {
        guard case .receiving = nodes[receiver].activity, !isBlocked(receiver, newcomer) else {
            return
        }
        guard let lock = nodes[receiver].lock else {
            if canLock(receiver, on: newcomer, flight, at: moment) { hold(receiver, newcomer) }
            return
        }
        guard let locked = nodes[lock.transmitter].flight, locked.disturbs(flight) else { return }
        let lead = power(of: newcomer, at: receiver) - power(of: lock.transmitter, at: receiver)
        if lead >= propagation.captureMargin, moment <= locked.lockLimit,
            canLock(receiver, on: newcomer, flight, at: moment)
        {
            hold(receiver, newcomer)
        } else if -lead < propagation.captureMargin, flight.end > locked.lockLimit {
            damage(receiver, headerToo: moment < locked.headerEnd)
        }
    }

    /// The receiver hears from now on: perhaps there is a preamble already.
    private func openReceiver(of index: Int, at moment: Instant) {
        nodes[index].activity = .receiving
        let timeout = chips[index].settings.receiveTimeout
        if timeout != 0, timeout != ChipSettings.continuously {
            nodes[index].event = moment + ChipTiming.steps(timeout)
        }
        seek(index, at: moment)
    }

    /// Locks on the strongest frame whose preamble is not over.
    private func seek(_ receiver: Int, at moment: Instant) {
        var best: Int?
        for index in nodes.indices where index != receiver {
            guard case .transmitting = nodes[index].activity, let flight = nodes[index].flight,
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
        let chip = chips[receiver]
        return moment <= flight.lockLimit && !isBlocked(receiver, transmitter)
            && flight.suits(chip.settings, syncWord: chip.syncWord)
            && power(of: transmitter, at: receiver)
                >= propagation.noise(in: flight.modulation.bandwidth)
                + Propagation.floor(of: flight.modulation.spreadingFactor)
    }

    /// Locks `receiver` on a frame; what else is on the air may destroy it.
    private func hold(_ receiver: Int, _ transmitter: Int) {
        nodes[receiver].lock = Lock(transmitter: transmitter)
        guard let flight = nodes[transmitter].flight else { return }
        let level = power(of: transmitter, at: receiver)
        for other in nodes.indices where other != transmitter && other != receiver {
            guard case .transmitting = nodes[other].activity, let disturber = nodes[other].flight,
                !isBlocked(receiver, other), flight.disturbs(disturber),
                disturber.end > flight.lockLimit,
                level - power(of: other, at: receiver) < propagation.captureMargin
            else { continue }
            damage(receiver, headerToo: true)
        }
    }

    private func damage(_ receiver: Int, headerToo: Bool) {
        nodes[receiver].lock?.isDamaged = true
        if headerToo { nodes[receiver].lock?.headerIsDamaged = true }
    }

    /// A frame has left the air: whoever had locked on it has the result.
    private func release(_ transmitter: Int, isCutOff: Bool) {
        guard let flight = nodes[transmitter].flight else { return }
        for receiver in nodes.indices {
            guard let lock = nodes[receiver].lock, lock.transmitter == transmitter else { continue }
            nodes[receiver].lock = nil
            if isCutOff, flight.end < flight.headerEnd {
                seek(receiver, at: flight.end)  // It had nothing but a preamble: it goes on.
                continue
            }
            deliver(flight, from: transmitter, to: receiver, lock, isCutOff: isCutOff)
        }
    }

    private func deliver(
        _ flight: Flight, from transmitter: Int, to receiver: Int, _ lock: Lock, isCutOff: Bool
    ) {
        let level = power(of: transmitter, at: receiver)
        let noise = propagation.noise(in: flight.modulation.bandwidth)
        let signal = ReceivedSignal(
            rssi: Decibel.sum(level, noise), snr: level - noise, signal: level)
        let isDamaged = lock.isDamaged || isCutOff
        // A damaged frame's bytes are not those that were sent.
        let noiseAt = isDamaged ? dice.roll(0..<max(1, flight.size)) : -1
        let noiseByte = isDamaged ? UInt8(dice.roll(1..<256)) : 0
        chips[receiver].received(
            size: flight.size, signal: signal, isDamaged: isDamaged,
            headerIsDamaged: lock.headerIsDamaged
        ) { offset in
            payloads[transmitter * 256 + offset] ^ (offset == noiseAt ? noiseByte : 0)
        }
        if chips[receiver].mode != .receive { nodes[receiver].activity = .idle }
        if isDamaged {
            nodes[receiver].counters.collided += 1
            log.append(
                AirRecord(
                    at: flight.end,
                    kind: .collided(at: AirNode(receiver), from: AirNode(transmitter))))
        } else {
            nodes[receiver].counters.received += 1
            log.append(
                AirRecord(
                    at: flight.end,
                    kind: .received(
                        by: AirNode(receiver), from: AirNode(transmitter), signal.rounded)))
        }
        noteInterrupt(of: receiver)
        if case .receiving = nodes[receiver].activity { seek(receiver, at: flight.end) }
    }

    // MARK: Sensing

    /// Activity detection finds what was there for a symbol or more, preamble or not (AN1200.48 §1).
    private func endSensing(of index: Int, from: Instant, at moment: Instant) {
        nodes[index].activity = .idle
        let chip = chips[index]
        var activity = ChannelActivity.clear
        for other in nodes.indices where other != index {
            guard let flight = nodes[other].flight, !isBlocked(index, other),
                flight.isAlike(chip.settings),
                min(flight.end, moment) - max(flight.start, from) >= flight.modulation.symbol,
                power(of: other, at: index)
                    >= propagation.noise(in: flight.modulation.bandwidth)
                    + Propagation.floor(of: flight.modulation.spreadingFactor)
            else { continue }
            activity = .busy
        }
        chip.sensed(activity)
        noteInterrupt(of: index)
    }

    // MARK: Levels

    /// What all frames on the air and the noise amount to where `node` listens, in dBm.
    func level(at node: Int) -> Double {
        let settings = chips[node].settings
        var sum = propagation.noise(in: settings.modulation?.bandwidth ?? .khz125)
        for other in nodes.indices where other != node {
            guard case .transmitting = nodes[other].activity, let flight = nodes[other].flight,
                !isBlocked(node, other),
                abs(flight.frequency - settings.frequency) < flight.modulation.bandwidth.hertz
            else { continue }
            sum = Decibel.sum(sum, power(of: other, at: node))
        }
        return sum
    }

    private func power(of transmitter: Int, at receiver: Int) -> Double {
        nodes[transmitter].flight!.power - losses[transmitter * count + receiver]
    }

    private func isBlocked(_ a: Int, _ b: Int) -> Bool { blocked[a * count + b] }

    private func measure(_ index: Int) {
        for other in nodes.indices {
            let loss = propagation.loss(
                from: nodes[index].position, to: nodes[other].position)
            losses[index * count + other] = loss
            losses[other * count + index] = loss
        }
    }

    private func noteInterrupt(of index: Int) {
        guard chips[index].interruptIsHigh, !nodes[index].isQueued else { return }
        nodes[index].isQueued = true
        interrupts[(interruptHead + interruptCount) % interrupts.count] = index
        interruptCount += 1
    }
}
