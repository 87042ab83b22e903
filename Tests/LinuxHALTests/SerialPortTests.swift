import CTestSupport
import Foundation
import HAL
import LinuxHAL
import TestSupport
import Testing

/// The serial port on one end of a pair of pseudo-terminals.
@Suite struct SerialPortTests {
    @Test("bytes pass as they are, in both directions")
    func raw() throws {
        let line = try Line()
        var port = try LinuxSerialPort(line.path, rate: 115_200, hardwareFlowControl: true)
        #expect(try read(&port) == [])
        // Those that a terminal would take for itself.
        let all = (0...255).map { UInt8($0) }
        line.write(all)
        var seen: [UInt8] = []
        while seen.count < 256 { seen += try read(&port) }
        #expect(seen == all)
        #expect(try port.write(all.span) == 256)
        #expect(line.read(256) == all)
    }

    @Test("the rate and the flow control reach the driver")
    func setting() throws {
        let line = try Line()
        for (rate, constant, flow) in [(9_600, B9600, false), (921_600, B921600, true)] {
            let port = try LinuxSerialPort(line.path, rate: rate, hardwareFlowControl: flow)
            var setting = termios()
            tcgetattr(port.raw, &setting)
            #expect(cfgetospeed(&setting) == speed_t(constant))
            #expect((setting.c_cflag & tcflag_t(CRTSCTS) != 0) == flow)
        }
        #expect(throws: DeviceError.setting(path: line.path, .serial)) {
            _ = try LinuxSerialPort(line.path, rate: 12_345, hardwareFlowControl: false)
        }
    }

    @Test("a port that somebody has is refused")
    func taken() throws {
        let line = try Line()
        let first = try LinuxSerialPort(line.path, rate: 9_600, hardwareFlowControl: false)
        #expect(throws: DeviceError.inUse(path: line.path)) {
            _ = try LinuxSerialPort(line.path, rate: 9_600, hardwareFlowControl: false)
        }
        #expect(first.raw >= 0)
    }

    @Test("who writes faster than the other side reads is told, and waits for nothing")
    func full() throws {
        let line = try Line()
        var port = try LinuxSerialPort(line.path, rate: 9_600, hardwareFlowControl: false)
        let block = [UInt8](repeating: 7, count: 4_096)
        var written = 0
        var refusals = 0
        // The kernel moves bytes from one of its buffers to the next by and by: there may be a little
        // room again after a refusal.
        for _ in 0..<400 {
            let count = try port.write(block.span)
            written += count
            if count == 0 { refusals += 1 }
        }
        #expect(written < 100 * 4_096)
        #expect(refusals > 0)
    }

    @Test("a port whose other end is gone says so, to readers and writers")
    func gone() throws {
        let line = try Line()
        var port = try LinuxSerialPort(line.path, rate: 9_600, hardwareFlowControl: false)
        line.hangUp()
        #expect(throws: BoardError.gone) { _ = try read(&port) }
        #expect(throws: BoardError.gone) { _ = try port.write([1, 2, 3].span) }
    }

    @Test("a line without wires for a modem says which call failed")
    func wires() throws {
        let line = try Line()
        var port = try LinuxSerialPort(line.path, rate: 9_600, hardwareFlowControl: false)
        for output in [SerialOutput.dataTerminalReady, .requestToSend] {
            #expect(throws: BoardError.system(call: .control, errno: ENOTTY)) {
                try port.drive(output, high: true)
            }
        }
    }

    private func read(_ port: inout LinuxSerialPort) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 300)
        var span = buffer.mutableSpan
        let count = try port.read(into: &span)
        return Array(buffer.prefix(count))
    }
}

/// The other end of a serial line.
private final class Line {
    let path: String
    private var master: Int32

    init() throws {
        var buffer = [CChar](repeating: 0, count: 64)
        master = open_line(&buffer, 64)
        path = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        try #require(master >= 0)
    }

    deinit { hangUp() }

    func hangUp() {
        if master >= 0 { close(master) }
        master = -1
    }

    func write(_ bytes: [UInt8]) { _ = Foundation.write(master, bytes, bytes.count) }

    func read(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: count)
        while bytes.count < count {
            let more = Foundation.read(master, &buffer, count - bytes.count)
            guard more > 0 else { return bytes }
            bytes += buffer.prefix(more)
        }
        return bytes
    }
}
