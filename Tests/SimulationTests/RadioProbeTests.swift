import Base
import Emulation
import LoRa
import Simulation
import Station
import TestSupport
import Testing

/// What `lichen radio probe` says where no agent has the radio.
@Suite(.aside) struct RadioProbeTests {
    static let channel = Channel(
        frequency: 869_525_000, modulation: Modulation(.sf9, .khz125), power: 14)

    /// A row: what is wrong, on which chips, and what is said of it.
    struct Row: CustomTestStringConvertible, Sendable {
        var fault: ChipFault?
        var chips: [ChipModel]
        var sentence: String
        var testDescription: String { "\(String(describing: fault)) on \(chips)" }

        init(_ fault: ChipFault?, _ sentence: String) {
            self.init(fault, [.sx1262, .sx1276], sentence)
        }

        init(_ fault: ChipFault?, _ chips: [ChipModel], _ sentence: String) {
            self.fault = fault
            self.chips = chips
            self.sentence = sentence
        }
    }

    static let works = "the radio works"

    static let rows = [
        Row(nil, works),
        Row(
            .busyStuck, [.sx1262],
            "the radio stays busy; check the BUSY and RESET pins, and its supply"),
        Row(.busyStuck, [.sx1276], works),  // It has no such wire.
        Row(
            .busyStale(.milliseconds(1)), [.sx1262],
            "BUSY is low while the radio is busy; check that 'busy-pin' is the line of its BUSY and "
                + "that the wire is whole"),
        Row(
            .busyStale(.microseconds(100)), [.sx1262],
            "BUSY is low while the radio is busy; check that 'busy-pin' is the line of its BUSY and "
                + "that the wire is whole"),
        Row(.busyStale(.milliseconds(1)), [.sx1276], works),
        Row(
            .risesLost(1_000),
            "the radio's interrupts do not arrive; check that 'interrupt-pin' is the line of its "
                + "DIO1 (DIO0 on an SX127x) and that its wire is whole"),
        Row(
            .risesLost(2),
            "2 of 4 interrupts did not arrive; check that 'interrupt-pin' is the line of its DIO1 "
                + "(DIO0 on an SX127x) and that its wire is whole"),
        Row(.risesUnannounced(1_000), works),  // The wire is high: whoever looks finds it.
        Row(
            .busDead(high: false),
            "no radio answers; check the SPI device, the chip select and the supply"),
        Row(
            .busDead(high: true),
            "no radio answers; check the SPI device, the chip select and the supply"),
        Row(.brownOut, works),  // A start follows, as after every reset.
        Row(
            .oscillatorDead,
            "the radio's oscillator starts with no 'tcxo' setting; check the supply, and replace "
                + "the module if it stays so"),
        Row(
            .deaf(rssi: -75),
            "the radio's receiver hears nothing, not even noise; check the antenna and its switch"),
        Row(.transmitEndless, works),  // Nothing is sent: an agent finds it.
        Row(.gainSticks(above: -120, afterReceptions: 1), works),  // A start frees it.
    ]

    private func probe(
        _ model: ChipModel, _ fault: ChipFault?, oscillator: Oscillator = .crystal,
        seed: UInt64 = 1, prepare: (ChipModem<EmulatedBoard>) -> Void = { _ in }
    ) -> (RadioVerdict, [RadioFinding]) {
        let air = Air(
            positions: [Position(x: 0, y: 0)], chips: [model], oscillator: oscillator, seed: seed)
        let radio = ChipModem(air, AirNode(0))
        prepare(radio)
        if let fault { air.inject(fault, into: AirNode(0)) }
        let probe = RadioProbe(radio, Self.channel, .eu868) { radio.wait($0, on: air) }
        var findings: [RadioFinding] = []
        let verdict = probe.run { findings.append($0) }
        return (verdict, findings)
    }

    @Test("each fault is named with its remedy", arguments: rows)
    func table(row: Row) {
        for model in row.chips {
            let verdict = probe(model, row.fault).0
            #expect(verdict.sentence == row.sentence, "\(model)")
            #expect(verdict.isGood == (row.sentence == Self.works), "\(model)")
        }
    }

    @Test(
        "where bits flip on the bus, it is the bus", arguments: [ChipModel.sx1262, .sx1276],
        Seed.slice(10))
    func bitFlips(model: ChipModel, seed: Seed) {
        let verdict = probe(model, .bitsFlip(probability: 0.05), seed: seed.number).0
        guard case .garbled = verdict else {
            Issue.record("\(verdict.sentence), replay: make test SEED=\(seed)")
            return
        }
        #expect(verdict.sentence.contains("check and shorten the SPI wires, or lower 'spi-speed'"))
    }

    @Test(
        "a wrong TCXO setting: the one that works is named", arguments: [ChipModel.sx1262, .sx1276])
    func oscillator(model: ChipModel) {
        let missing = probe(model, nil, oscillator: .tcxo).0
        #expect(
            missing.sentence
                == "the radio's oscillator starts as a TCXO of 1.8 V, not as it is set; set 'tcxo' "
                + "to 1.8")
        let needless = probe(model, nil) { $0.oscillator = .volts3_3 }.0
        #expect(
            needless.sentence
                == "the radio's oscillator starts as a plain crystal, not as it is set; set 'tcxo' "
                + "to none")
        let right = probe(model, nil, oscillator: .tcxo) { $0.oscillator = .volts1_8 }.0
        #expect(right == .works)
    }

    @Test(
        "a sound radio: who it is, its interrupts, the noise of each sub-band",
        arguments: [ChipModel.sx1262, .sx1276])
    func findings(model: ChipModel) {
        let findings = probe(model, nil).1
        guard case .chip(let report) = findings[0], case .interrupts(4, of: 4) = findings[1] else {
            Issue.record("\(findings)")
            return
        }
        #expect(report.version.text == (model == .sx1276 ? "12" : "SX1261 V2D 2D02"))
        let noise = findings.dropFirst(2).compactMap { finding -> Int? in
            guard case .noise(_, let median, let highest) = finding, median <= highest else {
                return nil
            }
            return median
        }
        #expect(noise.count == 1 + Region.eu868.subBands.count)
        #expect(noise.allSatisfy { (-121 ... -112).contains($0) }, "\(noise)")
    }

    // Method: a carrier in one sub-band; a sweep finds it there, and the radio receives afterwards.
    @Test("a sweep shows where it is loud", arguments: [ChipModel.sx1262, .sx1276])
    func sweep(model: ChipModel) throws {
        let air = Air(positions: [Position(x: 0, y: 0)], chips: [model], seed: 1)
        let radio = ChipModem(air, AirNode(0))
        try radio.start(Self.channel)
        try radio.receive(.continuous)
        let scan = LevelScan(radio, Self.channel) { radio.wait($0, on: air) }
        let frequencies = LevelScan<EmulatedBoard>.frequencies(of: .eu868, count: 40)
        #expect((36...46).contains(frequencies.count))
        for band in Region.eu868.subBands {
            #expect(frequencies.contains { band.edges.contains($0) })
        }
        let levels = try scan.sweep(frequencies)
        #expect(levels.compactMap { $0 }.count == frequencies.count)
        #expect(try radio.checkUp() == .sound)
    }
}
