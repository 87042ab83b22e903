import Base
import HAL
import LoRa

/// A chip that an air can hold.
public enum ChipModel: String, CaseIterable, Sendable {
    /// 150–960 MHz, up to +15 dBm.
    case sx1261
    /// 150–960 MHz, up to +22 dBm.
    case sx1262
    /// 410–810 MHz, up to +22 dBm.
    case sx1268
    /// An SX1262 without the slowest spreading factors.
    case llcc68
    /// 137–1020 MHz, the older family; the RFM95's chip.
    case sx1276
}

/// Where a chip's 32 MHz come from: what the board's maker soldered.
public enum Oscillator: Sendable {
    /// A crystal. An SX126x fails to start it when told that DIO3 feeds a TCXO, an SX1276 when its
    /// TCXO input is chosen.
    case crystal
    /// A TCXO. It does not start before an SX126x feeds it by DIO3; an SX1276 must choose its input.
    case tcxo
}

/// What a chip asks of the air.
enum ChipAction: Equatable {
    /// Its receiver and its transmitter are off.
    case stop
    /// The frame in its buffer goes on the air; past `deadline` it is cut off.
    case transmit(at: Instant, deadline: Instant)
    /// It hears from that moment on; at `deadline` it is asked whether it goes on.
    case receive(from: Instant, deadline: Instant)
    /// Its receiver stays as it is; at the new deadline it is asked again.
    case goOn(until: Instant)
    /// Its radio part is off, and `waited` is called then.
    case wait(until: Instant)
    /// It looks for a signal between the two moments, and knows at `end` what it has found.
    case sense(from: Instant, until: Instant, end: Instant)
}

/// How far a receiver has come with a frame.
enum ReceptionPhase: Comparable {
    case nothing, preamble, header
}

/// A chip at its border: bytes under chip select and the levels of wires on one side, what it asks
/// of the air on the other.
///
/// The air calls it in the order of time. Its subclasses know their registers and commands; what
/// its radio part does, they say by `ChipAction`.
class Chip {
    final let model: ChipModel
    final let oscillator: Oscillator
    final var dice: Dice

    /// A fault: the 32 MHz do not run, whatever the host does.
    final var oscillatorIsDead = false

    /// What the radio part was set to when it last began to send, hear or sense.
    final var radio: RadioSettings?

    /// Transactions that the chip could not hear, which a driver must not do.
    final var unheard = 0

    /// What a measurement of the signal strength says in dBm: set by the air where `asksForLevel`.
    final var instantRSSI = -117.0

    init(_ model: ChipModel, _ oscillator: Oscillator, seed: UInt64) {
        self.model = model
        self.oscillator = oscillator
        dice = Dice(seed: seed)
    }

    // MARK: Wires

    /// Levels of the interrupt wires; BUSY is not among them.
    var interrupts: WireLevels { [] }

    func isBusy(at now: Instant) -> Bool { false }

    /// When BUSY falls by itself; `distantFuture` while only NSS or NRESET can make it fall.
    var busyUntil: Instant { .start }

    /// NRESET.
    func drive(reset high: Bool, at now: Instant) -> ChipAction? { nil }

    /// NSS falls.
    func select(at now: Instant) -> ChipAction? { nil }

    /// One byte each way.
    func exchange(_ byte: UInt8) -> UInt8 { 0 }

    /// NSS rises: what was asked is carried out.
    func deselect(at now: Instant) -> ChipAction? { nil }

    /// The supply was away for a moment.
    func brownOut(at now: Instant) {}

    /// A fault: gain control may stick from now on, or no longer.
    func makeGainFragile(above level: Double, afterReceptions mean: Int) {}
    func makeGainSound() {}

    /// Whether the next byte's answer depends on `instantRSSI`.
    var asksForLevel: Bool { false }

    // MARK: What the air tells

    /// Whether the receiver is on.
    var isReceiving: Bool { false }

    /// A byte of the frame to send.
    func payload(_ index: Int) -> UInt8 { 0 }

    /// The receiver has come so far with a frame.
    func hears(_ phase: ReceptionPhase) {}

    /// Whether a wire tells when a frame has come so far.
    func announces(_ phase: ReceptionPhase) -> Bool { false }

    /// The frame is over.
    func transmitted(at now: Instant) -> ChipAction? { nil }

    /// A frame has ended that the receiver had locked on; `byte` are those that it made of it.
    func received(_ reception: Reception, at now: Instant, byte: (Int) -> UInt8) {}

    /// Sensing is over.
    func sensed(_ activity: ChannelActivity, at now: Instant) -> ChipAction? { nil }

    /// The deadline of a reception or transmission: `stop` ends it, `nil` lets it go on without one.
    func deadlinePassed(at now: Instant, hearing phase: ReceptionPhase) -> ChipAction? { nil }

    /// What `wait` was for.
    func waited(at now: Instant) -> ChipAction? { nil }

    /// A register, for tests.
    func register(_ address: Int) -> UInt8 { 0 }
}

extension ChipModel {
    func makeChip(_ oscillator: Oscillator, seed: UInt64) -> Chip {
        switch self {
        case .sx1261, .sx1262, .sx1268, .llcc68: SX126xChip(self, oscillator, seed: seed)
        case .sx1276: SX1276Chip(self, oscillator, seed: seed)
        }
    }
}
