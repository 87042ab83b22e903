import Base

/// What can be wrong with a chip or the wires to it.
///
/// Injected by `Air.inject(_:into:)`. What chance decides, the air's seed decides.
public enum ChipFault: Equatable, Sendable {
    /// BUSY stays high.
    case busyStuck
    /// BUSY reads low for so long after NSS has risen, whatever it is (up to 600 ns on every chip:
    /// SX1262 datasheet §8.3.1; longer is a fault).
    case busyStale(Duration)
    /// The next rises of the interrupt never show: the wire stays low until the chip's flags are
    /// cleared.
    case risesLost(Int)
    /// The next rises of the interrupt are not announced by `nextInterrupt`; the wire is high.
    case risesUnannounced(Int)
    /// In each byte, either way, a bit flips with that probability.
    case bitsFlip(probability: Double)
    /// No chip on the bus: all bytes read as 0x00, or 0xFF where `high`, and none is heard.
    case busDead(high: Bool)
    /// The supply broke down, once: the chip is as after a reset and the host is not told.
    case brownOut
    /// The 32 MHz do not run: an SX126x tells a device error, an SX1276 stays in standby.
    case oscillatorDead
    /// The receiver hears nothing; RSSI is that of the noise, or stays at a value in dBm.
    case deaf(rssi: Double?)
    /// Frames go out and the chip never notices: neither TxDone nor a timeout.
    case transmitEndless
    /// An SX126x's gain control sticks after a frame above that level in dBm, or after so many
    /// frames on average (0 for never): 20 dB less until a warm sleep, Calibrate 7F and
    /// CalibrateImage, in that order (meshtastic/firmware#9705).
    case gainSticks(above: Double, afterReceptions: Int)
}

/// The faults that one chip has.
struct FaultState {
    var busyIsStuck = false
    var busyStaleness = Duration.zero
    var risesToLose = 0
    var risesToHush = 0
    var flipProbability = 0.0
    var deadBus: UInt8?
    var isDeaf = false
    var frozenRSSI: Double?
    var transmitsForEver = false

    /// Whether the interrupt was high when the air last looked.
    var wasHigh = false
    /// This rise does not show.
    var isHidden = false
    /// This rise is not announced.
    var isHushed = false
    var deselectedAt: Instant?
}
