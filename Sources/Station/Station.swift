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
    /// There are new operations: the node's `takeChange` names them.
    case changed
    /// This node was admitted to a mesh, or let in again under a new number.
    case joined
    /// This node learned that the mesh no longer waits for it.
    case leftOut
    /// The radio failed; it is started again by and by.
    case radioFailed(ModemFault)
    /// The radio works again.
    case radioWorks
    /// The probe was answered.
    case echoed(Request, ProbeEcho)
    /// The test frame is off the air.
    case testSent(Request, timeOnAir: Duration)
    /// Something was heard; told while `isObserved`.
    case heard(HeardFrame)
}

/// A node with its radio, its airtime ledger and its disk: carries out what the node asks for.
///
/// The one such loop: `Agent` runs it on Linux, `Simulation` in virtual time. Nothing here waits;
/// the only way to the antenna is a permit of the ledger (law 3).
public struct Station<Radio: Modem & ~Copyable, Storage: Disk & ~Copyable>: ~Copyable {
    /// The node.
    public var node: Node
    /// Its radio.
    public var radio: Radio
    /// Its disk.
    public var disk: Storage
    /// Its time on air.
    public internal(set) var ledger: AirtimeLedger
    /// Where and how it speaks.
    public let channel: Channel
    /// The rule for that.
    public let subBand: SubBand
    /// How the radio has done.
    public internal(set) var health = RadioHealth()
    /// Whether somebody wants to be told of every frame that is heard.
    public var isObserved = false

    var state: RadioState
    /// Faults in a row without a sign that the radio works.
    var failures = 0
    /// The last of them.
    var lastFault: ModemFault.Kind?
    /// Interrupts in a row that only asking has found.
    var lostInterrupts = 0
    var silence: SilenceWatch
    /// When all of the radio's settings are written anew.
    var refreshAt = Instant.distantFuture
    var effects = Effects<NodeEffect>(capacity: Node.effectCapacity)
    /// Whether flash is yet to be told that all time on air counts as spent.
    private var owesReservation: Bool
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
        var configuration = configuration
        configuration.frameLimit = min(
            configuration.frameLimit, subBand.largestPayload(on: channel) ?? 64)
        var node = Node(configuration, seed: seed, at: now)
        var reservation: AirtimeReservation?
        try disk.forEach { (key, value) throws(DiskFault) in
            if NodeRecord.airtime.isKey(key) {
                reservation = try Self.reservation(value)
            } else {
                try node.restore(key, value)
            }
        }
        try node.wasRestored(isDamaged: disk.isDamaged)
        let isForgotten = disk.isStale || (disk.isDamaged && reservation == nil)
        if isForgotten {
            // What was spent is not known any more: all counts as spent (law 3).
            let budget = AirtimeLedger(subBand, restoring: nil, at: now).budget
            reservation = AirtimeReservation(charged: budget)
        }
        owesReservation = isForgotten
        self.node = node
        self.radio = radio
        self.disk = disk
        self.channel = channel
        self.subBand = subBand
        ledger = AirtimeLedger(subBand, restoring: reservation, at: now)
        // Whoever waits for this node's first answer gets it before the radio's start takes time.
        state = .failed(retryAt: now + .milliseconds(50))
        silence = SilenceWatch(after: configuration.beaconAtRest * 2, from: now)
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

    /// Time on air in the region's window, an hour in most.
    public func airtimeUsed(at now: Instant) -> Duration { ledger.used(at: now) }

    // MARK: Requests

    /// Writes to a key of the shared state; `done` once it is on flash.
    ///
    /// - Parameter urgency: How soon that is to be. Until then nobody hears of it.
    public mutating func change(
        _ key: Key, _ change: Change, _ urgency: Urgency, _ request: Request,
        at now: Instant, into output: inout Effects<StationEffect>
    ) {
        node.change(key, change, urgency, request, at: now, into: &effects)
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

    /// Probes a member; `echoed` or `refused` tells what came of it.
    public mutating func probe(
        _ target: Actor, _ request: Request, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        node.probe(target, request, at: now, into: &effects)
        settle(at: now, into: &output)
    }

    /// Sends a test frame; `testSent` or `refused` tells what came of it.
    public mutating func sendTest(
        _ text: TestText, _ request: Request, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        node.sendTest(text, request, at: now, into: &effects)
        settle(at: now, into: &output)
    }

    /// Flushes what waits and puts the radio to sleep: before the process ends.
    public mutating func stop(at now: Instant, into output: inout Effects<StationEffect>) {
        node.flush(at: now, into: &effects)
        settle(at: now, into: &output)
        if state.hasFailed { return }  // It has not been started, or is not to be talked to.
        try? radio.sleep()
    }

    /// Writes all anew that is on flash, since some of it is damaged there and all is here.
    public mutating func rewrite(at now: Instant, into output: inout Effects<StationEffect>) {
        // What is reserved now is not known for sure: after a restart all counts as spent.
        _ = keep(AirtimeReservation(charged: ledger.budget))
        node.rewrite(at: now, into: &effects)
        settle(at: now, into: &output)
    }

    // MARK: Effects

    mutating func settle(at now: Instant, into output: inout Effects<StationEffect>) {
        while let effect = effects.popFirst() { carryOut(effect, at: now, into: &output) }
        if state == .standby {
            listen(at: now, into: &output)
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
        case .changed: output.append(.changed)
        case .joined: output.append(.joined)
        case .leftOut: output.append(.leftOut)
        case .echoed(let request, let echo): output.append(.echoed(request, echo))
        case .testSent(let request, let timeOnAir):
            output.append(.testSent(request, timeOnAir: timeOnAir))
        }
    }

    private mutating func persist(at now: Instant) {
        do throws(DiskFault) {
            try node.write(to: &disk)
            // In the batch that forgets the damage: the next start would take the old one for true.
            if owesReservation { try put(AirtimeReservation(charged: ledger.budget)) }
            try disk.commit()
            owesReservation = false
            node.handle(.persisted, at: now, into: &effects)
        } catch {
            disk.discard()
            node.handle(.persistFailed(error), at: now, into: &effects)
        }
    }

    private mutating func announceWake(into output: inout Effects<StationEffect>) {
        let wake = min(nodeWake ?? .distantFuture, state.wake)
        guard wake != announcedWake, wake < .distantFuture else { return }
        announcedWake = wake
        output.append(.wake(at: wake))
    }

    // MARK: Airtime on flash

    mutating func keep(_ reservation: AirtimeReservation) -> Bool {
        do throws(DiskFault) {
            try put(reservation)
            try disk.commit()
            return true
        } catch {
            disk.discard()
            return false
        }
    }

    private mutating func put(_ reservation: AirtimeReservation) throws(DiskFault) {
        var bytes = FixedBytes<8>()
        let microseconds = UInt64(reservation.charged.wholeMicroseconds)
        for index in 0..<8 {
            bytes[index] = UInt8(truncatingIfNeeded: microseconds >> UInt64(8 * index))
        }
        try disk.put(NodeRecord.airtime.key.span, bytes.span)
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
