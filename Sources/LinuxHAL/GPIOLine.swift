import CGpiod
import CLinux

/// One line of a GPIO chip, taken for this process; released with the object.
final class GPIOLine {
    enum Use {
        case input, risingEdges
        case output(high: Bool)

        var constant: Int32 {
            let use =
                switch self {
                case .input: LICHEN_GPIO_INPUT
                case .risingEdges: LICHEN_GPIO_RISING
                case .output(let high): high ? LICHEN_GPIO_HIGH : LICHEN_GPIO_LOW
                }
            return Int32(use)
        }
    }

    private let chip: OpaquePointer
    private var line = lichen_gpio_line()

    /// Takes a line.
    ///
    /// - Parameters:
    ///   - name: A line's number or name; with a chip's name and a colon before it, of that chip.
    ///   - chipName: A chip's path, its name ("gpiochip0") or its label, where `name` has none.
    init(_ pin: RadioPin, _ name: String, on chipName: String, for use: Use) throws(DeviceError) {
        let parts = GPIOName(name, on: chipName)
        let chip = try GPIOChip.open(parts.chip)
        do throws(DeviceError) {
            let number = try Self.number(pin, parts, chip)
            guard lichen_gpio_take(&line, chip, number, use.constant) == 0 else {
                throw Self.refusal(pin, parts, chip, number)
            }
        } catch {
            lichen_gpio_close(chip)
            throw error
        }
        self.chip = chip
    }

    deinit {
        lichen_gpio_release(&line)
        lichen_gpio_close(chip)
    }

    /// For `Epoll`, where its edges are told of: readable while one waits.
    var raw: Int32 { lichen_gpio_fd(&line) }

    /// Its level; `nil` where the kernel does not tell.
    var isHigh: Bool? {
        let level = lichen_gpio_get(&line)
        return level < 0 ? nil : level == 1
    }

    /// Sets its level.
    /// - Returns: Whether the kernel did it.
    func set(high: Bool) -> Bool { lichen_gpio_set(&line, high) == 0 }

    /// Takes the edges that wait. The kernel keeps 16; of a wire that never rests more may come
    /// meanwhile, and are left.
    /// - Returns: When the last one was, in nanoseconds of CLOCK_MONOTONIC, by the kernel's own
    ///   stamp; `nil` where none has waited.
    func takeEdges() -> UInt64? {
        var stamp: UInt64 = 0
        var hasSome = false
        for _ in 0..<4 {
            guard lichen_gpio_edges(&line, &stamp) > 0 else { break }
            hasSome = true
        }
        return hasSome ? stamp : nil
    }

    private static func number(
        _ pin: RadioPin, _ name: GPIOName, _ chip: OpaquePointer
    ) throws(DeviceError) -> Int32 {
        let named = unsafe name.line.withCString { unsafe lichen_gpio_find(chip, $0) }
        let number = Int32(name.line) ?? named
        guard number >= 0, number < lichen_gpio_count(chip) else {
            throw .noLine(pin, name: name.line, chip: name.chip)
        }
        return number
    }

    private static func refusal(
        _ pin: RadioPin, _ name: GPIOName, _ chip: OpaquePointer, _ number: Int32
    ) -> DeviceError {
        let errno = lichen_errno()
        guard errno == EBUSY else { return .system(path: name.chip, errno: errno) }
        let owner = GPIOChip.text { lichen_gpio_owner(chip, number, $0, $1) }
        return .taken(pin, name: name.line, chip: name.chip, by: owner ?? "")
    }
}
