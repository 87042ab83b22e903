import Base
import CLinux
import HAL

/// A board whose radio is on the kernel's SPI and GPIO devices.
///
/// Levels decide, never edges: an edge only wakes whoever sleeps on `raw`, and is taken when
/// somebody looks at the wire. A device that has gone (an USB adapter was unplugged) is looked for
/// again at the next reset, with which every start of a driver begins.
public final class SpidevBoard: RadioBoard {
    private let wiring: SpidevWiring
    private var wires: SpidevWires?
    private var epoll: Epoll
    private let clock = MonotonicClock()

    /// The most bytes of one transaction: spidev's own limit (`bufsiz`), unless its administrator
    /// has changed it.
    public static var maximumTransfer: Int { 4_096 }

    /// Opens the device, and takes the lines.
    public init(_ wiring: SpidevWiring) throws(DeviceError) {
        self.wiring = wiring
        let wires = try SpidevWires(wiring)
        do throws(SystemError) {
            epoll = try Epoll()
            try epoll.add(wires.interrupt.raw, token: 0)
        } catch {
            throw .system(path: wiring.device, errno: error.errno)
        }
        self.wires = wires
    }

    /// For `Epoll`: readable when the interrupt has risen and nobody has looked.
    public var raw: Int32 { epoll.raw }

    /// When the interrupt last rose, in nanoseconds of CLOCK_MONOTONIC, by the kernel's own stamp;
    /// 0 before that. Known once the wire was looked at.
    public private(set) var lastInterrupt: UInt64 = 0

    public func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        precondition(
            (1...Self.maximumTransfer).contains(bytes.count), "no size of an SPI transaction")
        let wires = try present()
        let isSelected = wires.chipSelect?.set(high: false) ?? true
        let status = unsafe bytes.withUnsafeMutableBufferPointer { buffer in
            unsafe lichen_spi_transfer(wires.spi.raw, buffer.baseAddress, UInt32(buffer.count))
        }
        let errno = lichen_errno()
        let isReleased = wires.chipSelect?.set(high: true) ?? true
        guard status == 0 else { throw fault(.control, errno) }
        guard isSelected, isReleased else { throw fault(.control, lichen_errno()) }
        letBusyRise()
    }

    public func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        let wires = try present()
        let level: Bool?
        switch input {
        case .busy:
            guard let busy = wires.busy else { return false }
            level = busy.isHigh
        case .interrupt:
            if let stamp = wires.interrupt.takeEdges() { lastInterrupt = stamp }
            level = wires.interrupt.isHigh
        }
        guard let level else { throw fault(.read, lichen_errno()) }
        return level
    }

    /// Most waits are shorter than a sleep of the kernel; what lasts longer is looked at after
    /// pauses that grow with it, to a millisecond.
    public func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool {
        let start = clock.now
        while try isHigh(input) {
            let waited = clock.now - start
            guard waited < limit else { return false }
            if waited > .microseconds(100) {
                pause(min(.milliseconds(1), waited / 8))
            }
        }
        return true
    }

    public func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        if wires == nil, output == .reset, !high { try reopen() }
        let wires = try present()
        let line =
            switch output {
            case .reset: Optional(wires.reset)
            case .transmitEnable: wires.transmitEnable
            case .receiveEnable: wires.receiveEnable
            }
        guard line?.set(high: high) ?? true else { throw fault(.write, lichen_errno()) }
    }

    public func pause(_ duration: Duration) { lichen_sleep(duration.wholeNanoseconds) }

    /// BUSY rises up to 600 ns after chip select (SX1262 datasheet §8.3.1).
    private func letBusyRise() {
        let end = lichen_boot_nanoseconds() + 600
        while lichen_boot_nanoseconds() < end {}
    }

    private func present() throws(BoardError) -> SpidevWires {
        guard let wires else { throw .gone }
        return wires
    }

    /// What a failed call means. Of a device that is gone nothing is kept: an interrupt line
    /// without its chip would be readable for ever.
    private func fault(_ call: BoardCall, _ errno: Int32) -> BoardError {
        guard DeviceLoss.isMeant(by: errno) else { return .system(call: call, errno: errno) }
        if let wires { try? epoll.remove(wires.interrupt.raw) }
        wires = nil
        return .gone
    }

    private func reopen() throws(BoardError) {
        do throws(DeviceError) {
            wires = try SpidevWires(wiring)
        } catch {
            throw .gone
        }
        do throws(SystemError) {
            if let wires { try epoll.add(wires.interrupt.raw, token: 0) }
        } catch {
            throw .system(call: .poll, errno: error.errno)
        }
    }
}
