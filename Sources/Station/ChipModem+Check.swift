import HAL
import LoRa
import SX126x
import SX127x

/// What a check of a radio asks of a driver, beside what all modems can do.
extension ChipModem where Board: ~Copyable {
    /// What feeds the chip's oscillator; `nil` is a crystal. A change counts from the next `start`
    /// on. An SX127x knows only whether there is a TCXO, which has a supply of its own.
    public var oscillator: TCXO.Voltage? {
        get {
            switch self {
            case .sx126x(let driver): driver.chip.options.tcxo?.voltage
            case .sx127x(let driver): driver.chip.options.hasTCXO ? .volts1_8 : nil
            }
        }
        nonmutating set {
            switch self {
            case .sx126x(let driver): driver.chip.options.tcxo = newValue.map { TCXO($0) }
            case .sx127x(let driver): driver.chip.options.hasTCXO = newValue != nil
            }
        }
    }

    /// All settings to try, those of most boards first, then by rising voltage: no oscillator gets
    /// more than it needs to start.
    var oscillators: [TCXO.Voltage?] {
        switch self {
        case .sx126x:
            [
                nil, .volts1_8, .volts1_6, .volts1_7, .volts2_2, .volts2_4, .volts2_7, .volts3_0,
                .volts3_3,
            ]
        case .sx127x: [nil, .volts1_8]
        }
    }

    /// Whether BUSY is high while the chip is busy; `nil` where that cannot be said, or the chip has
    /// no such wire. The chip is to be started afterwards.
    func busyRises() throws(ModemFault) -> Bool? {
        switch self {
        case .sx126x(let driver): try driver.chip.busyRises()
        case .sx127x: nil
        }
    }

    func interruptIsHigh() throws(ModemFault) -> Bool {
        do throws(BoardError) {
            switch self {
            case .sx126x(let driver): return try driver.chip.board.isHigh(.interrupt)
            case .sx127x(let driver): return try driver.chip.board.isHigh(.interrupt)
            }
        } catch {
            throw .board(error)
        }
    }
}
