import Base
import LoRa

/// The datasheet's chapter 15, "Known Limitations", as a driver that skips a workaround feels them.
/// They are evaluated when the chip begins to send or to hear.
///
/// Semtech names causes and remedies, not decibels: the losses are this emulator's own, large
/// enough that no test passes without the remedy.
extension SX126xChip {
    /// §15.1: how much worse a frame is modulated with bit 2 of 0x0889 wrong.
    static var modulationLoss: Double { 5 }
    /// §15.4: how much worse it sends and hears with bit 2 of 0x0736 wrong.
    static var polarityLoss: Double { 15 }
    /// §6.1.1.1: how much worse a frame of SF5 or SF6 is found with fewer than 12 symbols of preamble.
    static var shortPreambleLoss: Double { 10 }
    /// §15.2: the clamp's level in dBm: 5 to 6 dB below the most that the amplifier can do.
    static var clampedPower: Double { 16 }
    /// §9.6: the power-saving gain hears about 2 dB less than the boosted one, which is what
    /// sensitivities are told for.
    static var powerSavingLoss: Double { 2 }

    /// What the air needs to know, errata included.
    func radioSettings(forTransmission isTransmission: Bool) -> RadioSettings? {
        guard var radio = settings.radio(syncWord: syncWord) else { return nil }
        if isTransmission {
            radio.transmitLoss = transmitLoss(of: radio)
            let isClamped = model != .sx1261 && registers[0x08D8] & 0x1E != 0x1E
            if isClamped { radio.power = min(radio.power, Self.clampedPower) }
        } else {
            radio.receiveLoss = receiveLoss
        }
        return radio
    }

    private func transmitLoss(of radio: RadioSettings) -> Double {
        let modulation = radio.modulation
        let wantsBit = modulation.bandwidth != .khz500
        var loss = 0.0
        if (registers[0x0889] & 0b100 != 0) != wantsBit { loss += Self.modulationLoss }
        if polarityIsWrong { loss += Self.polarityLoss }
        if modulation.spreadingFactor.rawValue <= 6, modulation.preamble < 12 {
            loss += Self.shortPreambleLoss
        }
        return loss
    }

    /// By how many dB it hears worse than a chip that is set right.
    var receiveLoss: Double {
        (registers[0x08AC] == 0x96 ? 0 : Self.powerSavingLoss)
            + (polarityIsWrong ? Self.polarityLoss : 0) + gain.loss
    }

    private var polarityIsWrong: Bool {
        (registers[0x0736] & 0b100 != 0) == settings.invertsIQ
    }

    // MARK: §15.3, "Implicit Header Mode Timeout Behavior"

    /// After RxDone without a header the timer runs on. It ends the next reception or transmission
    /// that has no timeout of its own.
    func leaveTimerRunning(at now: Instant) {
        guard settings.isImplicit, settings.receiveTimeout != 0 else { return }
        timers.stray = timers.reception > now ? timers.reception : .distantFuture
        registers[0x0902] = 0x01
    }

    /// The remedy: stop the timer (0x0902 = 0), then clear what it has raised (0x0944, bit 1).
    func noteTimerRegister(_ address: Int, _ byte: UInt8) {
        guard address == 0x0944, byte & 0x02 != 0, registers[0x0902] == 0 else { return }
        timers.stray = .distantFuture
    }
}

/// Automatic gain control that sticks: nowhere in the datasheet, seen on meshes that hear worse from
/// day to day (meshtastic/firmware#9705, RadioLib#1718). Off unless a test injects it.
///
///     hears a strong frame, or so many       warm sleep      Calibrate 7F     CalibrateImage
///     free ──────────────────────▶ stuck ───────────▶ slept ──────────▶ calibrated ─▶ free
struct GainControl {
    private enum State { case free, stuck, slept, calibrated }

    /// How much less it hears while stuck, in dB.
    static var stuckLoss: Double { 20 }

    private var state = State.free
    private var isFragile = false
    /// A frame above this sticks it, in dBm.
    private var strongest = 0.0
    /// Frames that stick it, on average; 0 for none.
    private var meanReceptions = 0
    private var receptionsLeft = 0

    var loss: Double { state == .free ? 0 : Self.stuckLoss }

    /// Lets it stick from now on.
    mutating func makeFragile(
        above strongest: Double, afterReceptions mean: Int, using dice: inout Dice
    ) {
        isFragile = true
        self.strongest = strongest
        meanReceptions = mean
        receptionsLeft = mean > 0 ? dice.roll(1..<2 * mean + 1) : 0
    }

    /// Lets it stick no more; where it sticks already, the remedy is the same.
    mutating func makeSound() { isFragile = false }

    mutating func heard(_ level: Double, using dice: inout Dice) {
        guard isFragile, state == .free else { return }
        receptionsLeft -= 1
        if level > strongest || meanReceptions > 0 && receptionsLeft <= 0 {
            state = .stuck
            receptionsLeft = meanReceptions > 0 ? dice.roll(1..<2 * meanReceptions + 1) : 0
        }
    }

    mutating func slept() { if state == .stuck { state = .slept } }

    mutating func calibrated(blocks: UInt8) {
        if state == .slept, blocks & 0x7F == 0x7F { state = .calibrated }
    }

    mutating func calibratedImage() { if state == .calibrated { state = .free } }

    mutating func reset() { state = .free }
}
