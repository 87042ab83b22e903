/// Where a radio is wired to: an SPI device, and lines of a GPIO chip.
///
/// A line is a number or a name ("25", "GPIO25"), and stands on `chip` unless it says another:
/// "gpiochip1:25".
public struct SpidevWiring: Equatable, Sendable {
    /// The SPI device, such as `/dev/spidev0.0`.
    public var device: String
    /// Its clock in hertz. Long wires want less; an SX126x takes up to 16 MHz, an SX127x up to 10.
    public var hertz = 2_000_000
    /// The GPIO chip: its path, its name ("gpiochip0") or its label ("pinctrl-bcm2711").
    public var chip: String
    /// BUSY; `nil` on chips without, which are ready at once.
    public var busy: String?
    /// DIO1 of an SX126x, DIO0 of an SX127x.
    public var interrupt: String
    /// NRESET.
    public var reset: String
    /// Chip select, where the SPI driver does not move it.
    public var chipSelect: String?
    /// Wires of the antenna switch.
    public var transmitEnable: String?, receiveEnable: String?
    /// Lines that are high as long as the radio is used: supplies, amplifiers.
    public var enable: [String] = []

    /// A radio with the wires that all have.
    public init(device: String, chip: String, interrupt: String, reset: String) {
        self.device = device
        self.chip = chip
        self.interrupt = interrupt
        self.reset = reset
    }
}
