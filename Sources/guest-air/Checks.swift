import Base
import CCuse
import HAL
import LinuxHAL

/// `LinuxHAL` on the kernel's own interfaces, one check a line. Names of chips and lines are those
/// that the guest's `init` makes.
enum Checks {
    /// Runs one group of checks.
    /// - Returns: Whether all held.
    static func run(_ group: String) -> Bool {
        switch group.utf8.first {
        case UInt8(ascii: "i"): i2c()
        case UInt8(ascii: "g"): gpio()
        case UInt8(ascii: "s"): spi()
        case UInt8(ascii: "u"): user()
        case UInt8(ascii: "t"): tty()
        default: fail("check i2c, gpio, spi, tty or user")
        }
    }

    // MARK: I2C

    private static func i2c() -> Bool {
        do throws(DeviceError) {
            var bus = try LinuxI2CBus("/dev/i2c-1")
            return i2c(&bus)
        } catch {
            fail(error.sentence)
        }
    }

    private static func i2c(_ bus: inout LinuxI2CBus) -> Bool {
        do throws(BoardError) {
            try exchange(&bus, [0x20, 1, 2, 3], [])
            guard same(try exchange(&bus, [0x21], [0, 0]), [2, 3]),
                same(try exchange(&bus, [], [9]), [0])
            else { return says("i2c: other registers than those written") }
            say("i2c: registers are written, and read behind a repeated start")
            try exchange(&bus, [0x00], [0], address: 0x51)
            return says("i2c: a chip that is not there has answered")
        } catch .absent(let address) where address == 0x51 {
            say("i2c: \(BoardError.absent(address: 0x51).sentence)")
            return true
        } catch {
            return says("i2c: \(error.sentence)")
        }
    }

    @discardableResult
    private static func exchange(
        _ bus: inout LinuxI2CBus, _ output: [UInt8], _ input: [UInt8], address: UInt8 = 0x50
    ) throws(BoardError) -> [UInt8] {
        var input = input
        var span = input.mutableSpan
        try bus.exchange(with: address, writing: output.span, reading: &span)
        return input
    }

    // MARK: GPIO

    /// What cannot be had is told by what stands in the way.
    private static func gpio() -> Bool {
        var wiring = byLabel
        wiring.chip = "radio-9"
        refused(wiring)
        wiring = byLabel
        wiring.busy = "BUSSY"
        refused(wiring)
        wiring.busy = "54"
        refused(wiring)
        wiring = byLabel
        wiring.chipSelect = "8"
        refused(wiring)
        wiring = byLabel
        wiring.enable = ["LED"]
        refused(wiring)
        wiring = byLabel
        wiring.device = "/dev/spidev7.0"
        refused(wiring)
        do throws(DeviceError) {
            let first = try SpidevBoard(byLabel)
            refused(byLabel)
            wiring.device = "/dev/spidev1.0"
            refused(wiring)
            _ = first.raw
            return true
        } catch {
            fail(error.sentence)
        }
    }

    private static func refused(_ wiring: SpidevWiring, _ group: String = "gpio") {
        do throws(DeviceError) {
            _ = try SpidevBoard(wiring)
            say("\(group): it could be opened")
        } catch {
            say("\(group): \(error.sentence)")
        }
    }

    /// The first radio, by the label of its chip and the names of its lines.
    static var byLabel: SpidevWiring {
        var wiring = SpidevWiring(
            device: "/dev/spidev0.0", chip: "radio-0", interrupt: "DIO1", reset: "NRESET")
        wiring.busy = "BUSY"
        return wiring
    }

    // MARK: An ordinary user

    private static func user() -> Bool {
        guard guest_become(1_000, 1_000) == 0 else { fail("still root") }
        refused(byLabel, "user")
        do throws(DeviceError) {
            _ = try LinuxI2CBus("/dev/i2c-1")
            return says("user: the bus could be opened")
        } catch {
            say("user: \(error.sentence)")
            return true
        }
    }

    // MARK: A serial port

    /// The guest's console, whose driver has wires that a pseudo-terminal lacks.
    private static func tty() -> Bool {
        do throws(DeviceError) {
            var port = try LinuxSerialPort(
                "/dev/ttyAMA0", rate: 115_200, hardwareFlowControl: false)
            return tty(&port)
        } catch {
            return says("tty: \(error.sentence)")
        }
    }

    private static func tty(_ port: inout LinuxSerialPort) -> Bool {
        do throws(BoardError) {
            for level in [false, true] {
                try port.drive(.dataTerminalReady, high: level)
                try port.drive(.requestToSend, high: level)
            }
            say("tty: DTR and RTS are moved")
            return true
        } catch {
            return says("tty: \(error.sentence)")
        }
    }

    static func says(_ line: String) -> Bool {
        say("WRONG \(line)")
        return false
    }

    private static func same(_ a: [UInt8], _ b: [UInt8]) -> Bool { a.elementsEqual(b) }
}
