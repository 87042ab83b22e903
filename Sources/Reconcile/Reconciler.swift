import Base
import CRDT

/// Finds out who lacks what, and decides who says it: specified in `radio/wire.md` §9.
///
///              a strange root           slot                 answer
///     agreed ────────────────▶ asking ─────────▶ waiting ───────────────▶ agreed
///        ▲      unexplained: heads   ▲  patience over │    cells missing:
///        │      explained: need      └────────────────┤    need
///        └────────── four rounds without fruit ───────┘
///
/// Heads go in one of the first 16 slots, needs behind them, the largest first. Whoever hears that
/// another asks for as much keeps silent: one answer serves all. The node whose root was heard
/// last answers; others of the same root do where it does not. Beside it, operations that a
/// neighbour is known to lack are said by name after a random pause, unless others say them.
///
/// All that it hears is what frames told; all that it says is on flash (law 8). The reading order:
/// this file, `+Hearing`, `+Saying`, `+State`,
/// `+Values`.
public struct Reconciler<Hash: KeyedHash>: ~Copyable {
    /// What it wants to send; the frame is made when the channel is clear.
    public enum Intent: Equatable, Sendable {
        /// The sketch of the heads.
        case heads
        /// The heads of a stretch of actors, where sketches and lags were of no avail.
        case page
        /// How many cells it lacks.
        case need
        /// Cells for whoever lacks operations.
        case cells
        /// Operations that are owed, by name.
        case operations
        /// The sketch of the slots.
        case slots
        /// What holds in slots that differ.
        case values
    }

    /// What it asks for.
    public enum Effect: Equatable, Sendable {
        case send(Intent)
        case wake(at: Instant)
    }

    /// What of what is here may be told.
    public enum Telling: Sendable {
        case all
        /// Operations, but not what holds in which slot: all is being told to it anew.
        case operations
        /// Only operations of its own: others take no more from it, since it was left out.
        case own
        /// Nothing: it is not sure of what it has.
        case nothing
    }

    enum Inquiry: Equatable {
        case agreed
        case asking(Intent, at: Instant, round: Int)
        case sending(Intent, round: Int)
        case waiting(until: Instant, round: Int)
    }

    /// Cells that are to be sent.
    struct Answer: Equatable {
        var at: Instant
        /// Whether another node is to answer first.
        var isBackup: Bool
        var count = 0
        var window = 1
        var hasSketch = false
        /// Since when lags are to be told.
        var moment: UInt32?
        /// Whether frames of it are under way.
        var isBegun = false
    }

    /// Whose heads are to be learned.
    struct Subject {
        var root: UInt32
        var sender: Actor
        /// Whether `theirs` has its heads.
        var isKnown = false
    }

    /// More questions than this in a row without fruit: it waits for the next strange root.
    static var rounds: Int { 4 }
    /// Over how many slots nodes that mean to say the same are spread.
    static var slots: Int { 16 }
    /// Over how many slots those that can say operations are spread.
    static var answerSlots: Int { 8 }

    /// The window of a repair, unless a wider one is asked for: of 100 lags that loss makes, one
    /// or two are longer.
    static var usualWindow: Int { 4 }

    /// This node; nobody before `enter`.
    private(set) var own = Actor(raw: 0)
    private(set) var roots: HeadsRoot<Hash>
    let slot: Duration
    let frame: Duration
    /// How long others may take to have on flash what they have heard.
    let settling: Duration
    var dice: Dice

    // What is here.
    var held = HeadTable()
    var durable = HeadTable()
    var durableRoot: UInt32 = 0
    var history: HeadsHistory
    var bodies: RecentBodies
    /// What this node means to say by name.
    public var debts = Debts()

    // What is known of others.
    var inquiry = Inquiry.agreed
    /// How often something was begun since heads last moved, and when the next may be.
    private var attempts = 0
    private var quietUntil = Instant.start
    var subject: Subject?
    /// How many answers in a row told no heads.
    var misses = 0
    var theirs = HeadTable()
    var asker = HeadTable()
    /// Who last told a root that is not the question's own.
    var lastSpeaker: Actor?
    var lastRoot: UInt32 = 0
    /// The last stamp of the history when an actor's root was this node's.
    var agreedAt: Slab<UInt32>
    var answer: Answer?
    /// Who lacks what is owed, as its root alone told.
    var debtor: Actor?
    var pushAt: Instant?
    var pageCursor: UInt8 = 0

    /// What it tells others; it always asks.
    public var tells = Telling.all
    /// What holds, as compared with others.
    var states = StateExchange()

    // The tiers.
    var guess = RootGuess()
    var decoder: SketchDecoder
    var vector = LagVector()
    var repair = CodedRepair()
    var scratch = HeadTable()

    /// What it has counted.
    public internal(set) var statistics = ReconcilerStatistics()

    /// A reconciler that holds nothing yet, of nobody.
    ///
    /// - Parameters:
    ///   - roots: A hash to begin with; `enter` gives the mesh's.
    ///   - slot: One sensing of the channel and the start of a frame that others can sense.
    ///   - frame: Time on air of a full frame.
    ///   - settling: How long others may take to have on flash what they have heard.
    ///   - historyCapacity: How many operations' order is remembered, a power of two.
    ///   - bodyCapacity: Bytes for the bodies of recent operations.
    public init(
        roots: HeadsRoot<Hash>, slot: Duration, frame: Duration, settling: Duration, dice: Dice,
        historyCapacity: Int = 4_096, bodyCapacity: Int = 65_536
    ) {
        self.roots = roots
        self.slot = slot
        self.frame = frame
        self.settling = settling
        self.dice = dice
        history = HeadsHistory(capacity: historyCapacity)
        bodies = RecentBodies(capacity: bodyCapacity)
        agreedAt = Slab(repeating: 0, count: Actor.tableSize)
        decoder = SketchDecoder(actors: 15)
    }

    /// Becomes a member's: under its mesh's hash, with what the replica holds.
    public mutating func enter(
        own: Actor, roots: HeadsRoot<Hash>, of replica: borrowing Replica
    ) {
        self.own = own
        self.roots = roots
        bodies.removeAll()  // Their checks were made with another hash.
        for raw in 1..<Actor.tableSize {
            let actor = Actor(raw: UInt8(raw))
            let head = replica.received.head(of: actor)
            let depth = UInt32(RecentBodies.depth)
            var next = replica.live.index(ofNext: actor, after: head > depth ? head - depth : 0)
            while let index = next, let operation = replica.live.view(at: index) {
                bodies.insert(operation.dot, stamp: operation.stamp.raw, operation.body)
                next = replica.live.index(after: index)
            }
        }
        restart(received: replica.received, durable: replica.durable)
    }

    /// Begins a history anew, with what heads are now: it knows no more than the last operations of
    /// each actor whose bodies are here.
    private mutating func restart(
        received: borrowing VersionVector, durable: borrowing VersionVector
    ) {
        inquiry = .agreed
        answer = nil
        subject = nil
        repair.reset()
        for raw in 1..<Actor.tableSize {
            let actor = Actor(raw: UInt8(raw))
            let head = received.head(of: actor)
            held[raw] = head
            while held[raw] > 0, head - held[raw] < UInt32(RecentBodies.depth),
                bodies.contains(Dot(actor, held[raw]))
            {
                held[raw] -= 1
            }
            self.durable[raw] = 0
        }
        history.reset(root: roots.root(of: held))
        durableRoot = 0
        advance(received: received, durable: durable)
    }

    /// Whether nothing is asked, owed or to be answered.
    public var isIdle: Bool {
        inquiry == .agreed && answer == nil && pushAt == nil && states.inquiry == .idle
            && states.reply == .none
    }

    /// The root of what is on flash.
    public var root: UInt32 { durableRoot }

    // MARK: State

    /// An operation came in, or was made: its body may repair others.
    public mutating func keep(_ operation: Operation) {
        let dot = operation.dot
        bodies.insert(
            dot, stamp: operation.stamp.raw, check: roots.check(dot, operation.body.span),
            operation.body.span)
        repair.learn(dot, operation.body.span)
    }

    /// Heads have moved; back, where a card lost something.
    ///
    /// - Parameters:
    ///   - received: What is here; in RAM, or on flash.
    ///   - durable: What of that is on flash.
    public mutating func advance(
        received: borrowing VersionVector, durable: borrowing VersionVector
    ) {
        for raw in 1..<Actor.tableSize {
            let actor = Actor(raw: UInt8(raw))
            let head = received.head(of: actor)
            if head < held[raw] { return restart(received: received, durable: durable) }
            if head > held[raw] { remember(actor, upTo: head) }
            let safe = durable.head(of: actor)
            if safe != self.durable[raw] {
                durableRoot ^= roots.step(raw, from: self.durable[raw], to: safe)
                self.durable[raw] = safe
            }
        }
    }

    /// Operations whose bodies never came count with the next one that did.
    private mutating func remember(_ actor: Actor, upTo head: UInt32) {
        let raw = Int(actor.raw)
        decoder.grow(to: raw)
        let oldest = head > UInt32(RecentBodies.depth) ? head - UInt32(RecentBodies.depth) : 0
        var sequence = max(held[raw], oldest)
        var last = held[raw]
        var term = roots.term(actor, head: last)
        while sequence < head {
            sequence += 1
            var stamp = bodies.stamp(Dot(actor, sequence))
            if stamp == nil, sequence == head {
                stamp = history.count == 0 ? 0 : history[history.count - 1].stamp
            }
            guard let stamp else { continue }
            let next = roots.term(actor, head: sequence)
            history.insert(raw, stamp: stamp, steps: sequence - last, change: term ^ next)
            last = sequence
            term = next
        }
        held[raw] = head
        attempts = 0
        quietUntil = .start
    }

    /// Whether a root is of what is here.
    public func agrees(with root: UInt32) -> Bool { root == durableRoot || root == history.root }

    /// Whether a root that was heard may be of something that is not here.
    public func mayLack(of root: UInt32) -> Bool {
        guard !agrees(with: root) else { return false }
        guard let subject, subject.root == root, subject.isKnown else { return true }
        return held.lacks(of: theirs) > 0
    }

    // MARK: Time

    /// A wake came; it may be early, late or another's.
    public mutating func timer(at now: Instant, into effects: inout Effects<Effect>) {
        switch inquiry {
        case .asking(let intent, let time, let round):
            if time <= now {
                inquiry = .sending(intent, round: round)
                effects.append(.send(intent))
            } else {
                effects.append(.wake(at: time))
            }
        case .waiting(let until, let round):
            if until > now {
                effects.append(.wake(at: until))
            } else {
                askAgain(round: round + 1, at: now, into: &effects)
            }
        case .agreed, .sending:
            break
        }
        if let answer, !answer.isBegun {
            if answer.at <= now {
                self.answer?.isBegun = true
                effects.append(.send(.cells))
            } else {
                effects.append(.wake(at: answer.at))
            }
        }
        stateTimer(at: now, into: &effects)
        if let time = pushAt {
            if time <= now {
                pushAt = nil
                effects.append(.send(.operations))
            } else {
                effects.append(.wake(at: time))
            }
        }
    }

    /// The channel was in use when this was to go out: then the node that was to answer does.
    public mutating func foundBusy(_ intent: Intent) {
        if intent == .cells, answer?.isBackup == true { answer = nil }
    }

    // MARK: Asking

    /// What is about to be asked; not on the air yet, or nothing could be heard.
    var question: (intent: Intent, round: Int)? {
        switch inquiry {
        case .asking(let intent, _, let round), .sending(let intent, let round): (intent, round)
        case .agreed, .waiting: nil
        }
    }

    /// Which round the inquiry is in.
    var round: Int {
        switch inquiry {
        case .asking(_, _, let round), .sending(_, let round), .waiting(_, let round): round
        case .agreed: 0
        }
    }

    /// Whether to begin something about a strange root. What has come to nothing often is tried
    /// ever more rarely: a state without room, say, is never like the others.
    mutating func isWorthwhile(at now: Instant) -> Bool {
        guard now >= quietUntil else { return false }
        attempts += 1
        if attempts > Self.rounds {
            quietUntil = now + frame * (16 << min(attempts - Self.rounds, 7))
        }
        return true
    }

    /// What came to nothing may be tried again at once.
    public mutating func tryAnew() {
        attempts = 0
        quietUntil = .start
    }

    /// Asks what the subject's state calls for, or gives up after too many rounds.
    mutating func askAgain(round: Int, at now: Instant, into effects: inout Effects<Effect>) {
        guard round < Self.rounds, !isSatisfied, let subject,
            round > 0 || isWorthwhile(at: now)
        else {
            inquiry = .agreed
            return
        }
        // Where cells are not to be had, heads bring operations by name.
        if subject.isKnown, repair.window > 0, !repair.isOverfull, round < 2 {
            askForCells(round: round, at: now, into: &effects)
        } else if isFarBehind {
            // A sketch of these heads would come to nothing. What is missing is known: from there on.
            pageCursor = UInt8(held.firstLack(of: theirs))
            ask(
                .page, after: slot * dice.roll(0..<2 * Self.slots), round: round, at: now,
                into: &effects)
        } else {
            ask(
                misses > 1 ? .page : .heads, after: slot * dice.roll(0..<2 * Self.slots),
                round: round, at: now, into: &effects)
        }
    }

    /// Whether more is missing here of what the subject has than cells can tell.
    var isFarBehind: Bool {
        subject?.isKnown == true && held.longestLag(behind: theirs) > CodedRepair.widest
    }

    /// Needs wait behind heads, small ones behind large ones: an answer to those serves all.
    mutating func askForCells(round: Int, at now: Instant, into effects: inout Effects<Effect>) {
        let missing = repair.missing
        let rank = missing >= 8 ? 1 : missing >= 4 ? 2 : 3
        ask(
            .need, after: slot * (Self.slots * rank + dice.roll(0..<Self.slots)), round: round,
            at: now, into: &effects)
    }

    mutating func ask(
        _ intent: Intent, after pause: Duration, round: Int, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        inquiry = .asking(intent, at: now + pause, round: round)
        effects.append(.wake(at: now + pause))
    }

    /// Waits for an answer: as long as it takes others to begin one, and two frames.
    mutating func wait(round: Int, at now: Instant, into effects: inout Effects<Effect>) {
        let until = now + slot * (2 * Self.slots + 8) + frame * 2
        inquiry = .waiting(until: until, round: round)
        effects.append(.wake(at: until))
    }

    /// Says by name what is owed, after a random pause unless it is news of this node's own.
    public mutating func push(
        own: Bool, after pause: Duration = .zero, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        guard tells != .nothing else { return }
        let time = own ? now : now + pause + slot * dice.roll(0..<Self.answerSlots)
        if let earlier = pushAt, earlier <= time { return }
        pushAt = time
        effects.append(.wake(at: time))
    }
}

/// What a reconciler has counted since its start.
public struct ReconcilerStatistics: Equatable, Sendable {
    /// Roots that were explained by themselves; sketches and lags that were.
    public var guessed = 0, sketched = 0, lagged = 0
    /// Sketches and lags that told nothing.
    public var undecoded = 0
    /// Repairs that gave operations, and those whose check did not match.
    public var repaired = 0, refused = 0

    /// Bytes of sketches and lags that were sent beside cells.
    public var bytesOfHeads = 0

    /// Nothing counted.
    public init() {}
}
