import Base
import Emulation
import HAL
import LoRa
import RadioSupport
import Testing

@testable import SX126x

@Suite struct InitTests {
    // Method: the whole trace, byte by byte, as chapter 13 of the datasheet has each command.
    @Test("start sends the datasheet's bytes in the datasheet's order")
    func trace() throws {
        let air = Air(positions: [Position(x: 0, y: 0)])
        let radio = SX126xRadio(air, 0, options: SX126xOptions())
        try radio.driver.start(
            Channel(frequency: 868_100_000, modulation: Modulation(.sf9, .khz125), power: 14))
        let expected: [[UInt8]] = [
            [0x80, 0x00],  // Standby on RC.
            [0x1D, 0x03, 0x20, 0] + [UInt8](repeating: 0, count: 16),  // Who is there?
            [0x07, 0x00, 0x00],  // Device errors cleared.
            [0x89, 0x7F],  // All blocks calibrated.
            [0x96, 0x01],  // DC-DC.
            [0x9D, 0x01],  // DIO2 at the antenna switch.
            [0x98, 0xD7, 0xDB],  // Image, 863–870 MHz.
            [0x8A, 0x01],  // LoRa.
            [0x86, 0x36, 0x41, 0x99, 0x9A],  // 868.1 MHz.
            [0x8F, 0x00, 0x00],  // Buffer bases.
            [0x0D, 0x07, 0x40, 0x14, 0x24],  // Private network.
            [0x95, 0x02, 0x02, 0x00, 0x01],  // Amplifier for 14 dBm.
            [0x1D, 0x08, 0xD8, 0, 0],  // §15.2.
            [0x0D, 0x08, 0xD8, 0xDE],
            [0x0D, 0x08, 0xE7, 0x38],  // 140 mA.
            [0x8E, 0x16, 0x04],  // +22 with that amplifier is 14 dBm; 200 µs.
            [0x8B, 0x09, 0x04, 0x01, 0x00],  // SF9, 125 kHz, 4/5.
            [0x1D, 0x08, 0x89, 0, 0],  // §15.1.
            [0x8C, 0x00, 0x08, 0x00, 0xFF, 0x01, 0x00],  // 8 symbols, header, CRC.
            [0x1D, 0x07, 0x36, 0, 0],  // §15.4.
            [0x0D, 0x07, 0x36, 0x0D],
            [0x88, 0x02, 0x17, 0x0A, 0x00, 0, 0, 0],  // CAD: 4 symbols, peak 23, min 10.
            [0x0D, 0x08, 0xAC, 0x96],  // Boosted receiver.
            [0x1D, 0x08, 0xB5, 0, 0],  // Semtech's bit.
            [0x0D, 0x08, 0xB5, 0x01],
            // Kept asleep.
            [0x0D, 0x02, 0x9F, 4, 0x08, 0xAC, 0x08, 0x89, 0x07, 0x36, 0x08, 0xB5],
            [0x93, 0x20],
            [0x08, 0x03, 0xF3, 0x03, 0xE3, 0, 0, 0, 0],  // `IRQ.used` on DIO1.
            [0x02, 0xFF, 0xFF],
            [0x17, 0, 0, 0],
        ]
        #expect(radio.recording.transactions == expected)
        #expect(radio.recording.transactions.count <= 35, "bench row radio.spi.init")
        #expect(radio.recording.levels.map(\.1) == [false, true])
        #expect(air.unheardTransactions(of: AirNode(0)) == 0)
    }

    @Test("a TCXO is fed before anything is calibrated, and its first error forgiven")
    func tcxo() throws {
        let radios = try SX126xRadios(
            at: [0], oscillator: .tcxo, options: SX126xOptions(tcxo: TCXO(.volts1_8)))
        let sent = radios[0].recording.transactions
        let fed = try #require(sent.firstIndex(of: [0x97, 0x02, 0x00, 0x01, 0x40]))
        let calibrated = try #require(sent.firstIndex(of: [0x89, 0x7F]))
        #expect(fed < calibrated)
        #expect(sent.count <= 35)
    }

    @Test("the wrong oscillator is a named fault", arguments: [true, false])
    func wrongOscillator(hasTCXO: Bool) throws {
        let air = Air(
            positions: [Position(x: 0, y: 0)], oscillator: hasTCXO ? .tcxo : .crystal)
        let radio = SX126xRadio(
            air, 0, options: SX126xOptions(tcxo: hasTCXO ? nil : TCXO(.volts1_8)))
        #expect {
            try radio.driver.start(
                Channel(frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14))
        } throws: { error in
            switch error as? ModemFault {
            case .refused(let status): status >> 1 & 7 == 5
            case .deviceErrors(let errors): errors == .oscillator
            default: false
            }
        }
    }

    @Test("what the chip cannot do is refused before a byte is sent")
    func unsupported() throws {
        let air = Air(positions: [Position(x: 0, y: 0)])
        let sf12 = Modulation(.sf12, .khz125)
        let sf7 = Modulation(.sf7, .khz125)
        let cases: [(SX126xVariant, Channel, Unsupported)] = [
            (.sx1262, Channel(frequency: 149_000_000, modulation: sf7, power: 14), .frequency),
            (.sx1262, Channel(frequency: 868_100_000, modulation: sf7, power: 23), .power),
            (.sx1261, Channel(frequency: 868_100_000, modulation: sf7, power: 16), .power),
            (.sx1268, Channel(frequency: 868_100_000, modulation: sf7, power: 14), .frequency),
            (
                .llcc68, Channel(frequency: 868_100_000, modulation: sf12, power: 14),
                .spreadingFactor
            ),
            (
                .sx1262,
                Channel(
                    frequency: 868_100_000, modulation: Modulation(.sf5, .khz125, preamble: 8),
                    power: 14), .preamble
            ),
        ]
        for (variant, channel, lack) in cases {
            let radio = SX126xRadio(air, 0, options: SX126xOptions(variant: variant))
            #expect(throws: ModemFault.unsupported(lack)) { try radio.driver.start(channel) }
            #expect(radio.recording.transactions.isEmpty)
        }
    }

    @Test("power is the table's next row, turned down")
    func power() {
        let rows: [(Int, UInt8, UInt8, Int8)] = [
            (22, 4, 7, 22), (21, 4, 7, 21), (20, 3, 5, 22), (17, 2, 3, 22), (16, 2, 3, 21),
            (14, 2, 2, 22), (10, 2, 2, 18), (-9, 2, 2, -1),
        ]
        for (power, duty, hpMax, parameter) in rows {
            #expect(
                SX126xVariant.sx1262.powerSetting(for: power)
                    == PowerSetting(
                        power: power, dutyCycle: duty, hpMax: hpMax, parameter: parameter))
        }
        #expect(SX126xVariant.sx1262.powerSetting(for: -10) == nil)
        #expect(SX126xVariant.sx1261.powerSetting(for: 15)?.dutyCycle == 6)
    }

    @Test("a start works from every state")
    func restart() throws {
        let radios = try SX126xRadios(at: [0, 40])
        let frame: [UInt8] = [1, 2, 3]
        let states: [(SX126xRadio) throws -> Void] = [
            { _ in },
            { try $0.driver.listen() },
            { try $0.driver.senseChannel() },
            { try $0.send(frame, on: radios.channel) },
            { try $0.driver.sleep() },
        ]
        for state in states {
            try state(radios[0])
            try radios[0].driver.start(radios.channel)
            radios.run(for: .seconds(1))
            radios[0].events = []
            radios[1].frames = []
            try radios[1].driver.listen()
            radios.run(for: .milliseconds(1))
            try radios[0].send(frame, on: radios.channel)
            radios.run(for: .seconds(1))
            #expect(radios[0].events == [.sent])
            #expect(radios[1].frames == [frame])
        }
    }

    @Test("every board fault has its name")
    func faults() throws {
        let channel = Channel(
            frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
        let cases: [(UInt8, Bool, BoardError?, ModemFault)] = [
            (0x00, false, nil, .noChip),
            (0xFF, false, nil, .noChip),
            (0xA2, true, nil, .busyStuck),
            (0xA8, false, nil, .refused(status: 0xA8)),
            (0xA2, false, .gone, .board(.gone)),
        ]
        for (level, busy, error, fault) in cases {
            var driver = SX126x(board: BrokenBoard(level: level, busy: busy, error: error))
            do throws(ModemFault) {
                try driver.start(channel)
                Issue.record("no fault on a broken board")
            } catch {
                #expect(error == fault)
            }
            do throws(ModemFault) {  // It stays what it is until the next start.
                try driver.listen()
                Issue.record("no fault after a fault")
            } catch {
                #expect(error == fault)
            }
        }
    }
}
