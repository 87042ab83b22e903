import Base
import LinuxHAL
import LoRa
import Mesh
import Node
import SX126x

/// What a configuration file says: one node's settings, each with its default.
///
/// The file is `/etc/lichen.conf` unless said; every key is listed in `ConfigurationKey`.
public struct Settings: Sendable {
    /// `[node] name`; the machine's host name unless said.
    public var name: Name?
    /// `[radio] device`: where the radio is.
    public var device: String?
    /// `[radio] chip`: which chip it is.
    public var chip = RadioChip.sx1262
    /// `[radio] spi-speed`, in hertz.
    public var spiSpeed = 2_000_000
    /// `[radio] gpio-chip`: which GPIO chip has the pins that name none.
    public var gpioChip: String?
    /// `[radio] busy-pin`, `interrupt-pin`, `reset-pin`: the wires that the radio cannot do without.
    public var busyPin: String?, interruptPin: String?, resetPin: String?
    /// `[radio] chip-select-pin`: where the SPI driver does not move it.
    public var chipSelectPin: String?
    /// `[radio] transmit-enable-pin`, `receive-enable-pin`: wires of the antenna switch.
    public var transmitEnablePin: String?, receiveEnablePin: String?
    /// `[radio] enable-pins`: lines that are high while the agent runs.
    public var enablePins: [String] = []
    /// `[radio] region`.
    public var region = Region.eu868
    /// `[radio] frequency`, in hertz; the region's kindest unless said.
    public var frequency: Int {
        get { givenFrequency ?? region.defaultFrequency }
        set { givenFrequency = newValue }
    }
    private var givenFrequency: Int?
    /// `[radio] spreading-factor`.
    public var spreadingFactor = SpreadingFactor.sf9
    /// `[radio] bandwidth`; the narrowest from 125 kHz on that the region allows unless said.
    public var bandwidth: Bandwidth {
        get { givenBandwidth ?? region.defaultBandwidth }
        set { givenBandwidth = newValue }
    }
    private var givenBandwidth: Bandwidth?
    /// `[radio] coding-rate`.
    public var codingRate = CodingRate.rate4of5
    /// `[radio] power`, in dBm.
    public var power = 14
    /// `[radio] antenna-gain`, `cable-loss`, in tenths of a dB: what the region's limit counts too.
    public var antenna = Antenna()
    /// `[radio] tcxo`: what DIO3 supplies the oscillator with; `nil` where there is a crystal.
    public var tcxo: TCXO.Voltage?
    /// `[radio] dio2-switch`: whether the chip's DIO2 drives the antenna switch.
    public var dio2Switch = true
    /// `[mesh] beacon`: seconds between beacons while nothing happens.
    public var beacon = 150
    /// `[mesh] leave-out-after`: days that the founder waits for a silent member.
    public var leaveOutAfter = 30
    /// `[state] directory`.
    public var directory = "/var/lib/lichen"
    /// `[state] keys`: how many keys the replicated state may have.
    public var keys = 512
    /// `[state] flush`: seconds that others' operations may wait in RAM.
    public var flush = 2
    /// `[state] slow-flush`: seconds that writes may wait whose urgency is minutes.
    public var slowFlush = 300
    /// `[state] flash-budget`: megabytes a day that the card may take, to be compared with.
    public var flashBudget = 12
    /// `[control] socket`.
    public var socket = "/run/lichen.sock"

    /// The defaults.
    public init() {}

    /// Where the radio is wired to; `nil` where it is no SPI device of the kernel.
    public var wiring: SpidevWiring? {
        guard let device, let path = suffix(of: device, behind: "spidev:"), let gpioChip,
            let interruptPin, let resetPin
        else { return nil }
        var wiring = SpidevWiring(
            device: path, chip: gpioChip, interrupt: interruptPin, reset: resetPin)
        wiring.hertz = spiSpeed
        wiring.busy = busyPin
        wiring.chipSelect = chipSelectPin
        wiring.transmitEnable = transmitEnablePin
        wiring.receiveEnable = receiveEnablePin
        wiring.enable = enablePins
        return wiring
    }

    /// Where and how this node speaks.
    public var channel: Channel {
        Channel(
            frequency: frequency,
            modulation: Modulation(spreadingFactor, bandwidth, codingRate: codingRate),
            power: power)
    }

    /// The region's rule for that.
    ///
    /// - Throws: Where the region forbids it, or it is too slow to admit anybody.
    public func subBand() throws(RegionError) -> SubBand {
        try region.subBand(for: channel, antenna: antenna, least: Membership.longestFrame)
    }

    /// The node's part of the settings.
    public func node(name: Name) -> NodeConfiguration {
        var configuration = NodeConfiguration(name: name, modulation: channel.modulation)
        configuration.beaconAtRest = .seconds(beacon)
        configuration.beaconAfterChange = .seconds(min(5, beacon))
        configuration.flushDelay = .seconds(flush)
        configuration.slowFlushDelay = .seconds(slowFlush)
        configuration.leaveOutAfter = .seconds(leaveOutAfter * 86_400)
        configuration.keyCapacity = keys
        return configuration
    }
}

/// What stands behind a prefix; `nil` where `text` does not begin with it. Compares bytes: string
/// comparison would need Unicode's tables.
func suffix(of text: String, behind prefix: String) -> String? {
    guard text.utf8.starts(with: prefix.utf8) else { return nil }
    return String(decoding: text.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
}
