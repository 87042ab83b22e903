/// The pins of a radio, by their keys in the configuration.
public enum RadioPin: String, Sendable {
    case busy = "busy-pin"
    case interrupt = "interrupt-pin"
    case reset = "reset-pin"
    case chipSelect = "chip-select-pin"
    case transmitEnable = "transmit-enable-pin"
    case receiveEnable = "receive-enable-pin"
    case enable = "enable-pins"
}
