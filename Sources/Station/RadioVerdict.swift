import Base
import LoRa
import SX126x

/// What a check of a radio comes to.
public enum RadioVerdict: Equatable, Sendable {
    case works
    /// It works, and did not a while ago.
    case worksAfter(ModemFault, ago: Duration)
    case fault(ModemFault)
    /// It has heard others before, and for long nobody any more; starting it anew did not help.
    case silent(Duration)
    /// It fails, and hardly ever as it did before.
    case unreliable
    /// Its oscillator starts with another setting than the one it has: `nil` is a plain crystal.
    case otherOscillator(TCXO.Voltage?)
    /// Its oscillator starts with no setting.
    case noOscillator
    /// BUSY is low while the chip cannot take a command.
    case busyLow
    /// Bytes change on their way: so many readings of the same differ.
    case garbled(readings: Int, wrong: Int)
    /// Some interrupts come, and some do not.
    case interruptsLost(Int, of: Int)

    /// Whether the radio can be used as it is.
    public var isGood: Bool {
        switch self {
        case .works, .worksAfter: true
        case .fault, .silent, .unreliable, .otherOscillator, .noOscillator, .busyLow, .garbled,
            .interruptsLost:
            false
        }
    }

    /// What it is, and what to do about it.
    public var sentence: String {
        switch self {
        case .works: "the radio works"
        case .worksAfter(let fault, let ago):
            "the radio works, and \(ago.wholeMilliseconds / 1_000) s ago it did not: "
                + fault.sentence
        case .fault(let fault): fault.sentence
        case .silent(let duration):
            "the radio has heard nothing for \(duration.wholeMilliseconds / 60_000) min, though it "
                + "was started again meanwhile; check the antenna and its switch, and whether the "
                + "other nodes are on"
        case .unreliable:
            "the radio fails now this way, now that, as it does where bytes change between computer "
                + "and radio; check and shorten the SPI wires, or lower 'spi-speed'"
        case .otherOscillator(let voltage?):
            "the radio's oscillator starts as a TCXO of \(voltage.name) V, not as it is set; set "
                + "'tcxo' to \(voltage.name)"
        case .otherOscillator(nil):
            "the radio's oscillator starts as a plain crystal, not as it is set; set 'tcxo' to none"
        case .noOscillator:
            "the radio's oscillator starts with no 'tcxo' setting; check the supply, and replace the "
                + "module if it stays so"
        case .busyLow:
            "BUSY is low while the radio is busy; check that 'busy-pin' is the line of its BUSY and "
                + "that the wire is whole"
        case .garbled(let readings, let wrong):
            "bytes change between computer and radio (\(wrong) of \(readings) readings were wrong); "
                + "check and shorten the SPI wires, or lower 'spi-speed'"
        case .interruptsLost(let lost, let count):
            "\(lost) of \(count) interrupts did not arrive; check that 'interrupt-pin' is the line of "
                + "its DIO1 (DIO0 on an SX127x) and that its wire is whole"
        }
    }
}

extension TCXO.Voltage {
    /// As it stands in a configuration: volts.
    public var name: StaticString {
        switch self {
        case .volts1_6: "1.6"
        case .volts1_7: "1.7"
        case .volts1_8: "1.8"
        case .volts2_2: "2.2"
        case .volts2_4: "2.4"
        case .volts2_7: "2.7"
        case .volts3_0: "3.0"
        case .volts3_3: "3.3"
        }
    }
}
