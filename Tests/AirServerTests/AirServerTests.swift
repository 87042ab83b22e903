import Base
import CLinux
import Emulation
import Foundation
import HAL
import LinuxHAL
import LoRa
import SX126x
import TestSupport
import Testing

@testable import lichen_sim

@Suite struct AirServerTests {
    private let modulation = Modulation(.sf7, .khz125)
    private var channel: Channel {
        Channel(frequency: 869_525_000, modulation: modulation, power: 14)
    }

    @Test("two drivers talk through real sockets in real time")
    func talk() throws {
        let served = try ServedAir([0, 40])
        let sender = try AttachedRadio(served, 0)
        let receiver = try AttachedRadio(served, 1)
        try sender.driver.start(channel)
        try receiver.driver.start(channel)
        for round in 0..<5 as Range<UInt8> {
            let frame: [UInt8] = [round, 1, 2, 3]
            try receiver.driver.listen()
            try sender.send(frame, on: modulation)
            guard case .received(let signal) = try receiver.event() else {
                Issue.record("nothing received")
                return
            }
            #expect(receiver.frame == frame)
            #expect(signal.snrQuarterDB == 14)
            #expect(try sender.event() == .sent)
        }
        try receiver.driver.senseChannel()
        #expect(try receiver.event() == .channel(.clear))
        try receiver.driver.sleep()
        try receiver.driver.listen()
        try sender.send([9], on: modulation)
        _ = try receiver.event()
        #expect(receiver.frame == [9])
    }

    // Method: the receiver talks to its chip all the time, so that many of the rises are told while
    // it waits for an answer; each must still end its sleep at once.
    @Test("an interrupt told during another transfer is not missed")
    func rising() throws {
        let served = try ServedAir([0, 40])
        let radio = try AttachedRadio(served, 0)
        try radio.driver.start(channel)
        for _ in 0..<20 {
            try radio.driver.senseChannel()
            let clock = ContinuousClock()
            let end = clock.now + .milliseconds(5)
            while clock.now < end {
                var bytes = Slab<UInt8>(repeating: 0, count: 2)
                bytes[0] = 0xC0
                var span = bytes.mutableSpan
                try radio.driver.board.transfer(&span)
            }
            let start = clock.now
            let event = try radio.event()
            #expect(event == .channel(.clear))
            #expect(clock.now - start < .seconds(1))
        }
    }

    // Method: a receiver whose next interrupt is not told of; what the host asks for, it is told.
    @Test("a rise that is not told of unasked is there for whoever asks")
    func hushed() throws {
        let served = try ServedAir([0, 40], faults: [(1, .risesUnannounced(1))])
        let sender = try AttachedRadio(served, 0)
        let receiver = try AttachedRadio(served, 1)
        try sender.driver.start(channel)
        try receiver.driver.start(channel)
        try receiver.driver.listen()
        try sender.send([1], on: modulation)
        #expect(try sender.event() == .sent)
        #expect(try receiver.event(within: .milliseconds(300)) == nil)
        _ = try receiver.driver.isReceivingFrame()
        guard case .received = try receiver.event() else {
            Issue.record("not there either")
            return
        }
        #expect(receiver.frame == [1])
    }

    @Test("a server that ends is a board that is gone, and leaves no socket")
    func gone() throws {
        let served = try ServedAir([0])
        let radio = try AttachedRadio(served, 0)
        try radio.driver.start(channel)
        served.stop()
        #expect(try FileManager.default.contentsOfDirectory(atPath: served.directory) == [])
        #expect(throws: ModemFault.board(.gone)) { try radio.driver.listen() }
        #expect(throws: BoardError.system(call: .connect, errno: ENOENT)) {
            _ = try EmulatorBoard(connectingTo: served.path(0))
        }
    }

    @Test("a second host is turned away, and the chip is free once the first has left")
    func oneHost() throws {
        let served = try ServedAir([0])
        var first: AttachedRadio? = try AttachedRadio(served, 0)
        #expect(throws: BoardError.gone) { _ = try EmulatorBoard(connectingTo: served.path(0)) }
        try first?.driver.start(channel)
        try first?.driver.listen()
        first = nil
        // The chip is receiving still; a new host starts it from there, and need not wait until the
        // server has noticed that the first is gone.
        try AttachedRadio(served, 0).driver.start(channel)
    }

    @Test("garbage ends that connection, and no other")
    func garbage() throws {
        let served = try ServedAir([0, 40])
        let other = try AttachedRadio(served, 1)
        try other.driver.start(channel)
        for hex in ["00 00", "FF FF", "02 00 07 00", "03 00 02 C0 00", "02 00 81 01"] {
            let host = try RawHost(served.path(0))
            #expect(host.send(bytes(hex: hex)))
            #expect(host.receive() == nil, "\(hex) was accepted")
        }
        try other.driver.listen()
        let radio = try AttachedRadio(served, 0)
        try radio.driver.start(channel)
        try radio.send([5], on: modulation)
        _ = try other.event()
        #expect(other.frame == [5])
    }

    // Method: random bytes after a right greeting; the server lives on.
    @Test("random bytes never end the server", arguments: Seed.slice(30))
    func hostile(seed: Seed) throws {
        var dice = Dice(seed)
        let served = try ServedAir([0])
        for _ in 0..<20 {
            let host = try RawHost(served.path(0))
            _ = host.send(bytes(hex: "02 00 01 02"))
            for _ in 0..<20 {
                var message: [UInt8] = (0..<dice.roll(1..<30)).map { _ in
                    UInt8(dice.roll(0..<256))
                }
                if message.count > 3 {
                    message[0] = UInt8(message.count - 2)
                    message[1] = 0
                    message[2] = UInt8(dice.roll(1..<7))
                    if message[2] > 2 { message[3] &= 3 }
                }
                if !host.send(message) { break }
            }
        }
        try AttachedRadio(served, 0).driver.start(channel)
    }

    @Test("a foreign driver may move chip select itself")
    func rawSelect() throws {
        let served = try ServedAir([0])
        let host = try RawHost(served.path(0))
        func ask(_ hex: String) -> [UInt8]? {
            #expect(host.send(bytes(hex: hex)))
            return host.receive()
        }
        #expect(ask("02 00 01 02") == bytes(hex: "03 00 81 02 00"))
        #expect(ask("02 00 03 00") == bytes(hex: "02 00 83 00"))
        #expect(ask("02 00 04 C0") == bytes(hex: "03 00 82 00 A2"))
        #expect(ask("02 00 04 00") == bytes(hex: "03 00 82 00 A2"))
        #expect(ask("02 00 03 01") == bytes(hex: "02 00 83 00"))
        #expect(ask("03 00 02 C0 00") == bytes(hex: "04 00 82 00 A2 A2"))
        #expect(ask("03 00 05 00 00") == bytes(hex: "02 00 83 01"), "in reset")
    }

    @Test("two servers in one folder: the second says whose it is")
    func taken() throws {
        let served = try ServedAir([0])
        let air = Air(positions: [Position(x: 0, y: 0)])
        #expect(throws: AirServerError.socket(path: served.path(0), errno: EADDRINUSE)) {
            _ = try AirServer(air, in: served.directory)
        }
        _ = try AttachedRadio(served, 0)
    }

    @Test(
        "the program serves, says where, and cleans up at a signal", arguments: [SIGINT, SIGTERM])
    func program(signal: Int32) async throws {
        try await withWorkbench { bench in
            let folder = bench.folder + "/air"
            let running = try bench.start(
                Build.host.program(
                    "lichen-sim", ["air", "--nodes", "2", "--directory", folder]))
            try await running.says("Ctrl-C ends.")
            _ = try EmulatorBoard(connectingTo: folder + "/node-2.sock")
            running.signal(signal)
            let outcome = try await running.end()
            #expect(outcome.ending == .exited(0))
            #expect(outcome.output.contains("node 2  \(folder)/node-2.sock"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == [])
        }
    }
}
