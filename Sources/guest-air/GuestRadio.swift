import Base
import CCuse
import CLinux
import Emulation
import HAL
import LinuxHAL

/// One emulated chip behind `/dev/spidev*` and the lines of a gpio-sim chip.
///
/// The chip's wires to the host are inputs of gpio-sim, whose pull is set here; those of the host to
/// the chip are seen as the kernel's trace events (`LineTrace`).
final class GuestRadio {
    /// Where a radio is in the guest.
    struct Place {
        /// The name of its SPI device.
        var spi: String
        /// The sysfs folder of its gpio-sim chip.
        var chip: String
        /// That chip's first global line number.
        var base: Int
        /// Which radio it is.
        var model: ChipModel
    }

    /// Lines, as Waveshare's SX1262 HAT has them on a Raspberry Pi; an SX1276's DIO0 is the
    /// interrupt, and its BUSY never rises.
    enum Line {
        static var interrupt: Int { 16 }
        static var reset: Int { 18 }
        static var busy: Int { 20 }
        static var chipSelect: Int { 21 }
    }

    let node: AirNode
    let port: OpaquePointer
    private let base: Int
    private let busy: PulledLine
    private let interrupt: PulledLine

    init(_ node: AirNode, at place: Place) {
        self.node = node
        base = place.base
        busy = PulledLine(place.chip, Line.busy)
        interrupt = PulledLine(place.chip, Line.interrupt)
        let served = unsafe place.spi.withCString { unsafe cuse_serve($0, CUSE_SPI) }
        guard let served else { fail("\(place.spi): \(text(ofError: lichen_errno()))") }
        port = served
    }

    /// The next moment at which a wire changes by itself, as far as the chip knows.
    func nextChange(_ air: Air) -> Instant {
        busy.isHigh ? air.busyUntil(node) : .distantFuture
    }

    /// The host has moved a line, by its global number.
    func handle(_ change: LineTrace.Change, _ air: Air, at moment: Instant) {
        switch change.line - base {
        case Line.reset: air.drive(.reset, high: change.isHigh, of: node, at: moment)
        case Line.chipSelect where cuse_selects_itself(port) != 0:
            if change.isHigh {
                air.deselect(node, at: moment)
            } else {
                air.select(node, at: moment)
            }
        default: break
        }
    }

    /// Carries out the exchange that the port has taken; it is not answered yet.
    func exchange(_ air: Air, at moment: Instant) {
        let selects = cuse_selects_itself(port) == 0
        for index in 0..<cuse_count(port) {
            let part = cuse_part(port, index)
            if selects { air.select(node, at: moment) }
            for offset in 0..<Int(part.size) {
                unsafe part.bytes[offset] = air.exchange(part.bytes[offset], with: node)
            }
            if selects { air.deselect(node, at: moment) }
        }
    }

    /// Lets the host see the chip's wires.
    func show(_ air: Air, at moment: Instant) {
        busy.set(air.isHigh(.busy, of: node, at: moment))
        interrupt.set(air.isHigh(.interrupt, of: node, at: moment))
    }
}

/// An input of the host, which gpio-sim lets its other side pull up and down.
private final class PulledLine {
    private let file: FileDescriptor
    private(set) var isHigh = false

    init(_ chip: String, _ line: Int) {
        let path = "\(chip)/sim_gpio\(line)/pull"
        let raw = unsafe path.withCString { unsafe lichen_open_write($0) }
        guard raw >= 0 else { fail("\(path): \(text(ofError: lichen_errno()))") }
        file = FileDescriptor(owning: raw)
        pull()
    }

    func set(_ isHigh: Bool) {
        guard isHigh != self.isHigh else { return }
        self.isHigh = isHigh
        pull()
    }

    /// The host has its edge event when this returns.
    private func pull() {
        let word: StaticString = isHigh ? "pull-up" : "pull-down"
        _ = unsafe pwrite(file.raw, word.utf8Start, word.utf8CodeUnitCount, 0)
    }
}
