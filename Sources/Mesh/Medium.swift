import Base
import LoRa

/// Decides when this node may transmit: listen before talk, back off while others speak.
///
///           frameQueued            clear             sent
///     idle ────────────▶ listening ─────▶ sending ────────▶ idle
///                    timer ▲   │ busy       │ refused
///                        backingOff ◀───────┘
///
/// One frame at a time; what is in it is the caller's. A slot is one sensing and its turnaround.
public struct Medium {
    /// What happened.
    public enum Event: Equatable {
        case frameQueued, channel(ChannelActivity), sent, timer
        /// There is no airtime before then.
        case refused(until: Instant)
        /// The modem was started anew: what it was doing is lost.
        case reset
    }

    /// What it asks for.
    public enum Effect: Equatable { case senseChannel, transmit, wake(at: Instant) }

    private enum State {
        case idle, sending
        case listening(attempt: Int)
        case backingOff(attempt: Int, until: Instant)
    }

    private var state = State.idle
    private var dice: Dice
    private let slot: Duration

    /// A medium that nobody uses.
    public init(slot: Duration, dice: Dice) {
        self.slot = slot
        self.dice = dice
    }

    /// Whether a frame may be queued.
    public var isIdle: Bool { if case .idle = state { true } else { false } }

    /// Takes an event in.
    public mutating func handle(
        _ event: Event, at now: Instant, into effects: inout Effects<Effect>
    ) {
        switch (state, event) {
        case (.idle, .frameQueued):
            listen(attempt: 0, into: &effects)
        case (.listening, .channel(.clear)):
            state = .sending
            effects.append(.transmit)
        case (.listening(let attempt), .channel(.busy)):
            let slots = 1 + dice.roll(0..<(1 << min(attempt + 1, 5)))
            backOff(attempt: attempt + 1, until: now + slot * slots, into: &effects)
        case (.sending, .refused(let until)):
            backOff(attempt: 0, until: until, into: &effects)
        case (.backingOff(let attempt, let until), .timer) where until <= now:
            listen(attempt: attempt, into: &effects)
        case (.backingOff(_, let until), .timer):
            effects.append(.wake(at: until))  // It rang early.
        case (.sending, .sent):
            state = .idle
        case (.listening, .reset), (.sending, .reset):
            backOff(attempt: 0, until: now + slot, into: &effects)
        case (.idle, _), (.listening, _), (.backingOff, _), (.sending, _):
            break  // Stale: an interrupt or timer already on its way when the state changed.
        }
    }

    private mutating func listen(attempt: Int, into effects: inout Effects<Effect>) {
        state = .listening(attempt: attempt)
        effects.append(.senseChannel)
    }

    private mutating func backOff(
        attempt: Int, until: Instant, into effects: inout Effects<Effect>
    ) {
        state = .backingOff(attempt: attempt, until: until)
        effects.append(.wake(at: until))
    }
}
