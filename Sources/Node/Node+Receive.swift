import Base
import CRDT
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
        if doubt.head != nil, root == durableRoot { easeDoubt(at: now) }
        switch kind {
        case .beacon, .pairing, .test:
            break
        case .probe:
            take(try ProbeMessage(reading: body), from: header.sender, signal, at: now)
        case .echo:
            take(
                try EchoMessage(reading: body), from: header.sender, signal, at: now,
                into: &effects)
        case .heads:
            let agrees = agrees(with: root)
            guard let difference = try? HeadsPage.read(body, against: replica, debts: &debts) else {
                throw .malformed
            }
            reconciler.handle(
                .heads(difference, agrees: agrees), at: now, into: &reconcilerEffects)
            return
        case .wave, .repair:
            var runs = LiveRunReader(body)
            var merged = Merged()
            var failed = false
            do throws(OperationError) {
                while let item = try runs.nextItem() {
                    merge(item, of: kind, at: now, &merged, into: &effects)
                }
            } catch {
                failed = true  // What came before it is good: it was authentic.
            }
            finish(merged, of: kind, at: now)
            if failed { throw .malformed }
        }
        reconciler.handle(
            .root(agrees: agrees(with: root)), at: now, into: &reconcilerEffects)
    }

    private func agrees(with root: UInt32) -> Bool { root == durableRoot || root == receivedRoot }

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
            debts.heard(actor, run, of: head)
            if kind == .wave, let first = merged.firstNew, actor != membership?.number {
                // Forward it, unless two others are heard doing so.
                debts.owe(actor, above: first - 1, copies: 2)
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

    private mutating func finish(_ merged: Merged, of kind: FrameKind, at now: Instant) {
        if replica.isDirty {
            refreshReceivedRoot()
            flush(before: now + configuration.flushDelay)
        }
        reconciler.handle(
            .operations(isNew: merged.isNew), at: now, into: &reconcilerEffects)
        if merged.isOwing {
            reconciler.handle(.debts(own: false), at: now, into: &reconcilerEffects)
        }
        // Neighbours behind this node may lack the same: let them see the new root soon.
        if kind == .repair, merged.isNew { beacons.hurry(at: now) }
    }
}
