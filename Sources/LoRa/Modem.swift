import Base
import HAL

/// How strongly a frame was heard.
public struct Signal: Equatable, Sendable {
    /// Received signal strength in dBm.
    public var rssiDBm: Int
    /// Signal-to-noise ratio in quarters of a dB.
    public var snrQuarterDB: Int

    /// A signal.
    public init(rssiDBm: Int, snrQuarterDB: Int) {
        self.rssiDBm = rssiDBm
        self.snrQuarterDB = snrQuarterDB
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
    /// The frame is on the air and over; the modem is in standby.
    case sent
    /// Sensing ended; the modem is in standby.
    case channel(ChannelActivity)
}

/// Why a modem does not do what it should.
public enum ModemFault: Error, Equatable {
    /// The board's bus or a pin failed.
    case board(BoardError)
    /// BUSY stayed high for longer than any command may take.
    case busyStuck
    /// Nothing answers on the bus: all bytes read 0x00 or 0xFF.
    case noChip
    /// The chip answered that it cannot do what it was told: its status byte.
    case refused(status: UInt8)
    /// The chip's own list of device errors (SX1262 datasheet §13.3.6), the named bits set.
    case deviceErrors(UInt16)
    /// A frame was not over when it should have been.
    case transmitTimeout
    /// Channel and chip do not fit: a frequency, power or modulation it does not have.
    case unsupported

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .board(let error): error.sentence
        case .busyStuck:
            "the radio stays busy; check the BUSY and RESET pins, and its supply"
        case .noChip:
            "no radio answers; check the SPI device, the chip select and the supply"
        case .refused(let status):
            "the radio refused a command (status 0x\(hex(status))); "
                + "check its model and its TCXO setting"
        case .deviceErrors(let bits):
            "the radio reports errors 0x\(hex(UInt8(bits >> 8)))\(hex(UInt8(bits & 0xFF))); "
                + "bit 5 means that its oscillator did not start: check the TCXO voltage"
        case .transmitTimeout:
            "a transmission did not end; check the antenna, the supply and the DIO1 pin"
        case .unsupported:
            "the radio cannot do this frequency, power or modulation; choose another channel"
        }
    }

    private func hex(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

/// A LoRa modem on one channel, whatever chip it is.
///
/// It does one thing at a time. After `sent` and `channel` it is in standby: the caller listens
/// again. No call waits for the air.
public protocol Modem: ~Copyable {
    /// Brings the chip from any state, also an unknown one, to standby on the channel.
    mutating func start(_ channel: Channel) throws(ModemFault)

    /// Receives until told otherwise; each frame raises the interrupt.
    mutating func listen() throws(ModemFault)

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
    mutating func sleep() throws(ModemFault)

    /// After an interrupt, or when one may have been lost: what happened, oldest first; `nil` when
    /// there is nothing more. A received frame's bytes are appended to `frame`.
    mutating func nextEvent(
        into frame: inout OutputSpan<UInt8>
    ) throws(ModemFault) -> ModemEvent?
}
