import Base
import CRDT
import Crypto
import LoRa
import Mesh
import Reconcile

/// What happens to a node.
public enum NodeEvent: Equatable, Sendable {
    /// A frame was received; its bytes are in the slot, which is the node's from here on.
    case received(FrameSlot, Signal)
    /// Energy that nobody could decode.
    case damaged
    /// Sensing is over.
    case channel(ChannelActivity)
    /// The frame that `transmit` named is sent.
    case sent
    /// The frame that `transmit` named may not be sent before then.
    case refused(until: Instant)
    /// The modem was started anew, or is to be: what it was doing is lost. Why, where it has failed.
    case modemReset(ModemFault?)
    /// What `write` wrote is on flash.
    case persisted
    /// Nothing of what `write` wrote is on flash.
    case persistFailed(DiskFault)
    /// The time that `wake` named has come, or another.
    case timer
    /// The wall clock was set: milliseconds since 1970.
    case clock(milliseconds: UInt64)
}

/// What a node asks of its surroundings, in order.
public enum NodeEffect: Equatable, Sendable {
    /// Sense the channel, then say `channel`.
    case senseChannel
    /// Send the slot's bytes, then say `sent`; or say `refused`. The slot stays the node's.
    case transmit(FrameSlot)
    /// Call `write`, commit, then say `persisted` or `persistFailed`.
    case persist
    /// Say `timer` then; replaces the earlier wake.
    case wake(at: Instant)
    /// The request is done: its write is on flash.
    case done(Request)
    case refused(Request, Refusal)
    /// How the admission of a node goes on; the last one is `confirmed` or `failed`.
    case pairing(Request, PairingProgress)
    /// There are new operations: `takeChange` names them.
    case changed
    /// This node was admitted to a mesh, or let in again under a new number.
    case joined
    /// This node learned that the mesh no longer waits for it.
    case leftOut
    /// The probe was answered.
    case echoed(Request, ProbeEcho)
    /// The test frame is off the air.
    case testSent(Request, timeOnAir: Duration)
}

/// One node: medium access, reconciliation, pairing and the replicated state, joined into one
/// machine. Events in, effects out; no clock, no entropy of its own, no I/O (law 6).
///
/// What is to be sent is not queued as bytes but kept as intent, and made into a frame when the
/// channel is clear: a late frame is never a stale one.
///
/// The reading order: this file, `+Receive`, `+Send`, `+Flash`, `+Commands`, `+Probe`,
/// `+Stability`, `+Rejoin`.
public struct Node: ~Copyable {
    /// Frames kept at once: one being sent, one being received, and two to spare.
    public static let frameSlots = 4
    /// Effects that one event may lead to, at most; 8 KiB of memory.
    public static let effectCapacity = 64
    /// Own writes that may wait for the disk.
    public static let draftCapacity = 32
    /// After how many beacons one tells the root of the state, too.
    static let beaconsAState: UInt32 = 16
    /// Frame counters reserved on flash at once.
    static let counterBlock: UInt64 = 1024
    /// Frame counters beyond this one are a false record: no node lives to give away so many.
    static let lastCounter = UInt64.max / 2

    /// What the node was told to be.
    public let configuration: NodeConfiguration
    /// Frames on their way in and out.
    public var frames = FramePool(capacity: frameSlots)
    /// What it has counted.
    public internal(set) var statistics = NodeStatistics()
    /// Who is in earshot.
    public internal(set) var neighbours: Neighbours
    /// The replicated state.
    public internal(set) var replica: Replica
    /// What it knows as a member of a mesh; `nil` before.
    public internal(set) var membership: Membership?
    /// Why the last flush failed, until one succeeds.
    public internal(set) var diskFault: DiskFault?

    // Identity, from flash or fresh.
    var identity: Identity?
    var code: PairingCode?
    var identityIsDirty = false
    var membershipIsDirty = false

    // The machines this one is made of.
    var medium: Medium
    var reconciler: Reconciler<ShortHash>
    var beacons: BeaconTimer
    var sponsor: Sponsor
    var joiner: Joiner?
    var keys: KeyRing?
    var clock = HybridClock()
    var entropy: Entropy

    // What they ask for, before this machine has dealt with it.
    var mediumEffects = Effects<Medium.Effect>(capacity: 8)
    var reconcilerEffects = Effects<Reconciler<ShortHash>.Effect>(capacity: 32)
    var sponsorEffects = Effects<Sponsor.Effect>(capacity: 8)
    var joinerEffects = Effects<Joiner.Effect>(capacity: 8)

    // Sending.
    var intents = Intents()
    var outgoing: Outgoing?
    /// Whether what is owed is news, to be forwarded by those who hear it.
    var debtsAreNews = false

    // Radio checks.
    var ownProbe: OwnProbe?
    var owedEcho: OwedEcho?
    var ownTest: OwnTest?
    var nextToken: UInt8 = 0
    var nextProbeAt = Instant.start
    var beaconsSent: UInt32 = 0
    var testsSent: UInt32 = 0

    // Stability.
    /// Whether something came in that tells who is a member, or what all have.
    var mayHaveSettled = false
    /// When this node, left out, tells again what it wrote, and after what pause then.
    var returning = (at: Instant.start, pause: Duration.zero)
    /// What this node is to become, once that is on flash in place of all its state.
    var rebirth: Membership?

    // Flash.
    var counters = CounterBlock(reserved: 0..<0)
    var drafts: Slab<Draft?>
    var draftCount = 0
    /// The operations that the batch at hand makes of drafts.
    var made: Slab<Operation?>
    var changes: Changes
    var isPersisting = false
    var doubt = Doubt()
    var isRewriting = false
    /// Since when something waits for its flush.
    var dirtySince: Instant?
    var batch = Batch()

    // Time.
    var flushAt: Instant?
    var wallOffset: UInt64?
    var mediumWake: Instant?
    var reconcilerWake: Instant?
    var sponsorWake: Instant?
    private var announcedWake: Instant?

    // Requests that wait for something.
    var pairingRequest: Request?

    /// A node without memory; `restore` gives it what is on flash, `start` sets it going.
    ///
    /// - Parameters:
    ///   - seed: What all its keys and dice grow from; unpredictable on a device.
    public init(_ configuration: NodeConfiguration, seed: FixedBytes<32>, at now: Instant) {
        self.configuration = configuration
        entropy = Entropy(seed: seed)
        var dice = Dice(seed: entropy.number())
        let slot = configuration.slot
        neighbours = Neighbours(capacity: configuration.neighbourCapacity)
        replica = Replica(capacity: configuration.keyCapacity)
        drafts = Slab(repeating: nil, count: Self.draftCapacity)
        changes = Changes(capacity: configuration.keyCapacity)
        made = Slab(repeating: nil, count: Self.draftCapacity + 1)
        medium = Medium(slot: slot, dice: dice.split())
        reconciler = Self.reconciler(configuration, dice: dice.split())
        beacons = BeaconTimer(
            shortest: configuration.beaconAfterChange, longest: configuration.beaconAtRest,
            at: now, dice: dice.split())
        sponsor = Sponsor(configuration.modulation, slot: slot, dice: dice.split())
    }

    /// A reconciler that holds nothing yet.
    static func reconciler(
        _ configuration: NodeConfiguration, dice: Dice
    ) -> Reconciler<ShortHash> {
        Reconciler(
            roots: HeadsRoot(hash: ShortHash(key: FixedBytes())), slot: configuration.slot,
            frame: configuration.modulation.timeOnAir(payloadSize: configuration.frameLimit),
            settling: configuration.flushDelay + .seconds(1), dice: dice)
    }

    /// Sets the node going, once all that was on flash is restored.
    ///
    /// - Parameter wallClock: Milliseconds since 1970, or `nil` where no clock is to be trusted.
    public mutating func start(
        wallClock: UInt64?, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        if let wallClock { setClock(wallClock, at: now) }
        if identity == nil || code == nil {
            identity = Identity(seed: entropy.bytes())
            code = PairingCode(entropy: &entropy)
            identityIsDirty = true
        }
        if let membership {
            enter(membership)
        } else if let code, let identity {
            joiner = Joiner(
                code: code, publicKey: identity.publicKey, name: configuration.name)
        }
        if identityIsDirty || doubt.isDirty {
            persist(into: &effects)
        } else if membership != nil {
            flushAt = now + .milliseconds(500)  // Frame counters, before the first is needed.
        }
        settle(at: now, into: &effects)
    }

    /// Takes an event in.
    public mutating func handle(
        _ event: NodeEvent, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        switch event {
        case .received(let slot, let signal):
            receive(slot, signal, at: now, into: &effects)
            frames.release(slot)
        case .damaged:
            statistics.damaged += 1
        case .channel(let activity):
            if activity == .busy, intents.contains(.cells) { reconciler.foundBusy(.cells) }
            medium.handle(.channel(activity), at: now, into: &mediumEffects)
        case .sent:
            sent(at: now, into: &effects)
        case .refused(let until):
            refused(until: until, at: now, into: &effects)
        case .modemReset(let fault):
            medium.handle(.reset, at: now, into: &mediumEffects)
            if let fault { radioFailed(fault, into: &effects) }
        case .persisted:
            persisted(at: now, into: &effects)
        case .persistFailed(let fault):
            persistFailed(fault, at: now, into: &effects)
        case .timer:
            ring(at: now, into: &effects)
        case .clock(let milliseconds):
            setClock(milliseconds, at: now)
        }
        settle(at: now, into: &effects)
    }

    /// Milliseconds since 1970, as far as this node knows.
    public func wallClock(at now: Instant) -> UInt64 {
        (wallOffset ?? 0) + UInt64(max(0, now.milliseconds))
    }

    /// The code by which this node may be admitted; `nil` until it is on flash.
    public var pairingCode: PairingCode? { identityIsDirty ? nil : code }

    /// This node's public key.
    public var publicKey: PublicKey? { identity?.publicKey }

    /// The root of what is on flash: equal on all nodes that have the same state.
    public var root: UInt32 { reconciler.root }

    /// Bytes of a frame's payload behind the root.
    var payloadLimit: Int {
        configuration.frameLimit - FrameHeader.size - FrameHeader.tagSize - 4
    }

    /// An operation that is new since it was last asked: its index in the replica.
    public mutating func takeChange() -> Int? { changes.take() }

    /// Notes a new operation for whoever watches.
    mutating func tellChange(_ index: Int, into effects: inout Effects<NodeEffect>) {
        if replica.live.view(at: index)?.key.isOfMembers == true { mayHaveSettled = true }
        if changes.note(index) { effects.append(.changed) }
    }

    /// Whether another node is being admitted.
    public var isAdmitting: Bool { !sponsor.isIdle }

    /// Whether something waits for its flush.
    public var isDirty: Bool { replica.isDirty || draftCount > 0 }

    /// For how long the oldest has waited.
    public func waiting(at now: Instant) -> Duration? { dirtySince.map { now - $0 } }

    /// Whether a card has lost some of what was on it, and other nodes have not told it yet.
    public var isInDoubt: Bool { doubt.head != nil }

    // MARK: Time

    private mutating func setClock(_ milliseconds: UInt64, at now: Instant) {
        wallOffset = milliseconds - min(milliseconds, UInt64(max(0, now.milliseconds)))
    }

    private mutating func ring(at now: Instant, into effects: inout Effects<NodeEffect>) {
        announcedWake = nil
        if let wake = mediumWake, wake <= now {
            mediumWake = nil
            medium.handle(.timer, at: now, into: &mediumEffects)
        }
        if let wake = reconcilerWake, wake <= now {
            reconcilerWake = nil
            reconciler.timer(at: now, into: &reconcilerEffects)
        }
        if let wake = sponsorWake, wake <= now {
            sponsorWake = nil
            sponsor.timer(at: now, into: &sponsorEffects)
        }
        if let flush = flushAt, flush <= now {
            flushAt = nil
            persist(into: &effects)
        }
        endOverdue(at: now, into: &effects)
        queueProbe(at: now)
        if membership != nil, beacons.takeDue(at: now), !doubt.isMute {
            intents.insert(.beacon)
            keepUp(at: now, into: &effects)
        }
    }

    /// Deals with what the inner machines asked for, until they ask for nothing, and tells when to
    /// wake this one.
    mutating func settle(at now: Instant, into effects: inout Effects<NodeEffect>) {
        var isSettled = false
        while !isSettled {
            isSettled = true
            while let effect = reconcilerEffects.popFirst() {
                isSettled = false
                carryOut(effect)
            }
            while let effect = sponsorEffects.popFirst() {
                isSettled = false
                carryOut(effect, at: now, into: &effects)
            }
            while let effect = joinerEffects.popFirst() {
                isSettled = false
                carryOut(effect, into: &effects)
            }
            if !intents.isEmpty, medium.isIdle {
                medium.handle(.frameQueued, at: now, into: &mediumEffects)
            }
            while let effect = mediumEffects.popFirst() {
                isSettled = false
                carryOut(effect, at: now, into: &effects)
            }
        }
        if mayHaveSettled {
            let wasLeftOut = reconciler.tells == .own
            learnStability()
            if !wasLeftOut, reconciler.tells == .own { effects.append(.leftOut) }
        }
        if replica.isDirty, diskFault == nil, makesClaims { persist(into: &effects) }
        if !isDirty { dirtySince = nil } else if dirtySince == nil { dirtySince = now }
        announceWake(into: &effects)
    }

    /// Whether something is to be sent that tells what this node has on flash. What it has heard
    /// from others is put there by then, and not sooner than it must: so a day's news costs as many
    /// flushes as it has beacons. What is forwarded as news claims nothing.
    private var makesClaims: Bool {
        !intents.isDisjoint(with: .claims)
            || (intents.contains(.operations) && !debtsAreNews)
    }

    private mutating func announceWake(into effects: inout Effects<NodeEffect>) {
        var wake = membership == nil ? Instant.distantFuture : beacons.dueAt
        if let time = mediumWake { wake = min(wake, time) }
        if let time = reconcilerWake { wake = min(wake, time) }
        if let time = sponsorWake { wake = min(wake, time) }
        if let time = flushAt { wake = min(wake, time) }
        if let probe = ownProbe { wake = min(wake, probe.wake) }
        if let test = ownTest { wake = min(wake, test.deadline) }
        guard wake != announcedWake, wake < .distantFuture else { return }
        announcedWake = wake
        effects.append(.wake(at: wake))
    }

    private mutating func carryOut(_ effect: Reconciler<ShortHash>.Effect) {
        switch effect {
        case .send(let intent): intents.insert(Intents(intent))
        case .wake(let time): reconcilerWake = min(reconcilerWake ?? time, time)
        }
    }

    private mutating func carryOut(
        _ effect: Medium.Effect, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        switch effect {
        case .senseChannel: effects.append(.senseChannel)
        case .transmit: transmit(at: now, into: &effects)
        case .wake(let time): mediumWake = time
        }
    }

    private mutating func carryOut(
        _ effect: Joiner.Effect, into effects: inout Effects<NodeEffect>
    ) {
        switch effect {
        case .send:
            intents.insert(.joining)
        case .keep:
            membershipIsDirty = true
            persist(into: &effects)
        }
    }

    private mutating func carryOut(
        _ effect: Sponsor.Effect, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        switch effect {
        case .send: intents.insert(.sponsoring)
        case .admit: admit(at: now, into: &effects)
        case .wake(let time): sponsorWake = time
        case .progress(let progress):
            guard let request = pairingRequest else { return }
            effects.append(.pairing(request, progress))
            if sponsor.isIdle { pairingRequest = nil }
        }
    }
}
