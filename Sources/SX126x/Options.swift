/// What a board's maker has put around the chip, from the board's file.
public struct SX126xOptions: Sendable {
    /// Which member of the family it is.
    public var variant: SX126xVariant
    /// A temperature-compensated oscillator fed by DIO3; `nil` where there is a plain crystal.
    public var tcxo: TCXO?
    /// Who moves the antenna switch.
    public var antennaSwitch: AntennaSwitch
    /// Where the chip's core takes its current from.
    public var regulator: Regulator
    /// Hear about 2 dB more for about 0.7 mA (datasheet §9.6).
    public var boostsReceiver: Bool
    /// Set the bit in register 0x08B5 by which Semtech's own software improves reception.
    public var patchesReceiver: Bool

    /// The most common board: an SX1262 on a crystal, DIO2 at the antenna switch, DC-DC.
    public init(
        variant: SX126xVariant = .sx1262, tcxo: TCXO? = nil, antennaSwitch: AntennaSwitch = .dio2,
        regulator: Regulator = .dcdc, boostsReceiver: Bool = true, patchesReceiver: Bool = true
    ) {
        self.variant = variant
        self.tcxo = tcxo
        self.antennaSwitch = antennaSwitch
        self.regulator = regulator
        self.boostsReceiver = boostsReceiver
        self.patchesReceiver = patchesReceiver
    }
}

/// An oscillator that DIO3 supplies (datasheet §13.3.6).
public struct TCXO: Equatable, Sendable {
    /// What DIO3 gives it.
    public enum Voltage: UInt8, Sendable {
        case volts1_6 = 0, volts1_7, volts1_8, volts2_2, volts2_4, volts2_7, volts3_0, volts3_3
    }

    /// What it wants.
    public var voltage: Voltage
    /// How long it takes until its frequency is right; every start from standby lasts as long.
    public var startUp: Duration

    /// An oscillator; 5 ms to start up unless said, as most modules' makers recommend.
    public init(_ voltage: Voltage, startUp: Duration = .milliseconds(5)) {
        self.voltage = voltage
        self.startUp = startUp
    }
}

/// The wires that turn the antenna from receiver to transmitter; boards have any mixture.
public struct AntennaSwitch: OptionSet, Sendable {
    /// The wires as bits.
    public let rawValue: Int

    /// A set of wires.
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The chip's own DIO2, high while it transmits (datasheet §13.3.5).
    public static var dio2: AntennaSwitch { AntennaSwitch(rawValue: 1) }
    /// The board's TXEN, moved by this driver.
    public static var transmitEnable: AntennaSwitch { AntennaSwitch(rawValue: 2) }
    /// The board's RXEN, moved by this driver.
    public static var receiveEnable: AntennaSwitch { AntennaSwitch(rawValue: 4) }
}

/// The chip's supply (datasheet §13.1.11).
public enum Regulator: UInt8, Sendable {
    /// Needs no coil.
    case ldo = 0
    /// Half the current; needs the coil that nearly every module has.
    case dcdc = 1
}
