import Base
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
    /// `[radio] region`.
    public var region = Region.eu868
    /// `[radio] frequency`, in hertz. 869.525 MHz has ten times the airtime of the other
    /// sub-bands of EU868.
    public var frequency = 869_525_000
    /// `[radio] spreading-factor`.
    public var spreadingFactor = SpreadingFactor.sf9
    /// `[radio] bandwidth`.
    public var bandwidth = Bandwidth.khz125
    /// `[radio] coding-rate`.
    public var codingRate = CodingRate.rate4of5
    /// `[radio] power`, in dBm.
    public var power = 14
    /// `[radio] tcxo`: what DIO3 supplies the oscillator with; `nil` where there is a crystal.
    public var tcxo: TCXO.Voltage?
    /// `[radio] dio2-switch`: whether the chip's DIO2 drives the antenna switch.
    public var dio2Switch = true
    /// `[mesh] beacon`: seconds between beacons while nothing happens.
    public var beacon = 150
    /// `[state] directory`.
    public var directory = "/var/lib/lichen"
    /// `[state] keys`: how many keys the replicated state may have.
    public var keys = 512
    /// `[state] flush`: seconds that others' operations may wait in RAM.
    public var flush = 2
    /// `[control] socket`.
    public var socket = "/run/lichen.sock"

    /// The defaults.
    public init() {}

    /// Where and how this node speaks.
    public var channel: Channel {
        Channel(
            frequency: frequency,
            modulation: Modulation(spreadingFactor, bandwidth, codingRate: codingRate),
            power: power)
    }

    /// The node's part of the settings.
    public func node(name: Name) -> NodeConfiguration {
        var configuration = NodeConfiguration(name: name, modulation: channel.modulation)
        configuration.beaconAtRest = .seconds(beacon)
        configuration.beaconAfterChange = .seconds(min(5, beacon))
        configuration.flushDelay = .seconds(flush)
        configuration.keyCapacity = keys
        return configuration
    }
}
