import CLinux

/// Kinds of kernel devices, for what to say where one is missing.
public enum DeviceKind: Sendable {
    case spi, gpio, i2c, serial
}

/// Why a device of the kernel could not be opened as it was asked for.
public enum DeviceError: Error, Equatable {
    /// There is no device at this path.
    case missing(path: String, DeviceKind)
    /// This user may not use it. `group` owns it and may, by name or number; `nil` where none may.
    case denied(path: String, group: String?)
    /// Another program has it.
    case inUse(path: String)
    /// It is something else than what was asked for.
    case wrongKind(path: String, DeviceKind)
    /// The driver does not take a speed, rate or mode.
    case setting(path: String, DeviceKind)
    /// No GPIO chip has this label.
    case noChip(label: String)
    /// The chip has no line of this name, or too few lines for this number.
    case noLine(RadioPin, name: String, chip: String)
    /// Somebody has the line: the kernel or a program, by the name that it gave.
    case taken(RadioPin, name: String, chip: String, by: String)
    /// The kernel refused it with another error number.
    case system(path: String, errno: Int32)

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .missing(let path, let kind): "\(path): \(Self.absence(kind))"
        case .denied(let path, let group?):
            "\(path): permission denied; add this user to the group '\(group)' (it owns the "
                + "device), or run as root"
        case .denied(let path, nil):
            "\(path): permission denied, and no group has it; give it one with a udev rule (GROUP= "
                + "and MODE=\"0660\"), or run as root"
        case .inUse(let path):
            "\(path): another program has it; 'fuser \(path)' names it: end it, or give this one "
                + "a device of its own"
        case .wrongKind(let path, let kind):
            "\(path): this is no \(Self.name(kind)); check the path"
        case .setting(let path, .spi):
            "\(path): its driver refuses SPI mode 0 at this speed; choose a lower 'spi-speed'"
        case .setting(let path, let kind):
            "\(path): this \(Self.name(kind)) cannot do what is asked of it; choose another rate"
        case .noChip(let label):
            "no GPIO chip is called '\(label)'; 'gpiodetect' lists names and labels of those that "
                + "there are"
        case .noLine(let pin, let name, let chip):
            "\(chip) has no line '\(name)' for '\(pin.rawValue)'; 'gpioinfo' lists its lines"
        case .taken(let pin, let name, let chip, let owner):
            Self.isChipSelect(owner)
                ? "line \(name) of \(chip) is the chip select of the SPI driver ('\(owner)'); take "
                    + "'\(pin.rawValue)' out of [radio], and the driver moves it"
                : "line \(name) of \(chip) ('\(pin.rawValue)') is taken by "
                    + "\(owner.isEmpty ? "the kernel" : "'\(owner)'"); end that, or wire the radio "
                    + "to another line"
        case .system(let path, let errno):
            "\(path): \(text(ofError: errno)); the kernel's log ('dmesg') may say why"
        }
    }

    private static func absence(_ kind: DeviceKind) -> String {
        switch kind {
        case .spi:
            "there is no such device; turn SPI on: on a Raspberry Pi 'dtparam=spi=on' in "
                + "/boot/firmware/config.txt, elsewhere a 'dtoverlay' with a spidev node; then "
                + "restart"
        case .gpio: "there is no such GPIO chip; 'gpiodetect' lists those that there are"
        case .i2c:
            "there is no such device; turn I2C on: on a Raspberry Pi 'dtparam=i2c_arm=on' in "
                + "/boot/firmware/config.txt and the kernel module i2c-dev; then restart"
        case .serial:
            "there is no such port; plug it in, and look in /dev/serial/by-id for its name"
        }
    }

    private static func name(_ kind: DeviceKind) -> String {
        switch kind {
        case .spi: "SPI device"
        case .gpio: "GPIO chip"
        case .i2c: "I2C bus"
        case .serial: "serial port"
        }
    }

    /// Whether a line's consumer is the SPI core, which calls itself "spi0 CS0" there.
    private static func isChipSelect(_ owner: String) -> Bool {
        let words = owner.utf8.split(separator: UInt8(ascii: " "))
        return words.count == 2 && words[0].starts(with: "spi".utf8)
            && words[1].starts(with: "CS".utf8)
    }
}

extension DeviceError {
    /// Why opening has just failed, by the thread's error number.
    static func opening(_ path: String, _ kind: DeviceKind) -> DeviceError {
        let number = lichen_errno()
        return switch number {
        case ENOENT, ENODEV, ENXIO: .missing(path: path, kind)
        case EACCES, EPERM: .denied(path: path, group: GroupFile.groupThatMayUse(path))
        case EBUSY: .inUse(path: path)
        case ENOTTY: .wrongKind(path: path, kind)
        default: .system(path: path, errno: number)
        }
    }
}
