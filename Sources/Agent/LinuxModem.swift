import Base
import HAL
import LinuxHAL
import LoRa
import SX126x
import SX127x

/// The modems that an agent may have: one type, so that there is one station.
public enum LinuxModem {
    case sx126x(Driver<SX126x<LinuxBoard>>)
    case sx127x(Driver<SX127x<LinuxBoard>>)

    /// A driver in a place of its own: an enum cannot change what it holds in place.
    public final class Driver<Chip: Modem & ~Copyable> {
        fileprivate var chip: Chip

        fileprivate init(_ chip: consuming Chip) { self.chip = chip }
    }

    /// The modem behind a board's wires.
    init(_ board: consuming LinuxBoard, _ settings: Settings) {
        switch settings.chip.variant {
        case .sx126x(let variant):
            self = .sx126x(Driver(SX126x(board: board, options: settings.options(variant))))
        case .sx127x(let variant):
            self = .sx127x(Driver(SX127x(board: board, options: settings.options(variant))))
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

/// Each call goes to the driver.
extension LinuxModem: Modem {
    public func start(_ channel: Channel) throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.start(channel)
        case .sx127x(let driver): try driver.chip.start(channel)
        }
    }

    public func receive(_ reception: Reception) throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.receive(reception)
        case .sx127x(let driver): try driver.chip.receive(reception)
        }
    }

    public func isReceivingFrame() throws(ModemFault) -> Bool {
        switch self {
        case .sx126x(let driver): try driver.chip.isReceivingFrame()
        case .sx127x(let driver): try driver.chip.isReceivingFrame()
        }
    }

    public func senseChannel() throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.senseChannel()
        case .sx127x(let driver): try driver.chip.senseChannel()
        }
    }

    public func sleep(_ depth: SleepDepth) throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.sleep(depth)
        case .sx127x(let driver): try driver.chip.sleep(depth)
        }
    }

    public func checkUp() throws(ModemFault) -> CheckUp {
        switch self {
        case .sx126x(let driver): try driver.chip.checkUp()
        case .sx127x(let driver): try driver.chip.checkUp()
        }
    }

    public func recalibrate() throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.recalibrate()
        case .sx127x(let driver): try driver.chip.recalibrate()
        }
    }

    public func report() throws(ModemFault) -> ChipReport {
        switch self {
        case .sx126x(let driver): try driver.chip.report()
        case .sx127x(let driver): try driver.chip.report()
        }
    }

    public func levelDBm() throws(ModemFault) -> Int {
        switch self {
        case .sx126x(let driver): try driver.chip.levelDBm()
        case .sx127x(let driver): try driver.chip.levelDBm()
        }
    }

    public func frequencyError() throws(ModemFault) -> Int {
        switch self {
        case .sx126x(let driver): try driver.chip.frequencyError()
        case .sx127x(let driver): try driver.chip.frequencyError()
        }
    }

    public func randomNumber() throws(ModemFault) -> UInt32 {
        switch self {
        case .sx126x(let driver): try driver.chip.randomNumber()
        case .sx127x(let driver): try driver.chip.randomNumber()
        }
    }

    public func transmit(
        _ frame: Span<UInt8>, spending permit: consuming AirtimePermit
    ) throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.transmit(frame, spending: permit)
        case .sx127x(let driver): try driver.chip.transmit(frame, spending: permit)
        }
    }

    public func nextEvent(
        into frame: inout OutputSpan<UInt8>
    ) throws(ModemFault) -> ModemEvent? {
        switch self {
        case .sx126x(let driver): try driver.chip.nextEvent(into: &frame)
        case .sx127x(let driver): try driver.chip.nextEvent(into: &frame)
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
