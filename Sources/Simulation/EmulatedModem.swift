import Base
import Emulation
import SX126x
import SX127x
import Station

extension ChipModem<EmulatedBoard> {
    /// The driver for an emulated chip.
    public init(_ air: Air, _ node: AirNode) {
        let board = EmulatedBoard(air, node)
        switch air.model(of: node) {
        case .sx1261: self.init(SX126x(board: board, options: SX126xOptions(variant: .sx1261)))
        case .sx1262: self.init(SX126x(board: board))
        case .sx1268: self.init(SX126x(board: board, options: SX126xOptions(variant: .sx1268)))
        case .llcc68: self.init(SX126x(board: board, options: SX126xOptions(variant: .llcc68)))
        case .sx1276: self.init(SX127x(board: board))
        }
    }

    /// How late it is on the board.
    public func setClock(_ now: Instant) {
        switch self {
        case .sx126x(let driver): driver.chip.board.now = now
        case .sx127x(let driver): driver.chip.board.now = now
        }
    }

    /// Lets time pass on an air that nobody else moves, as far as this modem's board has come and
    /// `duration` more.
    public func wait(_ duration: Duration, on air: Air) {
        let clock =
            switch self {
            case .sx126x(let driver): driver.chip.board.now
            case .sx127x(let driver): driver.chip.board.now
            }
        let end = max(clock, air.now) + duration
        while let event = air.nextEvent, event <= end { air.advance(to: event) }
        air.advance(to: end)
        setClock(end)
    }
}
