import Base
import CRDT

/// Decides when this node tells its heads, and when it says operations that others lack.
///
///              root differs          heads sent           somebody answers
///     agreed ───────────────▶ asking ───────────▶ waiting ─────────────────▶ agreed
///        ▲                      ▲   patience over   │
///        │    fruitless often   └───────────────────┤
///        └──────────────────────────────────────────┘
///
/// Beside it, operations that are owed are said after a random pause, unless others say them
/// first. Whoever hears that another has just told equal heads keeps silent.
public struct Reconciler {
    /// What happened.
    public enum Event: Equatable {
        /// A frame named its sender's root; `agrees` where it is this node's, on flash or merged.
        case root(agrees: Bool)
        /// Somebody told its heads.
        case heads(HeadsPage.Difference, agrees: Bool)
        /// Somebody said operations; `isNew` where at least one was.
        case operations(isNew: Bool)
        /// There are new debts, to be said soon: own ones at once, others' after a pause.
        case debts(own: Bool)
        /// What `sendHeads` asked for has been sent.
        case headsSent
        /// What `sendOperations` asked for has been sent; `more` where debts are left.
        case operationsSent(more: Bool)
        /// A wake came; it may be early, late or another's.
        case timer
    }

    /// What it asks for.
    public enum Effect: Equatable {
        case sendHeads, sendOperations
        case wake(at: Instant)
    }

    private enum Inquiry {
        case agreed
        case asking(at: Instant, round: Int)
        case sending(round: Int)
        case waiting(until: Instant, round: Int)
    }

    /// More questions than this in a row without an answer: it waits for the next beacon.
    static let rounds = 4
    /// Over how many slots the nodes that mean to ask are spread.
    static let askSlots = 16
    /// Over how many slots those that can answer are spread.
    static let answerSlots = 8

    private var inquiry = Inquiry.agreed
    private var answerAt: Instant?
    private var isAnswering = false
    private var dice: Dice
    private let slot: Duration
    private let frame: Duration

    /// - Parameters:
    ///   - slot: One sensing of the channel and the start of a frame that others can sense.
    ///   - frame: Time on air of a full frame of operations.
    public init(slot: Duration, frame: Duration, dice: Dice) {
        self.slot = slot
        self.frame = frame
        self.dice = dice
    }

    /// Takes an event in.
    public mutating func handle(
        _ event: Event, at now: Instant, into effects: inout Effects<Effect>
    ) {
        switch event {
        case .root(agrees: true):
            break  // One neighbour agrees; others may not, so an inquiry goes on.
        case .root(agrees: false):
            if case .agreed = inquiry { ask(round: 0, at: now, into: &effects) }
        case .heads(let difference, let agrees):
            heard(difference, agrees: agrees, at: now, into: &effects)
        case .operations(let isNew):
            heardOperations(isNew: isNew, at: now, into: &effects)
        case .debts(let own):
            answer(
                after: own ? .zero : slot * dice.roll(0..<Self.answerSlots), at: now, into: &effects
            )
        case .headsSent:
            guard case .sending(let round) = inquiry else { break }
            let until = now + slot * (2 * Self.answerSlots) + frame * 2
            inquiry = .waiting(until: until, round: round)
            effects.append(.wake(at: until))
        case .operationsSent(let more):
            isAnswering = false
            if more { answer(after: slot * dice.roll(1..<3), at: now, into: &effects) }
        case .timer:
            ring(at: now, into: &effects)
        }
    }

    private mutating func heard(
        _ difference: HeadsPage.Difference, agrees: Bool, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        if difference.peerLacks {
            answer(after: slot * dice.roll(0..<Self.answerSlots), at: now, into: &effects)
        }
        switch inquiry {
        case .agreed, .waiting:
            if difference.iLack {
                ask(round: 0, at: now, into: &effects)
            } else {
                inquiry = .agreed
            }
        case .asking:
            // Equal heads have been told, or only the teller lacks something: no need to ask.
            if agrees || !difference.iLack { inquiry = .agreed }
        case .sending:
            break
        }
    }

    private mutating func heardOperations(
        isNew: Bool, at now: Instant, into effects: inout Effects<Effect>
    ) {
        switch inquiry {
        case .waiting where isNew:
            inquiry = .agreed
        case .asking(_, let round) where isNew:
            // Repairs are under way: ask only for what they leave.
            ask(round: round, after: frame * 2, at: now, into: &effects)
        case .agreed, .asking, .sending, .waiting:
            break
        }
    }

    private mutating func ring(at now: Instant, into effects: inout Effects<Effect>) {
        switch inquiry {
        case .asking(let time, let round):
            if time <= now {
                inquiry = .sending(round: round)
                effects.append(.sendHeads)
            } else {
                effects.append(.wake(at: time))
            }
        case .waiting(let until, let round):
            if until > now {
                effects.append(.wake(at: until))
            } else if round + 1 < Self.rounds {
                ask(round: round + 1, at: now, into: &effects)
            } else {
                inquiry = .agreed
            }
        case .agreed, .sending:
            break
        }
        if let time = answerAt {
            if time <= now {
                answerAt = nil
                isAnswering = true
                effects.append(.sendOperations)
            } else {
                effects.append(.wake(at: time))
            }
        }
    }

    private mutating func ask(
        round: Int, after pause: Duration = .zero, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        let time = now + pause + slot * dice.roll(0..<(Self.askSlots << round))
        inquiry = .asking(at: time, round: round)
        effects.append(.wake(at: time))
    }

    private mutating func answer(
        after pause: Duration, at now: Instant, into effects: inout Effects<Effect>
    ) {
        guard !isAnswering else { return }
        let time = now + pause
        if let earlier = answerAt, earlier <= time { return }
        answerAt = time
        effects.append(.wake(at: time))
    }
}
