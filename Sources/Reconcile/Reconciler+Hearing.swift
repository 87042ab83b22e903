import Base
import CRDT

extension Reconciler {
    // MARK: Roots

    /// A frame named its sender's root; not for heads, pages, needs and cells.
    ///
    /// - Parameter isNews: Whether it brought news, which its sender may not have on flash yet: so
    ///   its root does not tell that the sender lacks anything.
    public mutating func heard(
        root: UInt32, from sender: Actor, isNews: Bool = false, at now: Instant,
        into effects: inout Effects<Effect>
    ) {
        lastSpeaker = sender
        lastRoot = root
        if agrees(with: root) {
            if history.count > 0 {
                agreedAt[Int(sender.raw)] = history[history.count - 1].stamp
            }
            if subject?.root == root { inquiry = .agreed }
            misses = 0
            if debtor == sender {
                // It had heard them already, and has them on flash now.
                debtor = nil
                debts.forgive()
            }
            return
        }
        if subject?.root == root, inquiry != .agreed { return }
        guard inquiry == .agreed || subject?.sender == sender else { return }
        adopt(root, of: sender)
        follow(isNews: isNews, at: now, into: &effects)
    }

    /// A strange root: whose heads are they?
    private mutating func adopt(_ root: UInt32, of sender: Actor) {
        repair.reset()
        var subject = Subject(root: root, sender: sender)
        subject.isKnown = guess.search(
            root, of: sender, heads: held, actors: decoder.actors, history: history, roots: roots,
            into: &theirs)
        if subject.isKnown { statistics.guessed += 1 }
        self.subject = subject
    }

    /// The subject's heads became known, or did not: what to do about it.
    private mutating func follow(
        isNews: Bool, at now: Instant, into effects: inout Effects<Effect>
    ) {
        guard let subject else { return }
        guard subject.isKnown else { return askAgain(round: 0, at: now, into: &effects) }
        inquiry = .agreed
        if !isNews, isWorthwhile(at: now), debts.owe(above: theirs, of: durable) {
            debtor = subject.sender
            push(own: false, after: settling, at: now, into: &effects)
        }
        guard held.lacks(of: theirs) > 0 else { return }
        beginRepair()
        askAgain(round: 0, at: now, into: &effects)
    }

    /// Lists what is missing here of what the subject has, unless that is too much for cells.
    private mutating func beginRepair() {
        let window = held.longestLag(behind: theirs)
        if window <= CodedRepair.widest { repair.begin(theirs, window: window, bodies: bodies) }
    }

    // MARK: Heads

    /// Somebody told its root and the sketch of its heads.
    public mutating func heardHeads(
        _ bytes: Span<UInt8>, root: UInt32, from sender: Actor, at now: Instant,
        into effects: inout Effects<Effect>
    ) throws(Truncated) {
        var reader = ByteReader(bytes)
        let sketch = try GraySketch(reading: &reader, bits: decoder.bits)
        // The answer to it tells the heads, and brings as many cells as a sketch can hold.
        if let question, question.intent != .page {
            wait(round: question.round, at: now, into: &effects)
        }
        guard !agrees(with: root) else { return }
        guard lastSpeaker == own else {
            if lastSpeaker != nil, lastRoot == durableRoot {
                prepare(
                    sketch, root, of: sender, after: backupPause(0), at: now, into: &effects)
            }
            return
        }
        prepare(sketch, root, of: sender, after: slot, at: now, into: &effects)
    }

    /// Others of the same root begin after the one whose root was heard last, two slots apart.
    private func backupPause(_ slots: Int) -> Duration {
        slot * (slots + 3 + 2 * Int(own.raw % 8))
    }

    /// Prepares an answer to somebody's heads.
    private mutating func prepare(
        _ sketch: GraySketch, _ root: UInt32, of sender: Actor, after pause: Duration,
        at now: Instant, into effects: inout Effects<Effect>
    ) {
        // Since when lags are told: before all that differs, in either direction.
        let agreed = agreedAt[Int(sender.raw)]
        var answer = Answer(at: now + pause, isBackup: lastSpeaker != own)
        switch decode(sketch, root) {
        case .present:
            answer.hasSketch = true
        case .past(let cut):
            answer.moment = min(cut > 8 ? history[cut - 9].stamp : 0, agreed)
        case nil:
            statistics.undecoded += 1
            let last = history.count == 0 ? 0 : history[history.count - 1].stamp
            answer.moment = agreed > 0 ? agreed : last - min(last, 2_880)
            answer.count = decoder.units
            answer.window = usefulWindow(1)
            return answerWith(answer, at: now, into: &effects)
        }
        statistics.sketched += 1
        // Where it lacks nothing, these heads let it push what it has.
        answer.count = asker.lacks(of: durable)
        if answer.count > 0 {
            answer.window = usefulWindow(asker.longestLag(behind: durable))
        }
        if answer.count > 0, isCheaperByName(count: answer.count, window: answer.window) {
            _ = debts.owe(above: asker, of: durable)
            push(own: false, at: now, into: &effects)
        } else {
            answerWith(answer, at: now, into: &effects)
        }
        // What this node lacks is pushed once the other knows; ask only where that fails.
        guard inquiry == .agreed, held.lacks(of: asker) > 0 else { return }
        subject = Subject(root: root, sender: sender, isKnown: true)
        theirs.copy(from: asker)
        repair.reset()
        beginRepair()
        wait(round: 0, at: now, into: &effects)
    }

    /// Against which of this node's heads a sketch was decoded.
    private enum Decoding {
        case present
        /// Those before the operation at this index of the history.
        case past(Int)
    }

    /// The asker's heads, from its sketch and root; `nil` where they were not found.
    private mutating func decode(_ sketch: GraySketch, _ root: UInt32) -> Decoding? {
        let units = decoder.units
        var difference = decoder.sketch(of: held, units: units)
        difference.add(sketch)
        if decoder.decode(
            difference, units: units, base: held, rootDifference: root ^ history.root,
            roots: roots, isThorough: true, into: &asker)
        {
            return .present
        }
        return decoder.decodePast(
            sketch, root: root, units: units, heads: held, history: history, roots: roots,
            scratch: &scratch, into: &asker
        ).map { .past($0) }
    }

    /// A window that covers most of what others may lack beside the one who asked, as far as the
    /// bodies for it are here.
    private func usefulWindow(_ asked: Int) -> Int {
        asked < Self.usualWindow
            && repair.measure(durable, window: Self.usualWindow, bodies: bodies, roots: roots)
                != nil
            ? Self.usualWindow : asked
    }

    /// Whether the asker's operations are better said by name: too many, too far back, or of very
    /// different sizes.
    private func isCheaperByName(count: Int, window: Int) -> Bool {
        guard window <= CodedRepair.widest, count <= CellSolver.capacity,
            let measure = repair.measure(durable, window: window, bodies: bodies, roots: roots)
        else { return true }
        var named = 0
        for raw in 1..<Actor.tableSize where asker[raw] < durable[raw] {
            var sequence = asker[raw]
            while sequence < durable[raw] {
                sequence += 1
                named += 4 + (bodies.size(Dot(Actor(raw: UInt8(raw)), sequence)) ?? 0)
            }
        }
        return named < count * measure.cellSize
    }

    /// Whether all that the subject has is here.
    var isSatisfied: Bool {
        guard let subject else { return true }
        return agrees(with: subject.root)
            || (subject.isKnown && held.lacks(of: theirs) == 0)
    }

    private mutating func answerWith(
        _ new: Answer, at now: Instant, into effects: inout Effects<Effect>
    ) {
        guard tells == .all || tells == .operations else { return }
        guard var present = answer, !present.isBegun else {
            if answer == nil {
                answer = new
                effects.append(.wake(at: new.at))
            }
            return
        }
        present.at = new.at
        present.count = max(present.count, new.count)
        present.window = max(present.window, new.window)
        if let moment = new.moment { present.moment = min(present.moment ?? moment, moment) }
        present.isBackup = present.isBackup && new.isBackup
        present.hasSketch = (present.hasSketch || new.hasSketch) && present.moment == nil
        answer = present
        effects.append(.wake(at: present.at))
    }

    // MARK: Needs

    /// Somebody asks for cells.
    public mutating func heardNeed(
        _ bytes: Span<UInt8>, from sender: Actor, at now: Instant,
        into effects: inout Effects<Effect>
    ) throws(Truncated) {
        let need = try NeedMessage(reading: bytes)
        if let question, question.intent == .need, let subject,
            need.means(subject.root),
            need.count >= repair.missing, need.window >= repair.window
        {
            wait(round: question.round, at: now, into: &effects)
        }
        guard need.means(durableRoot),
            repair.measure(durable, window: need.window, bodies: bodies, roots: roots) != nil
        else { return }
        let pause = lastSpeaker == own ? slot * Self.slots : backupPause(Self.slots)
        var answer = Answer(at: now + pause, isBackup: lastSpeaker != own)
        answer.count = need.count
        answer.window = usefulWindow(need.window)
        answerWith(answer, at: now, into: &effects)
    }

    // MARK: Cells

    /// Somebody told cells, and perhaps its heads.
    ///
    /// - Parameter frame: The sender and its frame's counter, in one number.
    /// - Returns: How many operations can be read with `repaired` now; say `repairIsTaken` then.
    public mutating func heardCells(
        _ bytes: Span<UInt8>, root: UInt32, from sender: Actor, frame: UInt32, at now: Instant,
        into effects: inout Effects<Effect>
    ) throws(Truncated) -> Int {
        var reader = ByteReader(bytes)
        let header = try CellsHeader(reading: &reader)
        var sketch: GraySketch?
        if header.hasSketch { sketch = try GraySketch(reading: &reader, bits: decoder.bits) }
        let vectorSize = header.hasVector ? Int(try reader.byte()) : 0
        let lags = try reader.take(vectorSize)
        let cells = reader.rest()

        // Whoever answers in another's place does not take that place: else both would answer next.
        if lastRoot != root {
            lastSpeaker = sender
            lastRoot = root
        }
        answer = nil  // Whatever it is, somebody answers; who still lacks something asks.
        guard !agrees(with: root) else { return 0 }
        if subject?.root != root { adopt(root, of: sender) }
        let wasKnown = subject?.isKnown ?? false
        if !wasKnown {
            let isKnown = try learn(sketch, lags, root)
            subject?.isKnown = isKnown
            if isKnown { misses = 0 }
            if !isKnown {
                if header.hasSketch || header.hasVector || !header.hasMore {
                    // Where it could tell no heads at all, only a page can.
                    misses += header.cellSize > 0 ? 1 : 2
                }
                inquiry = .agreed
                if header.hasMore {
                    wait(round: 0, at: now, into: &effects)
                    return 0
                }
                askAgain(round: 0, at: now, into: &effects)
                return 0
            }
            if debts.owe(above: theirs, of: durable) { push(own: false, at: now, into: &effects) }
        }
        return take(cells, header, frame: frame, at: now, into: &effects)
    }

    /// The sender's heads, from what came with its cells.
    private mutating func learn(
        _ sketch: GraySketch?, _ lags: Span<UInt8>, _ root: UInt32
    ) throws(Truncated) -> Bool {
        if let sketch {
            guard decode(sketch, root) != nil else {
                statistics.undecoded += 1
                return false
            }
            theirs.copy(from: asker)
            statistics.sketched += 1
            return true
        }
        guard lags.count > 0 else { return false }
        try vector.read(
            lags, heads: held, actors: decoder.actors, history: history, into: &theirs)
        scratch.copy(from: theirs)
        guard guess.correct(root, scratch, actors: decoder.actors, roots: roots, into: &theirs)
        else {
            statistics.undecoded += 1
            return false
        }
        statistics.lagged += 1
        return true
    }

    private mutating func take(
        _ cells: Span<UInt8>, _ header: CellsHeader, frame: UInt32, at now: Instant,
        into effects: inout Effects<Effect>
    ) -> Int {
        guard held.lacks(of: theirs) > 0 else {
            inquiry = .agreed
            return 0
        }
        let lag = held.longestLag(behind: theirs)
        guard lag <= CodedRepair.widest else {
            // Too far behind for cells: whoever hears these heads says operations by name.
            inquiry = .agreed
            askAgain(round: 0, at: now, into: &effects)
            return 0
        }
        let before = repair.missing
        repair.begin(theirs, window: max(header.window, lag), bodies: bodies)
        if header.cellSize > 0 {
            repair.take(
                cells, of: header.cellSize, frame: frame, theirs, window: header.window,
                check: header.check, bodies: bodies)
        }
        switch repair.conclude(theirs, bodies: bodies, roots: roots) {
        case .solved:
            statistics.repaired += 1
            inquiry = .agreed
            return repair.count
        case .refused:
            statistics.refused += 1
            repair.reset()
            subject?.isKnown = false
            askAgain(round: round + 1, at: now, into: &effects)
        case .missing(let missing):
            if header.hasMore {
                wait(round: 0, at: now, into: &effects)
            } else {
                // The frames that were lost are asked for once more.
                if missing < before || before == 0 {
                    askForCells(round: 0, at: now, into: &effects)
                } else {
                    askAgain(round: round + 1, at: now, into: &effects)
                }
            }
        }
        return 0
    }

    /// An operation of a repair that is complete.
    public func repaired(_ index: Int) throws(OperationError) -> Operation {
        try Operation(repair.dot(index), body: repair.body(index))
    }

    /// All operations of a repair have been read.
    public mutating func repairIsTaken() { repair.reset() }

    // MARK: Operations by name

    /// A frame of operations by name was heard; `isNew` where at least one was.
    public mutating func heardOperations(
        isNew: Bool, at now: Instant, into effects: inout Effects<Effect>
    ) {
        guard isNew else { return }
        switch inquiry {
        case .waiting(_, let round), .asking(_, _, let round), .sending(_, let round):
            // They are under way: ask only for what they leave.
            if isSatisfied {
                inquiry = .agreed
            } else {
                wait(round: round, at: now, into: &effects)
            }
        case .agreed:
            break
        }
    }

    /// Somebody told heads of a stretch of actors.
    public mutating func heardPage(
        _ bytes: Span<UInt8>, against replica: borrowing Replica, at now: Instant,
        into effects: inout Effects<Effect>
    ) throws(Truncated) {
        let difference = try HeadsPage.read(bytes, against: replica, debts: &debts)
        if difference.peerLacks { push(own: false, at: now, into: &effects) }
        guard difference.iLack, question == nil, isWorthwhile(at: now) else { return }
        pageCursor = bytes[0]
        ask(.page, after: slot * dice.roll(0..<Self.slots), round: 0, at: now, into: &effects)
    }
}
