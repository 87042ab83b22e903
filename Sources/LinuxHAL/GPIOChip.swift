import CGpiod
import CLinux

/// Finds GPIO chips. Numbers move between kernels (on a Raspberry Pi 5 the header's chip was
/// gpiochip4 and became gpiochip0); labels stay.
enum GPIOChip {
    /// The kernel numbers chips from 0; boards have a handful.
    private static var numbers: Range<Int> { 0..<64 }

    /// Opens a chip by its path, its name ("gpiochip0") or its label. Close it with
    /// `lichen_gpio_close`.
    static func open(_ name: String) throws(DeviceError) -> OpaquePointer {
        if name.utf8.first == UInt8(ascii: "/") { return try open(path: name) }
        if name.utf8.starts(with: "gpiochip".utf8) { return try open(path: "/dev/" + name) }
        return try open(label: name)
    }

    private static func open(path: String) throws(DeviceError) -> OpaquePointer {
        guard let chip = attempt(path) else { throw .opening(path, .gpio) }
        return chip
    }

    private static func open(label: String) throws(DeviceError) -> OpaquePointer {
        var refused: DeviceError?
        for number in numbers {
            let path = "/dev/gpiochip\(number)"
            guard let chip = attempt(path) else {
                if lichen_errno() != ENOENT { refused = .opening(path, .gpio) }
                continue
            }
            let found = text { lichen_gpio_label(chip, $0, $1) } ?? ""
            if found.utf8.elementsEqual(label.utf8) { return chip }
            lichen_gpio_close(chip)
        }
        // It may be one of those that this user may not look into.
        throw refused ?? .noChip(label: label)
    }

    private static func attempt(_ path: String) -> OpaquePointer? {
        unsafe path.withCString { unsafe gpiod_chip_open($0) }
    }

    /// A text that C writes into a buffer; `nil` where it says that it could not.
    static func text(
        _ write: (UnsafeMutablePointer<CChar>, Int32) -> Int32
    ) -> String? {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            unsafe buffer.initialize(repeating: 0)
            guard let start = buffer.baseAddress, unsafe write(start, 64) >= 0 else { return nil }
            return unsafe String(cString: start)
        }
    }
}
