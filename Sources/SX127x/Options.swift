/// What a board's maker has put around the chip, from the board's file.
public struct SX127xOptions: Sendable {
    /// Which member of the family it is.
    public var variant: SX127xVariant
    /// Whether the module has a TCXO, with a supply of its own, instead of a crystal.
    public var hasTCXO: Bool
    /// Which of the chip's transmitter outputs leads to the antenna.
    public var output: Output
    /// Whether the board has TXEN and RXEN, which this driver moves then.
    public var movesAntennaSwitch: Bool

    /// A chip's two outputs (datasheet §5.4.2).
    public enum Output: Sendable {
        /// 2 to 20 dBm; that of nearly all modules.
        case boost
        /// −4 to 14 dBm.
        case direct
    }

    /// The most common board: an RFM95 or another SX1276 on a crystal, its antenna at PA_BOOST.
    public init(
        variant: SX127xVariant = .sx1276, hasTCXO: Bool = false, output: Output = .boost,
        movesAntennaSwitch: Bool = false
    ) {
        self.variant = variant
        self.hasTCXO = hasTCXO
        self.output = output
        self.movesAntennaSwitch = movesAntennaSwitch
    }
}
