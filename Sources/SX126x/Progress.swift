import LoRa

/// What the chip is doing as far as the driver knows, and what its interrupts mean by that.
///
///                    receive                (frames, damaged)
///               ┌─────────────▶ receiving ──┐
///               │ standby ◀─────────────────┘ any other call, or a frame that was to be the only one
///      start    │ senseChannel            cadDone
///     ──────▶ standby ────────▶ sensing ─────────▶ standby
///               │ transmit                txDone
///               ├─────────────▶ transmitting ────▶ standby
///               │ sleep                   any other call
///               └─────────────▶ sleeping ────────▶ standby
///
/// A fault ends all of it in `failed`; only `start` leads out.
struct Progress {
    enum Mode: Equatable {
        case off, standby, sensing, transmitting
        case receiving(Reception)
        case sleeping(SleepDepth)
        case failed(ModemFault)
    }

    /// What the driver does next about interrupts it has read.
    enum Step: Equatable {
        case readFrame
        case report(ModemEvent)
        case fail(ModemFault)
    }

    var mode = Mode.off

    /// Flags read from the chip and not yet told.
    private var pending = IRQ()

    /// Whether a step waits that needs no new look at the chip.
    var hasPending: Bool { !pending.isEmpty }

    /// The chip was reset: what it had to tell is gone.
    mutating func restart() {
        mode = .standby
        pending = []
    }

    /// Flags that were read from the chip, and cleared there.
    mutating func take(_ flags: IRQ) { pending.formUnion(flags) }

    /// The oldest thing that happened, if any is left to tell.
    ///
    /// A frame precedes the end of sensing or sending: the chip heard it before it was told to stop.
    mutating func next() -> Step? {
        if pending.contains(.rxDone) {
            let isDamaged = pending.contains(.crcError) || mode == .transmitting
            pending.remove(.rxDone)
            pending.remove(.crcError)
            endReception()
            // While transmitting, the frame to send has been written over the one received.
            return isDamaged ? .report(.damaged) : .readFrame
        }
        if !pending.isDisjoint(with: .damage) {
            pending.subtract(.damage)
            return .report(.damaged)
        }
        let flags = pending
        pending = []
        switch mode {
        case .transmitting where flags.contains(.txDone):
            mode = .standby
            return .report(.sent)
        case .transmitting where flags.contains(.timeout):
            return .fail(.transmitTimeout)
        case .sensing where flags.contains(.cadDone):
            mode = .standby
            return .report(.channel(flags.contains(.cadDetected) ? .busy : .clear))
        case .receiving(.once) where flags.contains(.timeout):
            mode = .standby
            return .report(.silence)
        case .off, .standby, .receiving, .sensing, .transmitting, .sleeping, .failed:
            return nil  // Stale: raised by what the caller has broken off since.
        }
    }

    /// A chip that was to receive one frame is in standby after it.
    private mutating func endReception() {
        switch mode {
        case .receiving(.once), .receiving(.sampled): mode = .standby
        case .receiving(.continuous), .off, .standby, .sensing, .transmitting, .sleeping, .failed:
            break
        }
    }
}
