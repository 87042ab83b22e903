import Base
import Emulation
import LoRa
import RadioSupport
import Testing

@testable import SX127x

@Suite struct ModemTests {
    static let factors: [SpreadingFactor] = [.sf7, .sf8, .sf9, .sf10, .sf11, .sf12]

    @Test(
        "a frame arrives as it was sent, between chips of both families", arguments: factors,
        [Bandwidth.khz125, .khz250, .khz500])
    func families(spreadingFactor: SpreadingFactor, bandwidth: Bandwidth) throws {
        let radios = try Radios(
            [.sx1276, .sx1276, .sx1262], Modulation(spreadingFactor, bandwidth))
        for (sender, receiver) in [(0, 1), (0, 2), (2, 0), (1, 0)] {
            for size in [1, 16, 255] {
                let frame = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ size) }
                try radios.pass(frame, from: sender, to: receiver)
                #expect(radios.all[receiver].frames.last == frame)
                #expect(radios.all[sender].events.last == .sent)
            }
        }
        for node in 0..<3 { #expect(radios.air.unheardTransactions(of: AirNode(node)) == 0) }
    }

    @Test("inverted IQ reaches those who invert, of both families", arguments: [true, false])
    func invertedIQ(inverts: Bool) throws {
        let radios = try Radios(
            [.sx1276, .sx1276, .sx1262], format: PacketFormat(invertsIQ: inverts))
        try radios.all[2].receive()
        try radios.pass([1, 2, 3], from: 0, to: 1)
        #expect(radios.all[1].frames == [[1, 2, 3]])
        #expect(radios.all[2].frames == [[1, 2, 3]])
        try radios.pass([4], from: 2, to: 0)
        #expect(radios.all[0].frames == [[4]])
    }

    @Test(
        "implicit headers and frames without a checksum", arguments: [SpreadingFactor.sf7, .sf10])
    func implicit(spreadingFactor: SpreadingFactor) throws {
        let radios = try Radios(
            [.sx1276, .sx1276, .sx1262], Modulation(spreadingFactor, .khz125),
            format: PacketFormat(header: .implicit(size: 12), hasChecksum: false))
        let frame = [UInt8](1...12)
        for (sender, receiver) in [(0, 1), (0, 2), (2, 0)] {
            try radios.pass(frame, from: sender, to: receiver)
            #expect(radios.all[receiver].frames.last == frame)
        }
    }

    @Test("SF6 without headers works between chips of this family")
    func sf6() throws {
        let radios = try Radios(
            [.sx1276, .sx1276], Modulation(.sf6, .khz125),
            format: PacketFormat(header: .implicit(size: 20)))
        let frame = [UInt8](1...20)
        try radios.pass(frame, from: 0, to: 1)
        #expect(radios.all[1].frames == [frame])
    }

    @Test("SF5, and SF6 with headers, are refused, the reason given")
    func betweenFamilies() throws {
        for factor in [SpreadingFactor.sf5, .sf6] {
            #expect {
                try Radios([.sx1276], Modulation(factor, .khz125))
            } throws: { error in
                error as? ModemFault == .unsupported(.spreadingFactorBetweenFamilies)
                    && (error as? ModemFault)!.sentence.contains("7 to 12 on all nodes")
            }
        }
    }

    @Test(
        "narrow bandwidths, where the receiver stands beside the channel",
        arguments: [
            Bandwidth.khz62, .khz41, .khz31, .khz20, .khz15, .khz10, .khz7,
        ])
    func narrow(bandwidth: Bandwidth) throws {
        let radios = try Radios([.sx1276, .sx1276], Modulation(.sf7, bandwidth))
        for (sender, receiver) in [(0, 1), (1, 0), (0, 1)] {
            try radios.pass([UInt8(sender), 5, 6], from: sender, to: receiver)
            #expect(radios.all[receiver].frames.last == [UInt8(sender), 5, 6])
        }
    }

    @Test("signals as both families tell them agree within a decibel")
    func signals() throws {
        let radios = try Radios([.sx1262, .sx1276, .sx1262])
        radios.air.move(AirNode(2), to: Position(x: 20, y: 0))
        try radios.all[2].receive()
        try radios.pass([1], from: 0, to: 1)
        let old = try #require(radios.all[1].signal)
        let new = try #require(radios.all[2].signal)
        #expect(abs(old.rssiDBm - new.rssiDBm) <= 1)
        #expect(abs(old.snrQuarterDB - new.snrQuarterDB) <= 4)
    }

    @Test("activity detection tells a free channel from a busy one", arguments: factors)
    func sensing(spreadingFactor: SpreadingFactor) throws {
        let modulation = Modulation(spreadingFactor, .khz125)
        let radios = try Radios([.sx1276, .sx1276], modulation)
        try radios[1].driver.senseChannel()
        radios.run(for: modulation.symbol * 6)
        #expect(radios[1].events == [.channel(.clear)])
        try radios[0].send([UInt8](repeating: 1, count: 40), on: radios.channel)
        radios.run(for: modulation.symbol * 7)
        try radios[1].driver.senseChannel()
        radios.run(for: modulation.symbol * 6)
        #expect(radios[1].events == [.channel(.clear), .channel(.busy)])
    }

    @Test("a frame that is coming in is noticed once its header is over, and not before or after")
    func incoming() throws {
        let radios = try Radios([.sx1276, .sx1276])
        let symbol = radios.channel.modulation.symbol
        try radios[1].driver.listen()
        radios.run(for: .milliseconds(5))
        let atRest = try radios[1].driver.isReceivingFrame()
        #expect(!atRest)
        try radios[0].send([UInt8](repeating: 1, count: 40), on: radios.channel)
        radios.run(for: symbol * 30)
        let inPayload = try radios[1].driver.isReceivingFrame()
        #expect(inPayload)
        radios.run(for: .milliseconds(200))
        let afterwards = try radios[1].driver.isReceivingFrame()
        #expect(!afterwards)
        #expect(radios[1].frames.count == 1, "asking did not harm it")
    }

    @Test("a reception with a limit ends in silence, or with a frame, and in standby")
    func once() throws {
        let radios = try Radios([.sx1276, .sx1276])
        try radios[1].receive(.once(limit: .milliseconds(50)))
        radios.run(for: .milliseconds(80))
        try radios[1].drain()  // DIO0 does not tell.
        #expect(radios[1].events == [.silence])
        try radios[1].receive(.once(limit: .milliseconds(200)))
        radios.run(for: .milliseconds(20))
        try radios[0].send([1, 2], on: radios.channel)
        radios.run(for: .milliseconds(300))
        #expect(radios[1].frames == [[1, 2]])
        #expect(radios[1].driver.progress.mode == .standby)
        #expect(throws: ModemFault.unsupported(.sampledReception)) {
            try radios[1].receive(.sampled(listen: .milliseconds(5), sleep: .milliseconds(5)))
        }
    }

    @Test("asleep it hears nothing; the next call wakes it", arguments: [SleepDepth.warm, .cold])
    func sleep(depth: SleepDepth) throws {
        let radios = try Radios([.sx1276, .sx1276])
        try radios[1].driver.listen()
        try radios[1].driver.sleep(depth)
        radios.run(for: .seconds(1))
        try radios[0].send([1], on: radios.channel)
        radios.run(for: .seconds(1))
        #expect(radios[1].frames.isEmpty)
        try radios.pass([2], from: 0, to: 1)
        #expect(radios[1].frames == [[2]])
    }

    @Test("SPI transactions: few for a frame in either direction")
    func transactionCounts() throws {
        let radios = try Radios([.sx1276, .sx1276])
        try radios[1].driver.listen()
        radios.run(for: .milliseconds(5))
        let sending = try radios[0].transactions { try radios[0].send([1], on: radios.channel) }
        #expect(sending == 5)
        let receiving = radios[1].transactions { radios.run(for: .milliseconds(100)) }
        #expect(receiving == 4)
    }

    @Test("the errata's registers follow the bandwidth", arguments: Bandwidth.allCases)
    func errata(bandwidth: Bandwidth) throws {
        let radios = try Radios([.sx1276], Modulation(.sf7, bandwidth))
        func register(_ address: Int) -> UInt8 { radios.air.register(address, of: AirNode(0)) }
        #expect((register(0x31) & 0x80 != 0) == (bandwidth == .khz500))
        #expect(register(0x36) == (bandwidth == .khz500 ? 0x02 : 0x03))
        if bandwidth == .khz500 {
            #expect(register(0x3A) == 0x64)
        } else {
            #expect(register(0x30) == 0)
            #expect(
                register(0x2F)
                    == (bandwidth == .khz7 ? 0x48 : bandwidth.hertz <= 41_667 ? 0x44 : 0x40))
        }
    }
}
