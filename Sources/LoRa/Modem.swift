import Base

/// How long a modem listens, and how much of that time it sleeps.
public enum Reception: Equatable, Sendable {
    /// Until told otherwise; frame after frame.
    case continuous
    /// One frame, then standby. With a limit, `ModemEvent.silence` where no preamble came in time.
    case once(limit: Duration?)
    /// One frame, the modem waking by itself to listen for a moment and sleeping in between. A
    /// sender's preamble must last longer than the sleep and a few symbols, and with the header not
    /// longer than two listens and a sleep (SX1262 datasheet §13.1.7).
    case sampled(listen: Duration, sleep: Duration)
}

/// How deeply a modem sleeps.
public enum SleepDepth: Equatable, Sendable {
    /// It keeps its configuration: the next call wakes it.
    case warm
    /// It keeps nothing: the next call but `start` starts it anew.
    case cold
}

/// What asking a chip whether all is well has found.
public enum CheckUp: Equatable, Sendable {
    /// It does what it was told.
    case sound
    /// It had something to tell, and its interrupt pin did not say so; `nextEvent` has it now.
    case lostInterrupt
}

/// A LoRa modem on one channel, whatever chip it is.
///
/// It does one thing at a time. After `sent`, `channel`, `silence` and after a reception that is not
/// continuous it is in standby: the caller listens again. No call waits for the air.
public protocol Modem: ~Copyable {
    /// Brings the chip from any state, also an unknown one, to standby on the channel.
    mutating func start(_ channel: Channel) throws(ModemFault)

    /// Receives; each frame raises the interrupt.
    mutating func receive(_ reception: Reception) throws(ModemFault)

    /// Whether a frame is coming in: its header has been heard, its end not yet. Sensing or sending
    /// now would destroy it.
    mutating func isReceivingFrame() throws(ModemFault) -> Bool

    /// Looks for a preamble for a few symbols; the answer comes as `ModemEvent.channel`.
    mutating func senseChannel() throws(ModemFault)

    /// Sends one frame; `ModemEvent.sent` tells when it is over.
    ///
    /// - Precondition: The permit covers the frame's time on air.
    mutating func transmit(
        _ frame: Span<UInt8>, spending permit: consuming AirtimePermit
    ) throws(ModemFault)

    /// As little current as the chip can do with; the next call wakes it.
    mutating func sleep(_ depth: SleepDepth) throws(ModemFault)

    /// After an interrupt, or when one may have been lost: what happened, oldest first; `nil` when
    /// there is nothing more. A received frame's bytes are appended to `frame`.
    mutating func nextEvent(
        into frame: inout OutputSpan<UInt8>
    ) throws(ModemFault) -> ModemEvent?

    // MARK: Health

    /// Asks the chip whether it still does what it was told: every few seconds while it listens, and
    /// when what it does should be over.
    ///
    /// - Throws: `restarted`, `missedCommand` or `deaf` where it does not.
    mutating func checkUp() throws(ModemFault) -> CheckUp

    /// Sets the receiver's gain and calibration up again, in a few milliseconds, and goes on as
    /// before: some chips lose their hearing by and by.
    mutating func recalibrate() throws(ModemFault)

    /// Who the chip is and how it does.
    mutating func report() throws(ModemFault) -> ChipReport

    // MARK: Measurements

    /// What the receiver hears at this moment, frames and noise together, in dBm.
    ///
    /// - Precondition: The modem receives, and has done so for a millisecond.
    mutating func levelDBm() throws(ModemFault) -> Int

    /// Moves the receiver to another frequency, for measurements; the modem is in standby afterwards.
    /// Nothing else of the channel changes. `start` undoes it.
    ///
    /// - Throws: `unsupported` where the chip cannot do it; then nothing has changed.
    mutating func tune(to hertz: Int) throws(ModemFault)

    /// By how many hertz the sender of the last frame was above this modem's frequency.
    mutating func frequencyError() throws(ModemFault) -> Int

    /// 32 bits of the receiver's noise: for dice, not for keys. The modem is in standby afterwards.
    mutating func randomNumber() throws(ModemFault) -> UInt32
}

extension Modem where Self: ~Copyable {
    /// Receives until told otherwise.
    public mutating func listen() throws(ModemFault) { try receive(.continuous) }

    /// Sleeps, and keeps the configuration.
    public mutating func sleep() throws(ModemFault) { try sleep(.warm) }
}
