import Base
import CRDT
import Reconcile

/// A node of a `ReconcileTrial`: a replica and a reconciler, and no radio.
final class TrialNode {
    let own: Actor
    private var replica: Replica
    private var reconciler: Exchange<TrialHash>
    private var effects = Effects<Exchange<TrialHash>.Effect>(capacity: 64)
    private var intents: [Exchange<TrialHash>.Intent] = []
    private var wakes: [Instant] = []
    private var outgoing: Exchange<TrialHash>.Intent?
    var wantsBeacon = false
    var isInBurst = false
    /// When it senses the channel again, having found it in use.
    var backoff = Instant.start

    init(_ own: Actor, capacity: Int, slot: Duration, frame: Duration, dice: Dice) {
        self.own = own
        replica = Replica(capacity: capacity)
        reconciler = Exchange(
            own: own, roots: HeadsRoot(hash: TrialHash()), slot: slot, frame: frame, dice: dice)
    }

    var root: UInt32 { reconciler.root }
    var statistics: ExchangeStatistics { reconciler.statistics }
    var wantsToSend: Bool { outgoing == nil && (wantsBeacon || !intents.isEmpty) }
    var isIdle: Bool { !wantsToSend && reconciler.isIdle }

    /// Takes in an operation, and what had waited for it.
    @discardableResult
    func take(_ operation: Operation) -> Bool {
        reconciler.keep(operation)
        var isNew = replica.merge(operation) != .nothing
        while let waiting = replica.takeHeld(operation.dot.actor) {
            isNew = replica.merge(waiting) != .nothing || isNew
        }
        return isNew
    }

    /// All that was taken in is on flash.
    func flush() {
        replica.flushed()
        reconciler.advance(received: replica.received, durable: replica.durable)
    }

    // MARK: Time and sending

    func takeWake() -> Instant? { wakes.popLast() }

    func wake(at now: Instant) {
        reconciler.timer(at: now, into: &effects)
        collect()
    }

    func foundBusy() { for intent in intents { reconciler.foundBusy(intent) } }

    private func collect() {
        while let effect = effects.popFirst() {
            switch effect {
            case .send(let intent): if !intents.contains(intent) { intents.append(intent) }
            case .wake(let time): wakes.append(time)
            }
        }
    }

    /// The frame that is most urgent; a beacon has no intent.
    func makeFrame(
        counter: UInt32, limit: Int
    ) -> (intent: Exchange<TrialHash>.Intent?, payload: [UInt8])? {
        while !intents.isEmpty {
            let intent = intents.removeFirst()
            var payload = ShortBytes<255>()
            let hasContent = payload.fill { out in
                reconciler.write(
                    intent, frame: UInt32(own.raw) << 24 | counter, of: replica, limit: limit,
                    to: &out)
            }
            if hasContent {
                outgoing = intent
                return (intent, (0..<payload.count).map { payload[$0] })
            }
        }
        guard wantsBeacon else { return nil }
        wantsBeacon = false
        return (nil, [])
    }

    func sent(at now: Instant) {
        if let outgoing {
            reconciler.sent(outgoing, at: now, into: &effects)
        } else {
            reconciler.saidRoot()
        }
        outgoing = nil
        collect()
    }

    // MARK: Hearing

    func hear(root: UInt32, from sender: Actor, at now: Instant) {
        reconciler.heard(root: root, from: sender, at: now, into: &effects)
        collect()
    }

    func hearHeads(_ payload: [UInt8], root: UInt32, from sender: Actor, at now: Instant) {
        try? reconciler.heardHeads(
            payload.span, root: root, from: sender, at: now, into: &effects)
        collect()
    }

    func hearPage(_ payload: [UInt8], at now: Instant) {
        try? reconciler.heardPage(payload.span, against: replica, at: now, into: &effects)
        collect()
    }

    func hearNeed(_ payload: [UInt8], from sender: Actor, at now: Instant) {
        try? reconciler.heardNeed(payload.span, from: sender, at: now, into: &effects)
        collect()
    }

    func hearCells(
        _ payload: [UInt8], root: UInt32, from sender: Actor, counter: UInt32, at now: Instant
    ) {
        let count = try? reconciler.heardCells(
            payload.span, root: root, from: sender, frame: UInt32(sender.raw) << 24 | counter,
            at: now, into: &effects)
        if let count, count > 0 {
            var operations: [Operation] = []
            for index in 0..<count {
                if let operation = try? reconciler.repaired(index) { operations.append(operation) }
            }
            reconciler.repairIsTaken()
            for operation in operations { take(operation) }
            flush()
        }
        collect()
    }

    /// - Returns: How many values the frame told.
    func hearOperations(
        _ payload: [UInt8], root: UInt32, from sender: Actor, at now: Instant
    ) -> Int {
        var runs = LiveRunReader(payload.span)
        var isNew = false
        var values = 0
        while let item = try? runs.nextItem() {
            switch item {
            case .operation(let operation):
                values += 1
                isNew = take(operation) || isNew
            case .superseded(let actor, let run):
                isNew =
                    replica.skip(actor, from: run.lowerBound, to: run.upperBound) || isNew
            case .end(let actor, let run):
                reconciler.debts.heard(actor, run, of: replica.received.head(of: actor))
            }
        }
        flush()
        reconciler.heardOperations(isNew: isNew, at: now, into: &effects)
        reconciler.heard(root: root, from: sender, at: now, into: &effects)
        collect()
        return values
    }

    /// Whether the same operations hold on both.
    func holdsTheSame(as other: TrialNode) -> Bool {
        guard replica.live.count == other.replica.live.count else { return false }
        for index in 0..<replica.live.capacity {
            guard let operation = replica.live[index] else { continue }
            guard let there = other.replica.live.index(of: operation.dot),
                other.replica.live[there] == operation
            else { return false }
        }
        return true
    }
}

/// A hash without a secret, with SipHash's odds where nobody attacks.
struct TrialHash: KeyedHash {
    func hash(_ a: UInt64, _ b: UInt64) -> UInt64 {
        var dice = Dice(seed: a &* 0x9E37_79B9_7F4A_7C15 ^ b)
        return dice.next() ^ dice.next() << 1
    }
}
