import Base
import HAL
import LoRa
import SX126x
import SX127x

/// The modems that a station may have, chosen at run time: one type, so that there is one station.
public enum ChipModem<Board: RadioBoard & ~Copyable> {
    case sx126x(Driver<SX126x<Board>>)
    case sx127x(Driver<SX127x<Board>>)

    /// A driver in a place of its own: an enum cannot change what it holds in place.
    public final class Driver<Chip: Modem & ~Copyable> {
        /// The driver.
        public var chip: Chip

        init(_ chip: consuming Chip) { self.chip = chip }
    }

    /// A modem of the newer family.
    public init(_ driver: consuming SX126x<Board>) { self = .sx126x(Driver(driver)) }

    /// A modem of the older family.
    public init(_ driver: consuming SX127x<Board>) { self = .sx127x(Driver(driver)) }

    /// How many SPI transactions there have been.
    public var transactions: Int {
        switch self {
        case .sx126x(let driver): driver.chip.transactions
        case .sx127x(let driver): driver.chip.transactions
        }
    }
}

/// Each call goes to the driver.
extension ChipModem: Modem where Board: ~Copyable {
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

    public func tune(to hertz: Int) throws(ModemFault) {
        switch self {
        case .sx126x(let driver): try driver.chip.tune(to: hertz)
        case .sx127x(let driver): try driver.chip.tune(to: hertz)
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
