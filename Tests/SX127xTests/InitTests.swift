import Base
import Emulation
import HAL
import LoRa
import RadioSupport
import Testing

@testable import SX127x

@Suite struct InitTests {
    @Test("power is the datasheet's, and what no output can do is refused")
    func power() {
        #expect(PowerSetting(20, at: .boost)?.amplifier == 0x8F)
        #expect(PowerSetting(20, at: .boost)?.highPower == 0x87)
        #expect(PowerSetting(17, at: .boost)?.amplifier == 0x8F)
        #expect(PowerSetting(17, at: .boost)?.highPower == 0x84)
        #expect(PowerSetting(2, at: .boost)?.amplifier == 0x80)
        #expect(PowerSetting(1, at: .boost) == nil)
        #expect(PowerSetting(14, at: .direct)?.amplifier == 0x7E)
        #expect(PowerSetting(-4, at: .direct)?.amplifier == 0x00)
        #expect(PowerSetting(15, at: .direct) == nil)
        #expect(PowerSetting(21, at: .boost) == nil)
    }

    @Test("what the chip cannot do is refused before a byte is sent")
    func unsupported() throws {
        let air = Air(positions: [Position(x: 0, y: 0)], chips: [.sx1276])
        let sf7 = Modulation(.sf7, .khz125)
        let cases: [(SX127xVariant, Channel, Unsupported)] = [
            (.sx1278, Channel(frequency: 868_100_000, modulation: sf7, power: 14), .frequency),
            (.rfm95, Channel(frequency: 433_775_000, modulation: sf7, power: 14), .frequency),
            (.sx1276, Channel(frequency: 868_100_000, modulation: sf7, power: 21), .power),
            (
                .sx1276,
                Channel(
                    frequency: 868_100_000, modulation: Modulation(.sf7, .khz125, preamble: 5),
                    power: 14), .preamble
            ),
        ]
        for (variant, channel, lack) in cases {
            let radio = SX127xRadio(air, 0, options: SX127xOptions(variant: variant))
            #expect(throws: ModemFault.unsupported(lack)) { try radio.start(channel) }
            #expect(radio.recording.transactions.isEmpty)
        }
    }

    @Test("every board fault has its name")
    func faults() {
        let channel = Channel(
            frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
        let cases: [(UInt8, BoardError?, ModemFault)] = [
            (0x00, nil, .noChip), (0xFF, nil, .noChip), (0x22, nil, .unknownChip(version: 0x22)),
            (0x12, .gone, .board(.gone)), (0x12, nil, .missedCommand),
        ]
        for (level, error, fault) in cases {
            var driver = SX127x(board: BrokenBoard(level: level, error: error))
            do throws(ModemFault) {
                try driver.start(channel)
                Issue.record("no fault on a broken board")
            } catch {
                #expect(error == fault)
            }
        }
    }

    @Test("a TCXO's input is chosen; the wrong source is noticed")
    func oscillator() throws {
        let options = SX127xOptions(hasTCXO: true)
        let radios = try Radios([.sx1276, .sx1276], oscillator: .tcxo, options: options)
        try radios.pass([1], from: 0, to: 1)
        #expect(radios[1].frames == [[1]])
        let wrong = try Radios([.sx1276], oscillator: .tcxo)
        try wrong[0].driver.listen()
        wrong.run(for: .milliseconds(5))
        #expect(throws: ModemFault.deviceErrors(.oscillator)) { try wrong[0].driver.checkUp() }
    }

    @Test("a start works from every state")
    func restart() throws {
        let radios = try Radios([.sx1276, .sx1276])
        let states: [(SX127xRadio) throws -> Void] = [
            { _ in },
            { try $0.driver.listen() },
            { try $0.driver.senseChannel() },
            { try $0.send([1], on: radios.channel) },
            { try $0.driver.sleep() },
        ]
        for state in states {
            try state(radios[0])
            try radios[0].start(radios.channel)
            radios.run(for: .seconds(1))
            radios[0].events = []
            radios[1].frames = []
            try radios.pass([1, 2, 3], from: 0, to: 1)
            #expect(radios[0].events == [.sent])
            #expect(radios[1].frames == [[1, 2, 3]])
        }
    }

    @Test("random answers on the bus never trap", arguments: 0..<200 as Range<UInt64>)
    func randomAnswers(seed: UInt64) {
        var driver = SX127x(board: NoiseBoard(dice: Dice(seed: seed)))
        let channel = Channel(
            frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14)
        var bytes = Slab<UInt8>(repeating: 0, count: 255)
        var count = 0
        for _ in 0..<50 {
            do throws(ModemFault) {
                try driver.start(channel)
                try driver.listen()
                _ = try bytes.overwrite(0..<255, count: &count) {
                    (out: inout OutputSpan<UInt8>) throws(ModemFault) -> ModemEvent? in
                    try driver.nextEvent(into: &out)
                }
            } catch {}
        }
    }
}
