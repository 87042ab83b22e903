import Base
import Emulation
import LoRa
import RadioSupport
import Testing

@testable import SX126x

@Suite struct ReceptionTests {
    @Test("a reception of one frame ends in standby, with the frame or in silence")
    func once() throws {
        let radios = try SX126xRadios(at: [0, 40])
        try radios[1].receive(.once(limit: .milliseconds(50)))
        radios.run(for: .milliseconds(200))
        #expect(radios[1].events == [.silence])
        #expect(radios[1].driver.progress.mode == .standby)
        for limit in [Duration.milliseconds(500), nil] {
            try radios[1].receive(.once(limit: limit))
            radios.run(for: .milliseconds(10))
            try radios.send([1, 2, 3], from: 0)
            radios.run(for: .milliseconds(400))
            #expect(radios[1].frames.last == [1, 2, 3])
            #expect(radios[1].driver.progress.mode == .standby)
        }
        #expect(radios[1].events.count == 3)
    }

    @Test("listening in turns hears a frame whose preamble is longer than a sleep")
    func sampled() throws {
        let symbol = Modulation(.sf7, .khz125).symbol
        let radios = try SX126xRadios(at: [0, 40], Modulation(.sf7, .khz125, preamble: 36))
        let reception = Reception.sampled(listen: symbol * 14, sleep: symbol * 24)
        var heard = 0
        for number in 0..<20 as Range<UInt8> {
            try radios[1].receive(reception)
            radios.run(for: symbol * (50 + Int(number) * 7))
            try radios.send([number], from: 0)
            radios.run(for: .seconds(1))
            if radios[1].frames.last == [number] { heard += 1 }
            #expect(radios[1].driver.progress.mode == .standby)
        }
        #expect(heard == 20)
    }

    @Test("a receiver that listens in turns is checked without missing what comes")
    func sampledCheckUp() throws {
        let symbol = Modulation(.sf7, .khz125).symbol
        let radios = try SX126xRadios(at: [0, 40], Modulation(.sf7, .khz125, preamble: 36))
        try radios[1].receive(.sampled(listen: symbol * 14, sleep: symbol * 24))
        for _ in 0..<5 {
            radios.run(for: .seconds(1))
            #expect(try radios[1].driver.checkUp() == .sound)
        }
        try radios.send([9], from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames == [[9]])
    }

    static let variants = [
        PacketFormat(invertsIQ: true), PacketFormat(hasChecksum: false),
        PacketFormat(header: .implicit(size: 10)),
        PacketFormat(header: .implicit(size: 10), hasChecksum: false, invertsIQ: true),
    ]

    @Test("both ends agree on a format, and others hear nothing", arguments: variants)
    func formats(format: PacketFormat) throws {
        let frame = [UInt8](1...10)
        for spreadingFactor in [SpreadingFactor.sf5, .sf7, .sf12] {
            let modulation = Modulation(spreadingFactor, .khz125)
            let radios = try SX126xRadios(at: [0, 40], modulation, format: format)
            try radios[1].receive()
            radios.run(for: .milliseconds(5))
            for _ in 0..<3 {
                try radios.send(frame, from: 0)
                radios.run(for: radios.channel.timeOnAir(payloadSize: 10) + .milliseconds(5))
            }
            #expect(radios[1].frames == [frame, frame, frame])
        }
        let radios = try SX126xRadios(at: [0, 40], format: format)
        var usual = radios.channel
        usual.format = PacketFormat()
        try radios[1].start(usual)
        try radios[1].receive()
        radios.run(for: .milliseconds(50))
        try radios.send(frame, from: 0)
        radios.run(for: .milliseconds(200))
        if format.invertsIQ || format.header != .explicit { #expect(radios[1].frames.isEmpty) }
    }

    @Test("§15.3: after a frame without header the timer is stopped, and the next is not cut off")
    func timerErratum() throws {
        let radios = try SX126xRadios(
            at: [0, 40], format: PacketFormat(header: .implicit(size: 3)))
        for number in 0..<6 as Range<UInt8> {
            try radios[1].receive(.once(limit: .milliseconds(150)))
            radios.run(for: .milliseconds(60))
            try radios.send([number, 1, 2], from: 0)
            radios.run(for: .milliseconds(60))
        }
        #expect(radios[1].frames.count == 6)
        #expect(!radios[1].events.contains(.silence))
    }

    @Test("a cold sleep forgets all, and the next call starts anew")
    func coldSleep() throws {
        let radios = try SX126xRadios(at: [0, 40], Modulation(.sf9, .khz125))
        try radios[1].driver.sleep(.cold)
        radios.run(for: .seconds(5))
        try radios[1].receive()
        radios.run(for: .milliseconds(50))
        try radios.send([5], from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames == [[5]])
    }

    @Test("level, frequency error, random numbers and counts")
    func measurements() throws {
        let radios = try SX126xRadios(at: [0, 40])
        try radios[1].receive()
        radios.run(for: .milliseconds(5))
        let levels = try (0..<20).map { _ in try radios[1].driver.levelDBm() }
        #expect(levels.allSatisfy { (-123 ... -111).contains($0) }, "thermal noise at 125 kHz")
        #expect(Set(levels).count > 1)
        try radios.send([1], from: 0)
        radios.run(for: .seconds(1))
        #expect(abs(try radios[1].driver.frequencyError()) < 10)
        let report = try radios[1].driver.report()
        #expect(report.statistics.frames == 1)
        #expect(report.errors.isEmpty)
        #expect(report.version.text == "SX1261 V2D 2D02")
        var numbers: Set<UInt32> = []
        for _ in 0..<16 { numbers.insert(try radios[1].driver.randomNumber()) }
        #expect(numbers.count == 16)
        try radios[1].receive()
        radios.run(for: .milliseconds(100))
        try radios.send([2], from: 0)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames == [[1], [2]], "drawing numbers leaves the receiver as it was")
    }
}
