import CLinux

/// The open devices and lines of a board; given back with the object.
final class SpidevWires {
    let spi: FileDescriptor
    let busy: GPIOLine?
    let interrupt: GPIOLine
    let reset: GPIOLine
    let chipSelect: GPIOLine?
    let transmitEnable: GPIOLine?
    let receiveEnable: GPIOLine?
    private let enable: [GPIOLine]

    init(_ wiring: SpidevWiring) throws(DeviceError) {
        spi = try Self.open(wiring)
        func line(
            _ pin: RadioPin, _ name: String?, _ use: GPIOLine.Use
        ) throws(DeviceError) -> GPIOLine? {
            guard let name else { return nil }
            return try GPIOLine(pin, name, on: wiring.chip, for: use)
        }
        var enable: [GPIOLine] = []
        for name in wiring.enable {
            enable.append(
                try GPIOLine(.enable, name, on: wiring.chip, for: .output(high: true)))
        }
        self.enable = enable
        chipSelect = try line(.chipSelect, wiring.chipSelect, .output(high: true))
        transmitEnable = try line(.transmitEnable, wiring.transmitEnable, .output(high: false))
        receiveEnable = try line(.receiveEnable, wiring.receiveEnable, .output(high: false))
        reset = try GPIOLine(.reset, wiring.reset, on: wiring.chip, for: .output(high: true))
        busy = try line(.busy, wiring.busy, .input)
        interrupt = try GPIOLine(
            .interrupt, wiring.interrupt, on: wiring.chip, for: .risingEdges)
    }

    private static func open(_ wiring: SpidevWiring) throws(DeviceError) -> FileDescriptor {
        let path = wiring.device
        let raw = unsafe path.withCString { unsafe lichen_spi_open($0) }
        guard raw >= 0 else { throw .opening(path, .spi) }
        let spi = FileDescriptor(owning: raw)
        guard lichen_lock(raw) == 0 else { throw .inUse(path: path) }
        let hertz = UInt32(wiring.hertz)
        // Some drivers cannot keep their own chip select still: then it moves beside the line.
        let isSetUp =
            (wiring.chipSelect != nil && lichen_spi_set_up(raw, hertz, 1) == 0)
            || lichen_spi_set_up(raw, hertz, 0) == 0
        guard isSetUp else {
            throw lichen_errno() == EINVAL
                ? .setting(path: path, .spi) : .opening(path, .spi)
        }
        return spi
    }
}
