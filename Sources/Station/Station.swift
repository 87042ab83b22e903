import Base
import CRDT
import Crypto
import HAL
import LoRa
import Mesh
import Node

/// What happens to a station.
public enum StationEvent: Equatable, Sendable {
    /// The radio's interrupt is high, or may have been.
    case interrupt
    /// The time that `wake` named has come, or another.
    case timer
    /// The wall clock was set: milliseconds since 1970.
    case clock(milliseconds: UInt64)
}

/// What a station tells its surroundings.
public enum StationEffect: Equatable, Sendable {
    /// Say `timer` then; replaces the earlier wake.
    case wake(at: Instant)
    /// The request is done: its write is on flash.
    case done(Request)
    case refused(Request, Refusal)
    /// How the admission of a node goes on; the last one is `confirmed` or `failed`.
    case pairing(Request, PairingProgress)
    /// The entry at this index of the replica's map has a new value.
    case changed(index: Int)
    /// This node was admitted to a mesh.
    case joined
    /// The radio failed; it is started again by and by.
    case radioFailed(ModemFault)
    /// The radio works again.
    case radioWorks
}

/// A node with its radio, its airtime ledger and its disk: carries out what the node asks for.
///
/// The one such loop: `Agent` runs it on Linux, `Simulation` in virtual time. Nothing here waits;
/// the only way to the antenna is a permit of the ledger (law 3).
public struct Station<Radio: Modem & ~Copyable, Storage: Disk & ~Copyable>: ~Copyable {
    private enum RadioState: Equatable {
        case standby, listening
        case sensing(until: Instant)
        case transmitting(until: Instant)
        case failed(retryAt: Instant)
    }

    /// The node.
    public var node: Node
    /// Its radio.
    public var radio: Radio
    /// Its disk.
    public var disk: Storage
    /// Its time on air.
    public private(set) var ledger: AirtimeLedger
    /// Where and how it speaks.
    public let channel: Channel
    /// Why the radio does not work; `nil` while it does.
    public private(set) var radioFault: ModemFault?
    /// How often the radio was started again.
    public private(set) var radioRestarts = 0

    private var state: RadioState
    private var failures = 0
    private var effects = Effects<NodeEffect>(capacity: Node.effectCapacity)
    private var nodeWake: Instant?
    private var announcedWake: Instant?

    /// A station with what its disk knows.
    ///
    /// - Parameters:
    ///   - subBand: The rule for `channel`.
    ///   - seed: What all its keys and dice grow from; unpredictable on a device.
    /// - Throws: Where the disk cannot be read, or holds something else.
    public init(
        _ configuration: NodeConfiguration, channel: Channel, subBand: SubBand,
        radio: consuming Radio, disk: consuming Storage, seed: FixedBytes<32>, at now: Instant
    ) throws(DiskFault) {
        var node = Node(configuration, seed: seed, at: now)
        var reservation: AirtimeReservation?
        try disk.forEach { (key, value) throws(DiskFault) in
            if NodeRecord.airtime.isKey(key) {
                reservation = try Self.reservation(value)
            } else {
                try node.restore(key, value)
            }
        }
        self.node = node
        self.radio = radio
        self.disk = disk
        self.channel = channel
        ledger = AirtimeLedger(subBand, restoring: reservation, at: now)
        // Whoever waits for this node's first answer gets it before the radio's start takes time.
        state = .failed(retryAt: now + .milliseconds(50))
    }

    /// Sets the station going: the node first, so that it can be asked, then the radio.
    ///
    /// - Parameter wallClock: Milliseconds since 1970, or `nil` where no clock is to be trusted.
    public mutating func start(
        wallClock: UInt64?, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        node.start(wallClock: wallClock, at: now, into: &effects)
        settle(at: now, into: &output)
    }

    /// Takes an event in.
    public mutating func handle(
        _ event: StationEvent, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        switch event {
        case .interrupt:
            readRadio(at: now, into: &output)
        case .timer:
            announcedWake = nil
            if let wake = nodeWake, wake <= now { nodeWake = nil }
            watchRadio(at: now, into: &output)
            node.handle(.timer, at: now, into: &effects)
        case .clock(let milliseconds):
            node.handle(.clock(milliseconds: milliseconds), at: now, into: &effects)
        }
        settle(at: now, into: &output)
    }

    /// Time on air in the last hour.
    public func airtimeUsed(at now: Instant) -> Duration { ledger.used(at: now) }

    // MARK: Requests

    /// Writes a key of the shared map; `done` once it is on flash.
    public mutating func set(
        _ key: Key, to value: Value, _ request: Request, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        node.set(key, to: value, request, at: now, into: &effects)
        settle(at: now, into: &output)
    }

    /// Founds a mesh; `done` once that is on flash.
    public mutating func found(
        _ mesh: Name, _ request: Request, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        node.found(mesh, request, at: now, into: &effects)
        settle(at: now, into: &output)
    }

    /// Admits the node that a code names; `pairing` tells how it goes.
    public mutating func pair(
        _ code: PairingCode, _ request: Request, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        node.pair(code, request, at: now, into: &effects)
        settle(at: now, into: &output)
    }

    /// Flushes what waits and puts the radio to sleep: before the process ends.
    public mutating func stop(at now: Instant, into output: inout Effects<StationEffect>) {
        node.flush(at: now, into: &effects)
        settle(at: now, into: &output)
        if case .failed = state { return }  // It has not been started, or is not to be talked to.
        try? radio.sleep()
    }

    // MARK: Effects

    private mutating func settle(at now: Instant, into output: inout Effects<StationEffect>) {
        while let effect = effects.popFirst() { carryOut(effect, at: now, into: &output) }
        if state == .standby {
            attempt(at: now, into: &output) { (radio) throws(ModemFault) in try radio.listen() }
            if state == .standby { state = .listening }
            while let effect = effects.popFirst() { carryOut(effect, at: now, into: &output) }
        }
        announceWake(into: &output)
    }

    private mutating func carryOut(
        _ effect: NodeEffect, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        switch effect {
        case .senseChannel: senseChannel(at: now, into: &output)
        case .transmit(let slot): transmit(slot, at: now, into: &output)
        case .persist: persist(at: now)
        case .wake(let time): nodeWake = time
        case .done(let request): output.append(.done(request))
        case .refused(let request, let refusal): output.append(.refused(request, refusal))
        case .pairing(let request, let progress): output.append(.pairing(request, progress))
        case .changed(let index): output.append(.changed(index: index))
        case .joined: output.append(.joined)
        }
    }

    private mutating func persist(at now: Instant) {
        do throws(DiskFault) {
            try node.write(to: &disk)
            try disk.commit()
            node.handle(.persisted, at: now, into: &effects)
        } catch {
            disk.discard()
            node.handle(.persistFailed(error), at: now, into: &effects)
        }
    }

    private mutating func announceWake(into output: inout Effects<StationEffect>) {
        var wake = nodeWake ?? .distantFuture
        switch state {
        case .sensing(let time), .transmitting(let time), .failed(let time): wake = min(wake, time)
        case .standby, .listening: break
        }
        guard wake != announcedWake, wake < .distantFuture else { return }
        announcedWake = wake
        output.append(.wake(at: wake))
    }

    // MARK: Radio

    private mutating func senseChannel(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        if case .failed = state { return node.handle(.modemReset, at: now, into: &effects) }
        if state == .listening, isReceiving(at: now, into: &output) {
            return node.handle(.channel(.busy), at: now, into: &effects)
        }
        if case .failed = state { return }
        // A few symbols, and what the host may need to notice the interrupt.
        state = .sensing(until: now + channel.modulation.symbol * 32 + .milliseconds(500))
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

    private mutating func transmit(
        _ slot: FrameSlot, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        if case .failed = state { return node.handle(.modemReset, at: now, into: &effects) }
        let frame = node.frames.copy(of: slot)
        let timeOnAir = channel.modulation.timeOnAir(payloadSize: frame.count)
        switch ledger.request(timeOnAir, at: now) {
        case .granted(let permit):
            state = .transmitting(until: now + timeOnAir * 2 + .milliseconds(500))
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
            refuse(until: now + SubBand.window, at: now)
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

    private mutating func readRadio(at now: Instant, into output: inout Effects<StationEffect>) {
        if case .failed = state { return }
        var frame = ShortBytes<255>()
        do throws(ModemFault) {
            while let event = try frame.fill({ (out) throws(ModemFault) in
                try radio.nextEvent(into: &out)
            }) {
                take(event, frame, at: now)
            }
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    private mutating func take(_ event: ModemEvent, _ frame: ShortBytes<255>, at now: Instant) {
        failures = 0
        switch event {
        case .received(let signal):
            guard let slot = node.frames.take(copying: frame) else { return }
            node.handle(.received(slot, signal), at: now, into: &effects)
        case .damaged:
            node.handle(.damaged, at: now, into: &effects)
        case .sent:
            state = .standby
            node.handle(.sent, at: now, into: &effects)
        case .channel(let activity):
            state = .standby
            node.handle(.channel(activity), at: now, into: &effects)
        }
    }

    /// What should have ended has not: the interrupt was lost, or the chip is.
    private mutating func watchRadio(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        switch state {
        case .sensing(let until) where until <= now,
            .transmitting(let until) where until <= now:
            let before = state
            readRadio(at: now, into: &output)
            if state == before { fail(.transmitTimeout, at: now, into: &output) }
        case .failed(let retryAt) where retryAt <= now:
            startRadio(at: now, into: &output)
        case .standby, .listening, .sensing, .transmitting, .failed:
            break
        }
    }

    private mutating func startRadio(
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        let channel = channel
        let wasFailing = radioFault != nil
        state = .standby
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in
            try radio.start(channel)
        }
        if state == .standby, wasFailing {
            radioFault = nil
            radioRestarts += 1
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

    /// Starts the radio again after a while: 1 s, 2 s, … at most a minute.
    private mutating func fail(
        _ fault: ModemFault, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        state = .failed(retryAt: now + .seconds(1 << min(failures, 6)))
        failures += 1
        if radioFault != fault { output.append(.radioFailed(fault)) }
        radioFault = fault
        node.handle(.modemReset, at: now, into: &effects)
    }

    // MARK: Airtime on flash

    private mutating func keep(_ reservation: AirtimeReservation) -> Bool {
        var bytes = FixedBytes<8>()
        let microseconds = UInt64(reservation.charged.wholeMicroseconds)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: microseconds >> UInt64(8 * index))
        }
        do throws(DiskFault) {
            try disk.put(NodeRecord.airtime.key.span, bytes.span)
            try disk.commit()
            return true
        } catch {
            disk.discard()
            return false
        }
    }

    private static func reservation(
        _ value: Span<UInt8>
    ) throws(DiskFault) -> AirtimeReservation {
        var reader = ByteReader(value)
        guard let number = try? reader.littleEndian(size: 8), reader.isAtEnd else {
            throw .damaged
        }
        return AirtimeReservation(
            charged: .microseconds(Int64(min(number, UInt64(Int64.max / 2)))))
    }
}
