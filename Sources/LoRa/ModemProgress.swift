/// What a chip's interrupt flags mean, whatever bits it has for them.
public struct ModemFlags: OptionSet, Equatable, Sendable {
    /// The flags as bits; their order is nobody's business.
    public let rawValue: UInt8

    /// A set of flags.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A frame is in the buffer.
    public static var frame: ModemFlags { ModemFlags(rawValue: 1) }
    /// That frame's checksum is wrong.
    public static var wrongChecksum: ModemFlags { ModemFlags(rawValue: 2) }
    /// A header was wrong.
    public static var wrongHeader: ModemFlags { ModemFlags(rawValue: 4) }
    /// The frame to send is over.
    public static var sent: ModemFlags { ModemFlags(rawValue: 8) }
    /// Sensing is over.
    public static var sensed: ModemFlags { ModemFlags(rawValue: 16) }
    /// Sensing found a signal.
    public static var activity: ModemFlags { ModemFlags(rawValue: 32) }
    /// The chip's timer ran out.
    public static var timeout: ModemFlags { ModemFlags(rawValue: 64) }

    /// A frame that is not what was sent: in its header, or behind it. (Not a literal of a set, which
    /// takes memory where nothing is optimised.)
    static var damage: ModemFlags { ModemFlags(rawValue: 2 | 4) }
}

/// What a chip is doing as far as its driver knows, and what its interrupts mean by that.
///
///                    receive                (frames, damaged)
///               ┌─────────────▶ receiving ──┐
///               │ standby ◀─────────────────┘ any other call, or a frame that was to be the only one
///      start    │ senseChannel             sensed
///     ──────▶ standby ────────▶ sensing ─────────▶ standby
///               │ transmit                 sent
///               ├─────────────▶ transmitting ────▶ standby
///               │ sleep                   any other call
///               └─────────────▶ sleeping ────────▶ standby
///
/// A fault ends all of it in `failed`; only `start` leads out. All drivers share this machine.
public struct ModemProgress {
    /// What the chip is doing.
    public enum Mode: Equatable {
        case off, standby, sensing, transmitting
        case receiving(Reception)
        case sleeping(SleepDepth)
        case failed(ModemFault)
    }

    /// What the driver does next about interrupts it has read.
    public enum Step: Equatable {
        case readFrame
        case report(ModemEvent)
        case fail(ModemFault)
    }

    /// What a flag for a header means that the chip raised, and nothing after it.
    public enum HeaderSighting: Equatable {
        /// A frame is coming in.
        case arriving
        /// Its end never came: the flag is to be cleared.
        case stale
    }

    /// How often a chip is asked what its raised interrupt means, before it is taken for stuck.
    public static var mostLooks: Int { 8 }

    /// What the chip is doing.
    public var mode = Mode.off

    /// Flags read from the chip and not yet told.
    private var pending = ModemFlags()
    private var headerSightings = 0

    /// A chip that was not started.
    public init() {}

    /// Whether a step waits that needs no new look at the chip.
    public var hasPending: Bool { !pending.isEmpty }

    /// The chip was reset: what it had to tell is gone.
    public mutating func restart() {
        mode = .standby
        pending = []
        headerSightings = 0
    }

    /// Flags that were read from the chip, and cleared there.
    public mutating func take(_ flags: ModemFlags) { pending.formUnion(flags) }

    /// The oldest thing that happened, if any is left to tell.
    ///
    /// A frame precedes the end of sensing or sending: the chip heard it before it was told to stop.
    public mutating func next() -> Step? {
        if pending.contains(.frame) {
            let isDamaged = pending.contains(.wrongChecksum) || mode == .transmitting
            pending.remove(.frame)
            pending.remove(.wrongChecksum)
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
        case .transmitting where flags.contains(.sent):
            mode = .standby
            return .report(.sent)
        case .transmitting where flags.contains(.timeout):
            return .fail(.transmitTimeout)
        case .sensing where flags.contains(.sensed):
            mode = .standby
            return .report(.channel(flags.contains(.activity) ? .busy : .clear))
        case .receiving(.once) where flags.contains(.timeout):
            mode = .standby
            return .report(.silence)
        case .off, .standby, .receiving, .sensing, .transmitting, .sleeping, .failed:
            return nil  // Stale: raised by what the caller has broken off since.
        }
    }

    /// A header was seen without its frame's end, or none was.
    ///
    /// Chips end every such frame with an interrupt; should one never come, the flag is stale after
    /// it has been seen 64 times.
    public mutating func sawHeader(_ isThere: Bool) -> HeaderSighting? {
        headerSightings = isThere ? headerSightings + 1 : 0
        guard headerSightings > 0 else { return nil }
        guard headerSightings >= 64 else { return .arriving }
        headerSightings = 0
        return .stale
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
