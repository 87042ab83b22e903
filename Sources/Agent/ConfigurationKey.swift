/// The keys of the configuration file.
enum ConfigurationKey: CaseIterable {
    case name
    case device, chip, spiSpeed, gpioChip, busyPin, interruptPin, resetPin, chipSelectPin
    case transmitEnablePin, receiveEnablePin, enablePins
    case region, frequency, spreadingFactor, bandwidth, codingRate, power, antennaGain, cableLoss
    case tcxo, dio2Switch
    case beacon, leaveOutAfter
    case directory, keys, flush, slowFlush, flashBudget
    case socket

    /// The section that the key stands in.
    var section: StaticString {
        switch self {
        case .name: "node"
        case .device, .chip, .spiSpeed, .gpioChip, .busyPin, .interruptPin, .resetPin,
            .chipSelectPin, .transmitEnablePin, .receiveEnablePin, .enablePins, .region,
            .frequency, .spreadingFactor, .bandwidth, .codingRate, .power,
            .antennaGain, .cableLoss, .tcxo, .dio2Switch:
            "radio"
        case .beacon, .leaveOutAfter: "mesh"
        case .directory, .keys, .flush, .slowFlush, .flashBudget: "state"
        case .socket: "control"
        }
    }

    /// As it is written.
    var spelling: StaticString {
        switch self {
        case .name: "name"
        case .device: "device"
        case .chip: "chip"
        case .spiSpeed: "spi-speed"
        case .gpioChip: "gpio-chip"
        case .busyPin: "busy-pin"
        case .interruptPin: "interrupt-pin"
        case .resetPin: "reset-pin"
        case .chipSelectPin: "chip-select-pin"
        case .transmitEnablePin: "transmit-enable-pin"
        case .receiveEnablePin: "receive-enable-pin"
        case .enablePins: "enable-pins"
        case .region: "region"
        case .frequency: "frequency"
        case .spreadingFactor: "spreading-factor"
        case .bandwidth: "bandwidth"
        case .codingRate: "coding-rate"
        case .power: "power"
        case .antennaGain: "antenna-gain"
        case .cableLoss: "cable-loss"
        case .tcxo: "tcxo"
        case .dio2Switch: "dio2-switch"
        case .beacon: "beacon"
        case .leaveOutAfter: "leave-out-after"
        case .directory: "directory"
        case .keys: "keys"
        case .flush: "flush"
        case .slowFlush: "slow-flush"
        case .flashBudget: "flash-budget"
        case .socket: "socket"
        }
    }

    /// What may stand behind it, for people.
    var expects: StaticString {
        switch self {
        case .name: "1 to 16 bytes"
        case .device:
            """
            'spidev:' and the path of an SPI device, or 'emulator:' and the path of a socket of \
            'lichen-sim air'
            """
        case .chip: "sx1261, sx1262, sx1268, llcc68, sx1276, sx1278 or rfm95"
        case .spiSpeed: "hertz, 100000 to 16000000"
        case .gpioChip: "a GPIO chip's label, name or path, as 'gpiodetect' lists them"
        case .busyPin, .interruptPin, .resetPin, .chipSelectPin, .transmitEnablePin,
            .receiveEnablePin:
            "a GPIO line's number or name, behind another chip's name and a colon where needed"
        case .enablePins: "GPIO lines with commas between them, at most 4"
        case .region:
            """
            EU868, EU433, US915, AU915, AS923-1, AS923-2, AS923-3, AS923-4, AS923-JP, IN865, KR920, \
            RU864, or the path of a plan
            """
        case .frequency: "hertz, 137000000 to 1020000000"
        case .spreadingFactor: "5 to 12"
        case .bandwidth: "kHz: 62.5, 125, 250 or 500"
        case .codingRate: "4/5, 4/6, 4/7 or 4/8"
        case .power: "dBm, -9 to 22"
        case .antennaGain: "dBi, -20 to 30"
        case .cableLoss: "dB, 0 to 30"
        case .tcxo: "volts: 1.6, 1.7, 1.8, 2.2, 2.4, 2.7, 3.0 or 3.3, or none"
        case .dio2Switch: "yes or no"
        case .beacon: "seconds, 2 to 3600"
        case .leaveOutAfter: "days, 1 to 3650"
        case .directory, .socket: "a path of at most 100 bytes, from / on"
        case .keys: "16 to 20000"
        case .flush: "seconds, 0 to 600"
        case .slowFlush: "seconds, 1 to 3600"
        case .flashBudget: "MB a day, 1 to 10000"
        }
    }
}
