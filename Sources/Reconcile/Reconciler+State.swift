import Base
import CRDT

/// Repair by slots, as the one who asks: see `StateExchange`.
extension Reconciler {
    /// Names all that holds, in four bytes: the exclusive or of the keyed hashes of its dots.
    public func state(of replica: borrowing Replica) -> UInt32 {
        var state: UInt32 = 0
        for index in 0..<replica.live.capacity {
            guard let operation = replica.live.view(at: index), replica.isShared(operation) else {
                continue
            }
            state ^= roots.term(operation.dot.actor, head: operation.dot.sequence)
        }
        return state
    }

    /// Whether all that is here is on flash: only then can states be compared.
    public func isSettled(_ replica: borrowing Replica) -> Bool {
        durableRoot == history.root && !replica.isDirty
    }

    /// Whether a node with this root and state holds what is here, on flash or not yet.
    public func agrees(root: UInt32, state: UInt32, with replica: borrowing Replica) -> Bool {
        root == history.root && state == self.state(of: replica)
    }

    /// Whether states are being compared at this node's request.
    public var isInquiringState: Bool { states.inquiry != .idle }

    // MARK: Asking

    /// A neighbour told its root, and that of what holds there.
    public mutating func heard(
        state: UInt32, root: UInt32, of replica: borrowing Replica, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        guard root == durableRoot, isSettled(replica) else { return }
        guard state != self.state(of: replica) else {
            states.attempts = 0
            return
        }
        guard states.inquiry == .idle, now >= states.quietUntil else { return }
        // A state without room, say, is never like the others: ask ever more rarely.
        states.quietUntil = now + frame * (32 << min(states.attempts, 10))
        states.attempts += 1
        inquireState(capacity: StateExchange.fewChanges, at: now, into: &effects)
    }

    /// Asks the neighbours what of their state is lacking here.
    ///
    /// - Parameter capacity: For how many changes the first question has room.
    public mutating func inquireState(
        capacity: Int = SlotSketch.mostChanges, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        guard states.inquiry == .idle else { return }
        states.part = .whole
        states.capacity = capacity
        states.round = 0
        askState(after: slot * dice.roll(0..<2 * Self.slots), at: now, into: &effects)
    }

    private mutating func askState(
        after pause: Duration, at now: Instant, into effects: inout Effects<Effect>
    ) {
        states.inquiry = .asking(at: now + pause)
        effects.append(.wake(at: now + pause))
    }

    private mutating func waitForState(at now: Instant, into effects: inout Effects<Effect>) {
        let until = now + slot * (2 * Self.slots + 8) + frame * 2
        states.inquiry = .waiting(until: until)
        effects.append(.wake(at: until))
    }

    /// Where no answer came in time, it is asked again, four times in all.
    mutating func stateTimer(at now: Instant, into effects: inout Effects<Effect>) {
        switch states.inquiry {
        case .asking(let time):
            if time > now {
                effects.append(.wake(at: time))
            } else if states.reply == .none {
                states.inquiry = .sending
                effects.append(.send(.slots))
            } else {
                askState(after: frame, at: now, into: &effects)
            }
        case .waiting(let until):
            if until > now {
                effects.append(.wake(at: until))
            } else {
                states.round += 1
                if states.round < Self.rounds {
                    askState(
                        after: slot * dice.roll(0..<2 * Self.slots), at: now, into: &effects)
                } else {
                    states.inquiry = .idle
                }
            }
        case .idle, .sending:
            break
        }
        if case .due(let time) = states.reply {
            if time > now {
                effects.append(.wake(at: time))
            } else {
                states.reply = .sending
                effects.append(.send(.values))
            }
        }
    }

    mutating func writeSlots(
        of replica: borrowing Replica, limit: Int, to out: inout OutputSpan<UInt8>
    ) -> Bool {
        guard states.inquiry == .sending else { return false }
        let room = (limit + 4 - SlotsPart.headerSize) / 4
        states.capacity = min(states.capacity, room)
        sketch(states.part, of: replica, capacity: states.capacity)
        out.append(littleEndian: UInt64(state(of: replica)), size: 4)
        out.append(states.part.raw)
        states.sketch.write(to: &out)
        return true
    }

    mutating func sketch(
        _ part: SlotsPart, of replica: borrowing Replica, capacity: Int
    ) {
        states.sketch.start(capacity: capacity)
        for index in 0..<replica.live.capacity {
            guard let operation = replica.live.view(at: index), replica.isShared(operation) else {
                continue
            }
            let cell = replica.live.cellHash(at: index)
            guard part.contains(SlotSketch.slot(cell)) else { continue }
            states.sketch.toggle(operation.dot, cell: cell, roots: roots)
        }
    }

    mutating func slotsWereSent(at now: Instant, into effects: inout Effects<Effect>) {
        guard states.inquiry == .sending else { return }
        states.count = 0
        waitForState(at: now, into: &effects)
    }

    // MARK: Hearing values

    /// Another node told what holds in some slots; the operations have been taken in.
    ///
    /// - Returns: The root of what holds there.
    public mutating func heardValues(
        _ bytes: Span<UInt8>, from sender: Actor, of replica: borrowing Replica, at now: Instant,
        into effects: inout Effects<Effect>
    ) throws(Truncated) -> UInt32 {
        var reader = ByteReader(bytes)
        let header = try ValuesHeader(reading: &reader)
        let rest = reader.rest()
        try take(header, rest, from: sender, of: replica, at: now, into: &effects)
        return header.state
    }

    private mutating func take(
        _ header: ValuesHeader, _ rest: Span<UInt8>, from sender: Actor,
        of replica: borrowing Replica, at now: Instant, into effects: inout Effects<Effect>
    ) throws(Truncated) {
        var reader = ByteReader(rest)
        if header.kind != .rejoinder, header.state == states.header.state,
            header.part == states.header.part, states.yields(to: sender, as: own)
        {
            states.reply = .none
        }
        guard header.kind != .rejoinder, header.part == states.part,
            case .waiting = states.inquiry
        else { return }
        if header.kind == .tooMany { return askForMore(at: now, into: &effects) }
        for _ in 0..<header.empty {
            _ = states.note(UInt16(try reader.littleEndian(size: 2)))
        }
        noteOperations(reader.rest(), of: replica)
        if header.hasMore { return waitForState(at: now, into: &effects) }
        partIsAnswered(replica, at: now, into: &effects)
    }

    /// Where the operations of an answer begin.
    @_lifetime(copy bytes)
    public static func runs(ofValues bytes: Span<UInt8>) throws(Truncated) -> Span<UInt8> {
        var reader = ByteReader(bytes)
        let header = try ValuesHeader(reading: &reader)
        _ = try reader.take(2 * header.empty)
        return reader.rest()
    }

    private mutating func askForMore(at now: Instant, into effects: inout Effects<Effect>) {
        states.round = 0
        if states.capacity < SlotSketch.mostChanges, states.part == .whole {
            states.capacity = SlotSketch.mostChanges
        } else if let part = states.part.halved {
            states.part = part
        } else {
            states.inquiry = .idle
            return
        }
        askState(after: slot * dice.roll(0..<Self.slots), at: now, into: &effects)
    }

    private mutating func noteOperations(_ bytes: Span<UInt8>, of replica: borrowing Replica) {
        var runs = LiveRunReader(bytes)
        while let item = try? runs.nextItem() {
            guard case .operation(let operation) = item,
                let cell = replica.live.cellHash(of: operation),
                let place = states.note(SlotSketch.slot(cell))
            else { continue }
            states.values[place] ^= states.sketch.value(operation.dot, cell: cell, roots: roots)
        }
    }

    /// All that was told of a part is here: tells in return what was lacking there, and goes on.
    private mutating func partIsAnswered(
        _ replica: borrowing Replica, at now: Instant, into effects: inout Effects<Effect>
    ) {
        states.round = 0
        if tells == .all, rejoin(replica) {
            states.reply = .due(at: now + slot * dice.roll(1..<4))
            effects.append(.wake(at: now + slot * 4))
        }
        if let next = states.part.next {
            states.part = next
            askState(after: slot * dice.roll(1..<Self.slots), at: now, into: &effects)
        } else {
            states.inquiry = .idle
        }
    }

    /// Whether the one who answered lacks something of the slots at hand; that is to be told then.
    private mutating func rejoin(_ replica: borrowing Replica) -> Bool {
        guard states.count > 0 else { return false }
        states.header = ValuesHeader(state: state(of: replica), part: states.part)
        states.header.kind = .rejoinder
        states.cursor = Dot(Actor(raw: 0), 0)
        _ = weigh(replica)
        var lacks = false
        for place in 0..<states.count {
            states.isHeld[place] = states.isHeld[place] && states.values[place] != 0
            lacks = lacks || states.isHeld[place]
        }
        return lacks
    }
}
