import Foundation
import HAL
import TestSupport
import Testing

@testable import LinuxHAL

@Suite struct DeviceErrorTests {
    @Test(
        "each says what happened, and what to do",
        arguments: [
            (
                .missing(path: "/dev/spidev0.0", .spi),
                "/dev/spidev0.0: there is no such device; turn SPI on: on a Raspberry Pi "
                    + "'dtparam=spi=on' in /boot/firmware/config.txt, elsewhere a 'dtoverlay' with "
                    + "a spidev node; then restart"
            ),
            (
                .missing(path: "/dev/gpiochip4", .gpio),
                "/dev/gpiochip4: there is no such GPIO chip; 'gpiodetect' lists those that there "
                    + "are"
            ),
            (
                .missing(path: "/dev/i2c-1", .i2c),
                "/dev/i2c-1: there is no such device; turn I2C on: on a Raspberry Pi "
                    + "'dtparam=i2c_arm=on' in /boot/firmware/config.txt and the kernel module "
                    + "i2c-dev; then restart"
            ),
            (
                .missing(path: "/dev/ttyUSB0", .serial),
                "/dev/ttyUSB0: there is no such port; plug it in, and look in /dev/serial/by-id "
                    + "for its name"
            ),
            (
                .denied(path: "/dev/spidev0.0", group: "spi"),
                "/dev/spidev0.0: permission denied; add this user to the group 'spi' (it owns the "
                    + "device), or run as root"
            ),
            (
                .denied(path: "/dev/spidev0.0", group: nil),
                "/dev/spidev0.0: permission denied, and no group has it; give it one with a udev "
                    + "rule (GROUP= and MODE=\"0660\"), or run as root"
            ),
            (
                .inUse(path: "/dev/ttyUSB0"),
                "/dev/ttyUSB0: another program has it; 'fuser /dev/ttyUSB0' names it: end it, or "
                    + "give this one a device of its own"
            ),
            (
                .wrongKind(path: "/dev/null", .spi),
                "/dev/null: this is no SPI device; check the path"
            ),
            (
                .setting(path: "/dev/spidev0.0", .spi),
                "/dev/spidev0.0: its driver refuses SPI mode 0 at this speed; choose a lower "
                    + "'spi-speed'"
            ),
            (
                .setting(path: "/dev/ttyS0", .serial),
                "/dev/ttyS0: this serial port cannot do what is asked of it; choose another rate"
            ),
            (
                .noChip(label: "pinctrl-rp1"),
                "no GPIO chip is called 'pinctrl-rp1'; 'gpiodetect' lists names and labels of "
                    + "those that there are"
            ),
            (
                .noLine(.busy, name: "78", chip: "gpiochip0"),
                "gpiochip0 has no line '78' for 'busy-pin'; 'gpioinfo' lists its lines"
            ),
            (
                .taken(.reset, name: "18", chip: "gpiochip0", by: "gpio-keys"),
                "line 18 of gpiochip0 ('reset-pin') is taken by 'gpio-keys'; end that, or wire the "
                    + "radio to another line"
            ),
            (
                .taken(.reset, name: "18", chip: "gpiochip0", by: ""),
                "line 18 of gpiochip0 ('reset-pin') is taken by the kernel; end that, or wire the "
                    + "radio to another line"
            ),
            (
                .taken(.chipSelect, name: "8", chip: "pinctrl-bcm2711", by: "spi0 CS0"),
                "line 8 of pinctrl-bcm2711 is the chip select of the SPI driver ('spi0 CS0'); take "
                    + "'chip-select-pin' out of [radio], and the driver moves it"
            ),
            (
                .system(path: "/dev/spidev0.0", errno: EIO),
                "/dev/spidev0.0: Input/output error; the kernel's log ('dmesg') may say why"
            ),
        ] as [(DeviceError, String)])
    func sentences(error: DeviceError, sentence: String) {
        #expect(error.sentence == sentence)
    }

    @Test("an address that nobody acknowledges is named as tables of chips do")
    func absent() {
        #expect(
            BoardError.absent(address: 0x50).sentence
                == "no chip answers at I2C address 0x50; check its wires, its supply and its "
                + "address pins")
        #expect(BoardError.absent(address: 8).sentence.contains("0x08"))
    }

    @Test("a device that is not there, or no device, is named by what was asked for")
    func absence() {
        let wiring = SpidevWiring(
            device: "/dev/spidev9.9", chip: "gpiochip0", interrupt: "16", reset: "18")
        #expect(throws: DeviceError.missing(path: "/dev/spidev9.9", .spi)) {
            _ = try SpidevBoard(wiring)
        }
        #expect(throws: DeviceError.missing(path: "/dev/i2c-99", .i2c)) {
            _ = try LinuxI2CBus("/dev/i2c-99")
        }
        #expect(throws: DeviceError.wrongKind(path: "/dev/null", .i2c)) {
            _ = try LinuxI2CBus("/dev/null")
        }
        #expect(throws: DeviceError.wrongKind(path: "/dev/null", .serial)) {
            _ = try LinuxSerialPort("/dev/null", rate: 115_200, hardwareFlowControl: false)
        }
        for name in ["/dev/gpiochip63", "gpiochip63"] {
            #expect(throws: DeviceError.missing(path: "/dev/gpiochip63", .gpio)) {
                _ = try GPIOLine(.busy, "20", on: name, for: .input)
            }
        }
    }

    @Test("what is no SPI device is refused, and given back")
    func wrongKind() async throws {
        try await withWorkbench { bench in
            let path = try bench.write("", to: "spidev0.0")
            var wiring = SpidevWiring(device: path, chip: "c", interrupt: "1", reset: "2")
            #expect(throws: DeviceError.wrongKind(path: path, .spi)) {
                _ = try SpidevBoard(wiring)
            }
            wiring.chipSelect = "3"
            #expect(throws: DeviceError.wrongKind(path: path, .spi)) {
                _ = try SpidevBoard(wiring)
            }
        }
    }

    @Test(
        "a line may be named with its chip",
        arguments: [
            ("25", "a", "25"), ("GPIO25", "a", "GPIO25"), ("b:25", "b", "25"),
            ("/dev/gpiochip1:P9.15", "/dev/gpiochip1", "P9.15"),
        ])
    func names(text: String, chip: String, line: String) {
        let name = GPIOName(text, on: "a")
        #expect(name.chip == chip && name.line == line)
    }

    @Test("groups are found by their number", arguments: [(0, "root"), (997, "spi"), (5, nil)])
    func groups(number: Int64, name: String?) {
        let text = "root:x:0:\nbroken\nspi:x:997:lichen,root\n:::\nlast:x:12:"
        #expect(GroupFile.name(of: number, in: Array(text.utf8)) == name)
    }

    @Test("a file that only its owner may use has no group that may")
    func groupThatMay() async throws {
        try await withWorkbench { bench in
            let path = try bench.write("", to: "file")
            chmod(path, 0o600)
            #expect(GroupFile.groupThatMayUse(path) == nil)
            guard getuid() == 0 else { return }
            chmod(path, 0o660)
            chown(path, 0, 4_000_000)
            #expect(GroupFile.groupThatMayUse(path) == "4000000")
            chown(path, 0, 20)
            #expect(GroupFile.groupThatMayUse(path) == "dialout")
        }
    }
}
