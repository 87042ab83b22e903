import LinuxHAL
import SX126x
import SX127x
import Station

/// The modem of an agent.
typealias LinuxModem = ChipModem<LinuxBoard>

extension ChipModem<LinuxBoard> {
    /// The modem behind a board's wires.
    init(_ board: consuming LinuxBoard, _ settings: Settings) {
        switch settings.chip.variant {
        case .sx126x(let variant):
            self.init(SX126x(board: board, options: settings.options(variant)))
        case .sx127x(let variant):
            self.init(SX127x(board: board, options: settings.options(variant)))
        }
    }

    /// For `Epoll`: readable when the radio may have something to tell.
    var raw: Int32 {
        switch self {
        case .sx126x(let driver): driver.chip.board.raw
        case .sx127x(let driver): driver.chip.board.raw
        }
    }
}

extension Settings {
    /// What the file says of the board around an SX126x.
    func options(_ variant: SX126xVariant) -> SX126xOptions {
        var antennaSwitch: AntennaSwitch = dio2Switch ? .dio2 : []
        if wiring?.transmitEnable != nil { antennaSwitch.insert(.transmitEnable) }
        if wiring?.receiveEnable != nil { antennaSwitch.insert(.receiveEnable) }
        return SX126xOptions(
            variant: variant, tcxo: tcxo.map { TCXO($0) }, antennaSwitch: antennaSwitch)
    }

    /// What the file says of the board around an SX127x.
    func options(_ variant: SX127xVariant) -> SX127xOptions {
        SX127xOptions(
            variant: variant, hasTCXO: tcxo != nil,
            movesAntennaSwitch: wiring?.transmitEnable != nil || wiring?.receiveEnable != nil)
    }
}
