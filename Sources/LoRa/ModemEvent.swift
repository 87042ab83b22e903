/// How strongly a frame was heard.
public struct Signal: Equatable, Sendable {
    /// Received signal strength, noise included, in dBm.
    public var rssiDBm: Int
    /// Signal-to-noise ratio in quarters of a dB.
    public var snrQuarterDB: Int
    /// The signal alone, after despreading, in dBm: below the noise it is lower than `rssiDBm`.
    public var signalDBm: Int

    /// A signal; alone as strong as with the noise unless said.
    public init(rssiDBm: Int, snrQuarterDB: Int, signalDBm: Int? = nil) {
        self.rssiDBm = rssiDBm
        self.snrQuarterDB = snrQuarterDB
        self.signalDBm = signalDBm ?? rssiDBm
    }
}

/// What channel activity detection found.
public enum ChannelActivity: Equatable, Sendable { case clear, busy }

/// What a modem has to tell after its interrupt.
public enum ModemEvent: Equatable, Sendable {
    /// A frame whose checksum is right; its bytes are in the caller's buffer.
    case received(Signal)
    /// Energy that nobody could decode: a header or checksum error.
    case damaged
    /// Nothing came within the limit of `Reception.once`.
    case silence
    /// The frame is on the air and over; the modem is in standby.
    case sent
    /// Sensing ended; the modem is in standby.
    case channel(ChannelActivity)
}
