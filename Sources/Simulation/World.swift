import Base
import CRDT
import Crypto
import Emulation
import HAL
import LoRa
import Mesh
import Node
import Station

/// The station that is simulated: the drivers that ship, on emulated chips and disks.
public typealias SimulatedStation = Station<ChipModem<EmulatedBoard>, SimulatedDisk>

/// What happened in a world, for those who watch.
public enum WorldEvent: Equatable, Sendable {
    case air(AirRecord)
    case station(Int, StationEffect)
    case started(Int), stopped(Int)
}

/// Watches stations while they handle an event: for measurements.
public protocol WorldProbe: AnyObject {
    /// A station is about to handle an event.
    func begin()
    /// It has; `hasLearned` where it merged an operation that was new to it.
    func end(hasLearned: Bool)
}

/// Stations on one air, in virtual time: the same code as on a board, and the same seed gives the
/// same run, byte for byte (law 6).
public final class World {
    final class Member {
        var station: SimulatedStation?
        let platter = Platter()
        var wake = Instant.distantFuture
        /// Starts of this node so far: each has entropy of its own, as on a board.
        var starts = 0
        var bootedAt = Instant.start
    }

    /// The air; nodes are moved and links are blocked there.
    public let air: Air
    /// Virtual time since the world began.
    public private(set) var now = Instant.start
    /// What happened since somebody last took it; kept only while `keepsEvents`.
    public var events: [WorldEvent] = []
    /// Whether `events` are kept.
    public var keepsEvents = false
    /// Whoever measures, if anybody does.
    public var probe: (any WorldProbe)?
    /// A number that two runs share only if all that happened was the same.
    public private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325

    private var members: [Member] = []
    private let channel: Channel
    private let subBand: SubBand
    private let configure: (inout NodeConfiguration) -> Void
    private let seed: UInt64
    private var output = Effects<StationEffect>(capacity: Node.effectCapacity)
    private var requests = 0
    private var outcomes: [Int: StationEffect] = [:]

    /// Milliseconds since 1970 when a world begins: 2026-01-01.
    public static let epoch: UInt64 = 1_767_225_600_000

    /// A world of stopped nodes.
    ///
    /// - Parameters:
    ///   - positions: One for each node, in metres.
    ///   - chips: One for each node, or none: then all are SX1262.
    ///   - region: Whose law holds; the channel must be allowed there.
    ///   - configure: Changes to the usual configuration.
    public init(
        positions: [Position], chips: [ChipModel] = [], channel: Channel,
        region: Region = .eu868, seed: UInt64,
        configure: @escaping (inout NodeConfiguration) -> Void = { _ in }
    ) {
        air = Air(positions: positions, chips: chips, seed: seed)
        self.channel = channel
        do throws(RegionError) {
            subBand = try region.subBand(for: channel, least: Membership.longestFrame)
        } catch {
            preconditionFailure(error.sentence)
        }
        self.configure = configure
        self.seed = seed
        members = positions.map { _ in Member() }
    }

    /// How many nodes there are.
    public var count: Int { members.count }

    /// A node's flash.
    public func platter(of index: Int) -> Platter { members[index].platter }

    /// Whether the node runs.
    public func isRunning(_ index: Int) -> Bool { members[index].station != nil }

    // MARK: Life

    /// Powers a node on; what its flash holds, it knows.
    public func start(_ index: Int) throws(DiskFault) {
        let member = members[index]
        precondition(member.station == nil, "the node runs already")
        member.platter.restorePower()
        member.starts += 1
        member.bootedAt = now
        var dice = Dice(seed: seed &+ UInt64(index) << 32 &+ UInt64(member.starts))
        var bytes = FixedBytes<32>()
        for index in 0..<32 { bytes[index] = UInt8(truncatingIfNeeded: dice.next()) }
        var configuration = NodeConfiguration(
            name: Name("node-\(index + 1)") ?? Name(), modulation: channel.modulation)
        configure(&configuration)
        member.station = try SimulatedStation(
            configuration, channel: channel, subBand: subBand,
            radio: ChipModem(air, AirNode(index)),
            disk: SimulatedDisk(member.platter), seed: bytes, at: local(index))
        note(.started(index))
        with(index) { station, now, output in
            station.start(wallClock: Self.epoch + self.milliseconds, at: now, into: &output)
        }
    }

    /// Stops a node in order: what waits is flushed, its radio sleeps.
    public func stop(_ index: Int) {
        with(index) { station, now, output in station.stop(at: now, into: &output) }
        cutPower(index)
    }

    /// Cuts a node's power: its process is gone, its chip is reset, its flash stays.
    public func cutPower(_ index: Int) {
        members[index].station = nil
        members[index].wake = .distantFuture
        air.drive(.reset, high: false, of: AirNode(index), at: max(now, air.now))
        air.drive(.reset, high: true, of: AirNode(index), at: max(now, air.now))
        note(.stopped(index))
    }

    // MARK: Requests

    /// Writes a key on a node; the outcome is in `outcome` once it is on flash.
    public func set(_ key: String, to value: String, on index: Int) -> Request {
        let request = nextRequest()
        guard let key = Key(key), let value = Value(value) else {
            preconditionFailure("key or value too long")
        }
        with(index) { station, now, output in
            station.change(key, .set(value), .now, request, at: now, into: &output)
        }
        return request
    }

    /// Has a node change a key of the shared state, at any urgency.
    public func change(
        _ key: String, _ change: Change, _ urgency: Urgency = .now, on index: Int
    ) -> Request {
        let request = nextRequest()
        guard let key = Key(key) else { preconditionFailure("key too long") }
        with(index) { station, now, output in
            station.change(key, change, urgency, request, at: now, into: &output)
        }
        return request
    }

    /// Founds a mesh on a node.
    public func found(_ mesh: String, on index: Int) -> Request {
        let request = nextRequest()
        with(index) { station, now, output in
            station.found(Name(mesh) ?? Name(), request, at: now, into: &output)
        }
        return request
    }

    /// Has one node admit another.
    public func pair(_ joiner: Int, by sponsor: Int) -> Request {
        guard let code = read(joiner, { $0.node.pairingCode }) ?? nil else {
            preconditionFailure("the joiner has no code yet")
        }
        return pair(code, by: sponsor)
    }

    /// Has a node admit whoever the code names.
    public func pair(_ code: PairingCode, by sponsor: Int) -> Request {
        let request = nextRequest()
        with(sponsor) { station, now, output in
            station.pair(code, request, at: now, into: &output)
        }
        return request
    }

    /// Has a node probe the member of that number.
    public func probe(_ target: Actor, from index: Int) -> Request {
        let request = nextRequest()
        with(index) { station, now, output in
            station.probe(target, request, at: now, into: &output)
        }
        return request
    }

    /// Has a node send a test frame.
    public func sendTest(_ text: String, from index: Int) -> Request {
        let request = nextRequest()
        with(index) { station, now, output in
            station.sendTest(TestText(text) ?? TestText(), request, at: now, into: &output)
        }
        return request
    }

    /// Whether a node tells of every frame that it hears.
    public func observe(_ index: Int, _ isObserved: Bool = true) {
        with(index) { station, _, _ in station.isObserved = isObserved }
    }

    /// What a node says of its radio after a test frame, if one was sent.
    public func verdict(of index: Int, after test: StationEffect? = nil) -> RadioVerdict? {
        var verdict: RadioVerdict?
        with(index) { station, now, _ in verdict = station.verdict(after: test, at: now) }
        return verdict
    }

    /// The last that was told of a request.
    public func outcome(of request: Request) -> StationEffect? { outcomes[request.id] }

    /// Looks at a running node; `nil` where it does not run.
    public func read<Result>(
        _ index: Int, _ look: (borrowing SimulatedStation) -> Result
    ) -> Result? {
        guard members[index].station != nil else { return nil }
        return look(members[index].station!)
    }

    /// A key's value on a node, as text.
    public func value(of key: String, on index: Int) -> String? {
        guard let key = Key(key) else { return nil }
        let text = read(index) { station -> String? in
            station.node.replica.latest(KeyName(.shared, key))?.value.text
        }
        return text ?? nil
    }

    // MARK: Time

    /// Lets time pass up to a moment.
    public func run(until end: Instant) {
        while let next = nextEvent, next <= end { step(to: next) }
        now = max(now, end)
        air.advance(to: now)
        deliver()
    }

    /// Lets time pass.
    public func run(for duration: Duration) { run(until: now + duration) }

    /// Lets time pass until something holds, looked at after each event.
    ///
    /// - Returns: Whether it came to hold within `limit`.
    public func run(atMost limit: Duration, until holds: () -> Bool) -> Bool {
        let end = now + limit
        while !holds() {
            guard let next = nextEvent, next <= end else {
                now = end
                return false
            }
            step(to: next)
        }
        return true
    }

    private var milliseconds: UInt64 { UInt64(now.milliseconds) }

    private var nextEvent: Instant? {
        var next = air.nextEvent ?? .distantFuture
        for member in members where member.wake < next { next = member.wake }
        return next == .distantFuture ? nil : max(next, now)
    }

    private func step(to moment: Instant) {
        now = moment
        air.advance(to: now)
        deliver()
        for index in members.indices where members[index].wake <= now {
            members[index].wake = .distantFuture
            with(index) { station, now, output in station.handle(.timer, at: now, into: &output) }
        }
        deliver()
    }

    private func deliver() {
        while let node = air.nextInterrupt() {
            with(node.index) { station, now, output in
                station.handle(.interrupt, at: now, into: &output)
            }
        }
        while let record = air.nextRecord() { note(.air(record)) }
    }

    /// A node's clock counts from its own start.
    private func local(_ index: Int) -> Instant {
        Instant(sinceStart: now - members[index].bootedAt)
    }

    private func with(
        _ index: Int,
        _ act: (inout SimulatedStation, Instant, inout Effects<StationEffect>) -> Void
    ) {
        let member = members[index]
        guard member.station != nil else { return }
        member.station!.radio.setClock(now)
        let learned = member.station!.node.statistics.operationsLearned
        probe?.begin()
        act(&member.station!, local(index), &output)
        probe?.end(hasLearned: member.station!.node.statistics.operationsLearned != learned)
        if member.platter.isCut {
            while output.popFirst() != nil {}
            return cutPower(index)
        }
        while let effect = output.popFirst() {
            note(.station(index, effect))
            switch effect {
            case .wake(let time):
                member.wake = member.bootedAt + time.sinceStart
            case .done(let request), .refused(let request, _), .pairing(let request, _),
                .echoed(let request, _), .testSent(let request, _):
                outcomes[request.id] = effect
            case .changed:
                while member.station?.node.takeChange() != nil {}
            case .joined, .leftOut, .radioFailed, .radioWorks, .heard:
                break
            }
        }
    }

    private func nextRequest() -> Request {
        requests += 1
        return Request(id: requests)
    }

    private func note(_ event: WorldEvent) {
        if keepsEvents { events.append(event) }
        var code: UInt64
        switch event {
        case .air(let record):
            code = UInt64(bitPattern: record.at.microseconds)
            switch record.kind {
            case .started(let node, let size, _): code ^= UInt64(node.index << 8 | size) << 40
            case .received(let node, let from, let signal):
                code ^= UInt64(node.index << 8 | from.index) << 44
                code ^= UInt64(bitPattern: Int64(signal.snrQuarterDB)) << 20
            case .collided(let node, let from): code ^= UInt64(node.index << 8 | from.index) << 48
            }
        case .station(let index, let effect):
            code = UInt64(index) << 56
            if case .wake(let time) = effect { code ^= UInt64(bitPattern: time.microseconds) }
        case .started(let index): code = 1 << 62 | UInt64(index)
        case .stopped(let index): code = 1 << 63 | UInt64(index)
        }
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            fingerprint = (fingerprint ^ (code >> shift & 0xFF)) &* 0x0000_0100_0000_01B3
        }
    }
}
