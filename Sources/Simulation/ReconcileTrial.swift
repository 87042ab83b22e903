import Base
import CRDT
import Emulation
import LoRa
import Reconcile

/// One exchange: a hub beacons, and it and its neighbours, all in each other's range, talk until
/// all hold the same. Real replicas, codecs and reconcilers; every sender's frames are counted,
/// headers and tags included.
///
/// The air is simple: whoever starts within a slot of another's start collides with it, whoever
/// finds the channel in use waits for its end and 2…17 slots, so that answers go first, and each
/// reception is lost by chance. Flash takes no time.
public struct ReconcileTrial {
    /// How receptions are lost.
    public enum Loss: Sendable {
        /// Each with this probability, in percent.
        case independent(Int)
        /// As often, in bursts of three frames on average (Gilbert, 1960).
        case bursts(Int)
    }

    /// What is tried.
    public struct Scene: Sendable {
        /// Authors, `2...254`, of whom the first is the hub and the next are its neighbours.
        public var authors = 100
        /// Cells of the state.
        public var keys = 1_000
        /// Neighbours of the hub.
        public var neighbours = 1
        /// Operations that each neighbour lacks, scattered over the authors.
        public var lacking = 8
        /// Operations that the hub lacks, too.
        public var hubLacking = 0
        /// Whether all neighbours lack the same.
        public var isCommon = false
        /// Where not 0: so many authors' heads differ between the hub and each neighbour, in either
        /// direction, by lags as loss makes them (geometric, mean 1.4); instead of `lacking`.
        public var differingAuthors = 0
        /// How receptions are lost.
        public var loss = Loss.independent(0)
        /// Whether the neighbours were away: each lacks all of the last `lacking` operations,
        /// written to `cells` cells by `writers` authors.
        public var away: (cells: Int, writers: Int)?

        /// Whether the neighbours know nothing at all.
        public var areNew = false

        /// A hundred authors, a thousand cells, one neighbour that lacks eight operations.
        public init() {}
    }

    /// What it took.
    public struct Outcome: Sendable {
        /// Whether all came to hold the same.
        public var isSettled = false
        /// All frames' bytes, and their time on air.
        public var frames = 0, bytes = 0, airtime = Duration.zero
        /// Bytes that told who lacks what: beacons, heads and needs whole, of other frames what
        /// stands beside operations.
        public var bytesOfHeads = 0
        /// Values that the first neighbour was told by name.
        public var named = 0
        /// What all reconcilers counted.
        public var guessed = 0, sketched = 0, lagged = 0, undecoded = 0, refused = 0
        /// Frames that collided.
        public var collisions = 0
    }

    /// Bytes of an operation's body.
    public static let bodySize = 20
    private static let headerSize = 13
    private static let frameLimit = 200
    private static let slot = Duration.milliseconds(47)
    private static let modulation = Modulation(.sf9, .khz125)
    private static let beaconInterval = Duration.seconds(120)
    private static let beacons = 40

    private enum Kind { case beacon, heads, page, need, cells, operations }

    private struct Transmission {
        var sender: Int
        var kind: Kind
        var root: UInt32
        var counter: UInt32
        var payload: [UInt8]
        var start: Instant
        var end: Instant
        var isSpoilt = false
    }

    private let scene: Scene
    private var dice: Dice
    private var nodes: [TrialNode] = []
    private var now = Instant.start
    private var onAir: [Transmission] = []
    private var wakes: [(at: Instant, node: Int)] = []
    private var outcome = Outcome()
    private var counter: UInt32 = 0

    /// Runs one trial.
    public static func run(_ scene: Scene, seed: UInt64) -> Outcome {
        var trial = ReconcileTrial(scene, seed: seed)
        trial.prepare()
        trial.exchange()
        return trial.outcome
    }

    private init(_ scene: Scene, seed: UInt64) {
        self.scene = scene
        dice = Dice(seed: seed)
        nodes = (0...scene.neighbours).map { index in
            TrialNode(
                Actor(raw: UInt8(index + 1)), capacity: scene.keys + 13 * scene.authors + 300,
                slot: Self.slot,
                frame: Self.modulation.timeOnAir(payloadSize: Self.frameLimit), dice: dice.split())
        }
    }

    // MARK: What is known

    /// A day of writes on which all agree, an hour's writes of which some are missing.
    private mutating func prepare() {
        let day: UInt32 = 2_880
        let hour: UInt32 = 120
        var sequences = [UInt32](repeating: 0, count: 256)
        let old = max(scene.keys, 12 * scene.authors)
        for index in 0..<old {
            let operation = write(
                by: 1 + index % scene.authors, to: index % scene.keys,
                at: UInt32(index * Int(day) / old), &sequences)
            for (index, node) in nodes.enumerated() where index == 0 || !scene.areNew {
                node.take(operation)
            }
        }
        for node in nodes { node.flush() }
        for a in nodes.indices {
            for b in nodes.indices where a != b {
                nodes[a].hear(root: nodes[b].root, from: nodes[b].own, at: now)
            }
        }
        var recent: [Operation] = []
        if let away = scene.away {
            let authors = (1...scene.authors).shuffled(using: &dice).prefix(away.writers)
            for index in 0..<scene.lacking {
                let author = authors[authors.startIndex + index % away.writers]
                recent.append(
                    write(
                        by: author,
                        to: scene.keys - 1
                            - index % away.writers * (away.cells / away.writers)
                            - index / away.writers % (away.cells / away.writers),
                        at: day + UInt32(index) * day / UInt32(scene.lacking), &sequences))
            }
        } else {
            let count = max(scene.authors / 2, 2 * (scene.lacking + scene.hubLacking))
            for index in 0..<count {
                recent.append(
                    write(
                        by: 1 + dice.roll(0..<scene.authors), to: dice.roll(0..<scene.keys),
                        at: day + UInt32(index) * hour / UInt32(count), &sequences))
            }
        }
        if scene.differingAuthors > 0 { return differ(recent, at: day + hour, &sequences) }
        var common: Set<Int> = []
        for (index, node) in nodes.enumerated() {
            var missed = missed(recent, index == 0 ? scene.hubLacking : scene.lacking)
            if index == 1 { common = missed }
            if index > 0, scene.isCommon { missed = common }
            for place in recent.indices where !missed.contains(place) { node.take(recent[place]) }
            node.flush()
        }
    }

    /// Some authors' last writes are missing, on the hub or on a neighbour.
    private mutating func differ(
        _ recent: [Operation], at stamp: UInt32, _ sequences: inout [UInt32]
    ) {
        for node in nodes {
            for operation in recent { node.take(operation) }
        }
        let authors = (1...scene.authors).shuffled(using: &dice)
        var next = 0
        for neighbour in 1..<nodes.count {
            for _ in 0..<scene.differingAuthors {
                let author = authors[next % authors.count]
                next += 1
                let lacker = dice.roll(0..<2) == 0 ? 0 : neighbour
                repeat {
                    let operation = write(
                        by: author, to: dice.roll(0..<scene.keys),
                        at: stamp - UInt32(dice.roll(0..<20)), &sequences)
                    for (index, node) in nodes.enumerated() where index != lacker {
                        node.take(operation)
                    }
                } while dice.roll(0..<10) >= 7
            }
        }
        for node in nodes { node.flush() }
    }

    private mutating func write(
        by author: Int, to cell: Int, at stamp: UInt32, _ sequences: inout [UInt32]
    ) -> Operation {
        sequences[author] += 1
        var key = Key()
        var rest = cell
        for _ in 0..<4 {
            key.append(UInt8(ascii: "a") + UInt8(rest % 26))
            rest /= 26
        }
        var value = Value()
        while value.count < Self.bodySize - 10 { value.append(UInt8(dice.roll(0..<256))) }
        guard
            let operation = Operation(
                Dot(Actor(raw: UInt8(author)), sequences[author]), .report,
                .literal(KeyName(.shared, key)), Stamp(raw: 500_000 + stamp), value: value)
        else { preconditionFailure("a body of 20 bytes") }
        return operation
    }

    /// As many writes, chosen so that each author's are its last.
    private mutating func missed(_ recent: [Operation], _ count: Int) -> Set<Int> {
        if scene.away != nil { return count > 0 ? Set(recent.indices) : [] }
        var missed: Set<Int> = []
        while missed.count < count {
            let author = recent[dice.roll(0..<recent.count)].dot.actor
            let last = recent.indices.last {
                recent[$0].dot.actor == author && !missed.contains($0)
            }
            if let last { missed.insert(last) }
        }
        return missed
    }

    // MARK: The exchange

    private mutating func exchange() {
        var beacons = 0
        var nextBeacon = now
        while beacons < Self.beacons {
            let wake = wakes.map({ $0.at }).min() ?? .distantFuture
            let end = onAir.map({ $0.end }).min() ?? .distantFuture
            if beacons > 0, min(wake, end) > nextBeacon, isAgreed { break }
            now = min(nextBeacon, min(wake, end))
            if end <= now {
                finish()
            } else if wake <= now {
                let due = wakes.filter { $0.at <= now }
                wakes.removeAll { $0.at <= now }
                for (_, node) in due {
                    nodes[node].wake(at: now)
                    attempt(node)
                }
            } else {
                beacons += 1
                nextBeacon = now + Self.beaconInterval
                nodes[0].wantsBeacon = true
                attempt(0)
            }
            collectWakes()
            if beacons > 0, isAgreed, onAir.isEmpty, nodes.allSatisfy({ $0.isIdle }) { break }
        }
        outcome.isSettled = isAgreed && nodes.allSatisfy { $0.holdsTheSame(as: nodes[0]) }
        for node in nodes {
            let statistics = node.statistics
            outcome.guessed += statistics.guessed
            outcome.sketched += statistics.sketched
            outcome.lagged += statistics.lagged
            outcome.undecoded += statistics.undecoded
            outcome.refused += statistics.refused
            outcome.bytesOfHeads += statistics.bytesOfHeads
        }
    }

    private var isAgreed: Bool {
        nodes.allSatisfy { $0.root == nodes[0].root }
    }

    private mutating func collectWakes() {
        for index in nodes.indices {
            while let wake = nodes[index].takeWake() { wakes.append((wake, index)) }
            attempt(index)
        }
    }

    /// Sends what the node wants to, unless the channel is in use.
    private mutating func attempt(_ index: Int) {
        guard nodes[index].wantsToSend, nodes[index].backoff <= now,
            !onAir.contains(where: { $0.sender == index })
        else { return }
        if let sensed = onAir.first(where: { $0.start + Self.slot <= now }) {
            nodes[index].foundBusy()
            nodes[index].backoff = sensed.end + Self.slot * dice.roll(2..<18)
            wakes.append((nodes[index].backoff, index))
            return
        }
        counter += 1
        guard let (kind, payload) = nodes[index].makeFrame(counter: counter, limit: 183) else {
            return
        }
        let size = Self.headerSize + (kind == .need ? 0 : 4) + payload.count
        let time = Self.modulation.timeOnAir(payloadSize: size)
        outcome.frames += 1
        outcome.bytes += size
        outcome.airtime += time
        let trialKind: Kind =
            switch kind {
            case nil: .beacon
            case .heads: .heads
            case .page: .page
            case .need: .need
            case .cells: .cells
            case .operations: .operations
            case .slots, .values: preconditionFailure("nobody lost what it had counted")
            }
        switch trialKind {
        case .beacon, .heads, .page, .need: outcome.bytesOfHeads += size
        case .cells, .operations: break
        }
        for other in onAir.indices {
            onAir[other].isSpoilt = true
            outcome.collisions += 1
        }
        onAir.append(
            Transmission(
                sender: index, kind: trialKind, root: nodes[index].root, counter: counter,
                payload: payload, start: now, end: now + time, isSpoilt: !onAir.isEmpty))
    }

    /// A transmission ends: whoever did not lose it hears it.
    private mutating func finish() {
        guard let place = onAir.firstIndex(where: { $0.end <= now }) else { return }
        let sent = onAir.remove(at: place)
        nodes[sent.sender].sent(at: now)
        for index in nodes.indices where index != sent.sender {
            guard !isLost(on: index), !sent.isSpoilt,
                !onAir.contains(where: { $0.sender == index })
            else { continue }
            let node = nodes[index]
            let sender = nodes[sent.sender].own
            switch sent.kind {
            case .beacon: node.hear(root: sent.root, from: sender, at: now)
            case .heads: node.hearHeads(sent.payload, root: sent.root, from: sender, at: now)
            case .page: node.hearPage(sent.payload, at: now)
            case .need: node.hearNeed(sent.payload, from: sender, at: now)
            case .cells:
                node.hearCells(
                    sent.payload, root: sent.root, from: sender, counter: sent.counter, at: now)
            case .operations:
                let values = node.hearOperations(
                    sent.payload, root: sent.root, from: sender, at: now)
                if index == 1 { outcome.named += values }
            }
        }
    }

    private mutating func isLost(on index: Int) -> Bool {
        switch scene.loss {
        case .independent(let percent):
            return dice.roll(0..<100) < percent
        case .bursts(let percent):
            // Bad spells of three frames, good ones as long as makes this share of losses.
            let odds =
                nodes[index].isInBurst ? 2.0 / 3 : Double(percent) / Double(300 - 3 * percent)
            nodes[index].isInBurst = dice.unit() < odds
            return nodes[index].isInBurst
        }
    }
}
