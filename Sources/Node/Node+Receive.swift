import Base
import CRDT
import Crypto
import LoRa
import Mesh
import Reconcile

extension Node {
    /// Takes a frame in, whatever it is (law 4). The slot stays taken.
    mutating func receive(
        _ slot: FrameSlot, _ signal: Signal, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        var frame = frames.copy(of: slot)
        do throws(FrameError) {
            let header = try FrameHeader(reading: frame.span)
            if header.kind == .pairing {
                let payload = frame.span.extracting(FrameHeader.size..<frame.count)
                receivePairing(header, payload, at: now)
                return
            }
            if header.kind == .test {
                statistics.testsHeard += 1
                return
            }
            guard let payload = try open(header, &frame) else { throw .noKey }
            statistics.framesHeard += 1
            statistics.bytesHeard += frame.count
            neighbours.heard(header.sender, signal, at: now)
            try receive(
                header, frame.span.extracting(payload), signal, at: now, into: &effects)
        } catch {
            statistics.count(error)
        }
    }

    private mutating func open(
        _ header: FrameHeader, _ frame: inout ShortBytes<255>
    ) throws(FrameError) -> Range<Int>? {
        var bytes = frame.mutableSpan
        return try keys?.open(header, &bytes)
    }

    private mutating func receivePairing(
        _ header: FrameHeader, _ payload: Span<UInt8>, at now: Instant
    ) {
        joiner?.receive(header, payload, at: now, entropy: &entropy, into: &joinerEffects)
        sponsor.receive(header, payload, at: now, into: &sponsorEffects)
    }

    private mutating func receive(
        _ header: FrameHeader, _ bytes: Span<UInt8>, _ signal: Signal, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) throws(FrameError) {
        let kind = header.kind
        guard bytes.count >= 4 else { throw .malformed }
        let root =
            UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16
            | UInt32(bytes[3]) << 24
        let body = bytes.extracting(4..<bytes.count)
        switch kind {
        case .pairing, .test:
            break
        case .beacon:
            if let state = Self.state(ofBeacon: body), !isLeftOut(header.sender) {
                reconciler.heard(
                    state: state, root: root, of: replica, at: now, into: &reconcilerEffects)
            }
        case .values:
            do throws(Truncated) {
                try receiveValues(body, root, from: header.sender, at: now, into: &effects)
            } catch {
                throw .malformed
            }
        case .probe:
            take(try ProbeMessage(reading: body), from: header.sender, signal, at: now)
        case .echo:
            take(
                try EchoMessage(reading: body), from: header.sender, signal, at: now,
                into: &effects)
        case .wave, .repair:
            let isSound = receiveRuns(
                body, of: kind, from: header.sender, at: now, into: &effects)
            guard isSound else { throw .malformed }
        case .heads, .need, .cells, .page, .slots:
            do throws(Truncated) {
                try receiveQuestion(header, root, bytes, at: now, into: &effects)
            } catch {
                throw .malformed
            }
            return
        }
        reconciler.heard(
            root: root, from: header.sender, isNews: kind == .wave, at: now,
            into: &reconcilerEffects)
        if doubt.head != nil, kind != .wave, !isLeftOut(header.sender) {
            resolveDoubt(root, kind, body, at: now)
        }
    }

    /// A frame of those by which nodes find out who lacks what, or what answers them.
    private mutating func receiveQuestion(
        _ header: FrameHeader, _ root: UInt32, _ bytes: Span<UInt8>, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) throws(Truncated) {
        let body = bytes.extracting(4..<bytes.count)
        switch header.kind {
        case .heads:
            try reconciler.heardHeads(
                body, root: root, from: header.sender, at: now, into: &reconcilerEffects)
        case .need:
            try reconciler.heardNeed(
                bytes, from: header.sender, at: now, into: &reconcilerEffects)
        case .page:
            try reconciler.heardPage(
                body, against: replica, at: now, into: &reconcilerEffects)
        case .cells:
            let count = try reconciler.heardCells(
                body, root: root, from: header.sender, frame: header.number, at: now,
                into: &reconcilerEffects)
            if count > 0 { takeRepair(count, from: header.sender, at: now, into: &effects) }
        case .slots:
            try reconciler.heardSlots(bytes, of: replica, at: now, into: &reconcilerEffects)
        case .beacon, .wave, .repair, .pairing, .probe, .echo, .test, .values:
            break
        }
    }

    /// Cells have told so many operations.
    private mutating func takeRepair(
        _ count: Int, from sender: Actor, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) {
        var isNew = false
        let mayTake = mayTakeCells
        for index in 0..<count where mayTake {
            // Cells also tell what is superseded. What was stamped before the cut is lacking only to a
            // newcomer, and what superseded that may be forgotten: only by name is it known to hold.
            guard let operation = try? reconciler.repaired(index),
                operation.stamp >= replica.cut,
                takes(operation.dot, from: sender)
            else { continue }
            if merge(operation, at: now, into: &effects) { isNew = true }
        }
        reconciler.repairIsTaken()
        finish(isNew: isNew, of: .cells, at: now)
    }

    /// Whether this node knows of the last cut before it was admitted. Its own record may be lost to a
    /// damaged card, but it had it.
    private var mayTakeCells: Bool {
        if doubt.isMute { return true }
        return membership.map { member($0.number) != nil } ?? false
    }

    /// The root of the state that a beacon may tell.
    static func state(ofBeacon body: Span<UInt8>) -> UInt32? {
        var reader = ByteReader(body)
        return (try? reader.littleEndian(size: 4)).map { UInt32($0) }
    }

    /// What holds at another node in slots that differ from somebody's.
    private mutating func receiveValues(
        _ body: Span<UInt8>, _ root: UInt32, from sender: Actor, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) throws(Truncated) {
        guard !isLeftOut(sender) else { return }
        var runs = LiveRunReader(try Reconciler<ShortHash>.runs(ofValues: body))
        var isNew = false
        while let item = try? runs.nextItem() {
            guard case .operation(let operation) = item else { continue }
            if reinstate(operation, at: now, into: &effects) { isNew = true }
        }
        finish(isNew: isNew, of: .values, at: now)
        let state = try reconciler.heardValues(
            body, from: sender, of: replica, at: now, into: &reconcilerEffects)
        agree(root, state: state, at: now)
    }

    /// Takes in an operation that may have been counted, and is lacking nevertheless.
    private mutating func reinstate(
        _ operation: Operation, at now: Instant, into effects: inout Effects<NodeEffect>
    ) -> Bool {
        guard replica.received.contains(operation.dot) else {
            return merge(operation, at: now, into: &effects)
        }
        guard case .changed(let index) = replica.reinstate(operation) else { return false }
        reconciler.keep(operation)
        statistics.operationsLearned += 1
        tellChange(index, into: &effects)
        return true
    }

    /// - Returns: Whether all of it made sense.
    private mutating func receiveRuns(
        _ body: Span<UInt8>, of kind: FrameKind, from sender: Actor, at now: Instant,
        into effects: inout Effects<NodeEffect>
    ) -> Bool {
        var runs = LiveRunReader(body)
        var merged = Merged()
        var isSound = true
        do throws(OperationError) {
            while let item = try runs.nextItem() {
                guard takes(item.first, from: sender) else { continue }
                merge(item, of: kind, at: now, &merged, into: &effects)
            }
        } catch {
            isSound = false  // What came before it is good: it was authentic.
        }
        finish(isNew: merged.isNew, of: kind, at: now)
        if merged.isOwing { reconciler.push(own: false, at: now, into: &reconcilerEffects) }
        return isSound
    }

    /// What a frame's operations have done so far.
    private struct Merged {
        var isNew = false
        var isOwing = false
        /// The first operation of the run at hand that was new.
        var firstNew: UInt32?
    }

    private mutating func merge(
        _ item: LiveRunReader.Item, of kind: FrameKind, at now: Instant, _ merged: inout Merged,
        into effects: inout Effects<NodeEffect>
    ) {
        switch item {
        case .operation(let operation):
            if merge(operation, at: now, into: &effects) {
                merged.isNew = true
                if merged.firstNew == nil { merged.firstNew = operation.dot.sequence }
            }
        case .superseded(let actor, let run):
            if replica.skip(actor, from: run.lowerBound, to: run.upperBound) {
                merged.isNew = true
                mergeHeld(actor, at: now, into: &effects)
            }
        case .end(let actor, let run):
            let head = replica.received.head(of: actor)
            reconciler.debts.heard(actor, run, of: head)
            if kind == .wave, let first = merged.firstNew, actor != membership?.number {
                // Forward it, unless two others are heard doing so.
                reconciler.debts.owe(actor, above: first - 1, copies: 2)
                debtsAreNews = true
                merged.isOwing = true
            }
            merged.firstNew = nil
        }
    }

    /// Merges an operation, and what had waited for it.
    ///
    /// - Returns: Whether it was new, be it that it waits.
    private mutating func merge(
        _ operation: Operation, at now: Instant, into effects: inout Effects<NodeEffect>
    ) -> Bool {
        clock.observe(operation.stamp, at: wallOffset == nil ? nil : wallClock(at: now))
        reconciler.keep(operation)
        switch replica.merge(operation) {
        case .nothing:
            return false
        case .held:
            return true
        case .changed(let index):
            tellChange(index, into: &effects)
        case .counted:
            break
        }
        statistics.operationsLearned += 1
        mergeHeld(operation.dot.actor, at: now, into: &effects)
        return true
    }

    private mutating func mergeHeld(
        _ actor: Actor, at now: Instant, into effects: inout Effects<NodeEffect>
    ) {
        if let next = replica.takeHeld(actor) { _ = merge(next, at: now, into: &effects) }
    }

    private mutating func finish(isNew: Bool, of kind: FrameKind, at now: Instant) {
        if replica.isDirty {
            advanceHeads()
            // It can be fetched again; and nothing is claimed before it is on flash: see `settle`.
            flush(before: now + configuration.slowFlushDelay)
        }
        reconciler.heardOperations(isNew: isNew, at: now, into: &reconcilerEffects)
        // Neighbours behind this node may lack the same: let them see the new root soon.
        if kind != .wave, isNew { beacons.hurry(at: now) }
    }
}
