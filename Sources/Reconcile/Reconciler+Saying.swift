import Base
import CRDT

extension Reconciler {
    /// Appends what an intent means to say behind the root, which is that of what is on flash.
    ///
    /// - Parameters:
    ///   - frame: This node and the counter of its frame, in one number.
    ///   - limit: The most bytes to append.
    /// - Returns: Whether there was something to say.
    public mutating func write(
        _ intent: Intent, frame: UInt32, of replica: borrowing Replica, limit: Int,
        to out: inout OutputSpan<UInt8>
    ) -> Bool {
        switch intent {
        case .heads, .page, .need:
            // Another asked meanwhile, and the channel became clear only now.
            guard case .sending(intent, _) = inquiry else { return false }
        case .cells, .operations, .slots, .values:
            break
        }
        switch intent {
        case .slots: return writeSlots(of: replica, limit: limit, to: &out)
        case .values: return writeValues(of: replica, limit: limit, to: &out)
        case .heads:
            decoder.sketch(of: durable, units: decoder.units).write(bits: decoder.bits, to: &out)
            return true
        case .page:
            pageCursor = HeadsPage.write(
                replica.durable, from: pageCursor, limit: limit, to: &out)
            return true
        case .need:
            guard let subject else { return false }
            NeedMessage(root: subject.root, window: repair.window, count: repair.missing)
                .write(to: &out)
            return true
        case .cells:
            return writeCells(frame: frame, limit: limit, to: &out)
        case .operations:
            if tells == .own { debts.keep(only: own) }
            return LiveRuns.write(&debts, of: replica, limit: limit, to: &out) > 0
        }
    }

    /// As many cells as fit, behind the heads where these are asked for.
    private mutating func writeCells(
        frame: UInt32, limit: Int, to out: inout OutputSpan<UInt8>
    ) -> Bool {
        guard var answer, answer.isBegun else { return false }
        var header = CellsHeader(window: answer.window)
        header.hasSketch = answer.hasSketch
        var lags = ShortBytes<128>()
        if let moment = answer.moment {
            header.hasVector = lags.fill { out in
                vector.write(
                    durable, since: moment, actors: decoder.actors, history: history, limit: 128,
                    to: &out)
            }
            // Cells are of no use to whoever does not know of what.
            if !header.hasVector { answer.count = 0 }
        }
        let attached =
            (header.hasSketch ? GraySketch.size : 0) + (header.hasVector ? 1 + lags.count : 0)
        statistics.bytesOfHeads += attached
        var cells = 0
        if answer.count > 0,
            let measure = repair.measure(
                durable, window: answer.window, bodies: bodies, roots: roots)
        {
            header.cellSize = measure.cellSize
            header.check = measure.check
            let room = (limit - CellsHeader.size - attached) / measure.cellSize
            cells = min(answer.count, room)
            header.hasMore = cells < answer.count
        }
        header.write(to: &out)
        if header.hasSketch {
            decoder.sketch(of: durable, units: decoder.units).write(bits: decoder.bits, to: &out)
        }
        if header.hasVector {
            out.append(UInt8(lags.count))
            out.append(contentsOf: lags.span)
        }
        if cells > 0 {
            repair.write(
                cells: cells, of: header.cellSize, frame: frame, durable, window: answer.window,
                bodies: bodies, to: &out)
        }
        answer.count = header.hasMore ? answer.count - cells : 0
        answer.hasSketch = false
        answer.moment = nil
        self.answer = answer
        return true
    }

    /// What `write` wrote was sent.
    public mutating func sent(
        _ intent: Intent, at now: Instant, into effects: inout Effects<Effect>
    ) {
        switch intent {
        case .heads, .page, .need:
            guard case .sending(intent, let round) = inquiry else { break }
            wait(round: round, at: now, into: &effects)
        case .slots: slotsWereSent(at: now, into: &effects)
        case .values: valuesWereSent(at: now, into: &effects)
        case .cells:
            guard var answer, answer.count > 0 else {
                self.answer = nil
                break
            }
            answer.isBegun = false
            answer.at = now
            self.answer = answer
            timer(at: now, into: &effects)
        case .operations:
            saidRoot()
            if !debts.isEmpty {
                let time = now + slot * dice.roll(1..<3)
                pushAt = min(pushAt ?? time, time)
                effects.append(.wake(at: time))
            }
        }
    }

    /// This node's root went out, in whatever frame.
    public mutating func saidRoot() {
        lastSpeaker = own
        lastRoot = durableRoot
    }
}
