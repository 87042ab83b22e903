import Base
import CAllocationCounter
import Emulation
import Foundation
import LoRa
import Simulation

/// Rows about the drivers: what they cost on the bus, what they lose, how they recover.
enum RadioBench {
    private static let sf7 = Modulation(.sf7, .khz125)

    // MARK: The bus

    static func transfersOfStart() throws -> BenchRow {
        let rig = try RadioRig(.sx1262, sf7, distance: 20)
        let before = rig[0].driver.transactions
        try rig[0].driver.start(rig.channel)
        return transfers(
            "radio.spi.init", "SPI transactions of a start", rig[0].driver.transactions - before,
            goal: 35, radioLib: 51, "SX126x driver, from reset to standby on the channel")
    }

    static func transfersOfSending() throws -> BenchRow {
        let rig = try RadioRig(.sx1262, sf7, distance: 20)
        try rig[0].driver.listen()
        rig.run(for: .seconds(1))
        let before = rig[0].driver.transactions
        try rig.send()
        return transfers(
            "radio.spi.tx", "SPI transactions to start sending, from listening",
            rig[0].driver.transactions - before, goal: 6, radioLib: 21,
            "SX126x driver, 16 bytes, erratum 15.1 applied")
    }

    static func transfersOfReceiving() throws -> BenchRow {
        let rig = try RadioRig(.sx1262, sf7, distance: 20)
        try rig.listen()
        let before = rig[1].driver.transactions
        try rig.pass()
        guard rig[1].received == 1 else { throw DemoError.claim("a frame arrives") }
        return transfers(
            "radio.spi.rx", "SPI transactions from DIO1 edge to frame, RSSI and SNR",
            rig[1].driver.transactions - before, goal: 5, radioLib: 9,
            "SX126x driver, 16 bytes, the chip left receiving")
    }

    private static func transfers(
        _ id: String, _ title: String, _ count: Int, goal: Double, radioLib: Double, _ how: String
    ) -> BenchRow {
        BenchRow(
            id: id, title: title, value: Double(count), unit: "", better: .lower, goal: goal,
            rival: "RadioLib", rivalValue: radioLib, how: how)
    }

    // MARK: What is lost

    static func clean(_ spreadingFactor: SpreadingFactor) throws -> BenchRow {
        var lost = 0
        for model in [ChipModel.sx1262, .sx1276] {
            let rig = try RadioRig(model, Modulation(spreadingFactor, .khz125), distance: 20)
            try rig.listen()
            for _ in 0..<5_000 { try rig.pass() }
            lost += 5_000 - rig[1].received
        }
        return BenchRow(
            id: "radio.clean.sf\(spreadingFactor.rawValue)",
            title: "frames lost of 10,000 on a clear air", value: Double(lost), unit: "frames",
            better: .lower, goal: 0, bound: 0,
            how: "16 bytes, 20 m apart, half of them with SX1262s, half with SX1276s")
    }

    static func marginal() throws -> BenchRow {
        var propagation = Propagation()
        propagation.demodulation = .logistic(steepness: Demodulation.fittedSteepness)
        var largest = 0.0
        // Margins from −0.2 to −2.5 dB below the floor: between hardly any and most lost.
        for distance in [140.0, 150, 160, 170, 180] {
            let rig = try RadioRig(.sx1262, sf7, distance: distance, propagation: propagation)
            try rig.listen()
            let frames = 20_000
            for _ in 0..<frames { try rig.pass() }
            let loss = 1 - Double(rig[1].received) / Double(frames)
            let margin =
                14
                - propagation.loss(
                    from: Position(x: 0, y: 0), to: Position(x: distance, y: 0))
                - propagation.noise(in: .khz125) - Propagation.floor(of: .sf7)
            let expected = 1 - propagation.demodulation.share(atMargin: margin)
            largest = max(largest, abs(loss - expected) * 100)
        }
        return BenchRow(
            id: "radio.marginal", title: "loss near the floor against the model's",
            value: largest, unit: "points", better: .lower, goal: 1,
            how: "largest deviation at five distances, 20,000 frames each")
    }

    // MARK: Faults

    static func faults() throws -> BenchRow {
        let trials = trials()
        let failures = trials.map { $0.unrecovered.count + $0.lostWrites }.reduce(0, +)
        return BenchRow(
            id: "radio.faults", title: "nodes that did not come back, and queued frames lost",
            value: Double(failures), unit: "", better: .lower, goal: 0, bound: 0,
            how: "\(trials.count) trials, each with \(RadioTrouble.allCases.count) kinds of fault "
                + "on one of two nodes, at random moments for up to 90 s")
    }

    static func recovery() throws -> BenchRow {
        let times = trials().flatMap { $0.recoveries.map(\.1) }.sorted()
        let p99 = times[times.count * 99 / 100]
        return BenchRow(
            id: "radio.recovery.p99", title: "from a fault's end to a working radio, 99 of 100",
            value: Double(p99.wholeMilliseconds), unit: "ms", better: .lower, goal: 60_000,
            how: "all faults of radio.faults; a radio is tried again at least every 30 s")
    }

    private static func trials() -> [RadioTrial.Outcome] {
        let seeds = 1...1_000 as ClosedRange<UInt64>
        return seeds.map { RadioTrial.run($0 % 2 == 0 ? .sx1276 : .sx1262, seed: $0) }
    }

    // MARK: Airtime

    /// Semtech's own figures at 125 kHz, 4/5, explicit header, checksum; preamble 8, 12 at SF5 and 6.
    private static let table: [(SpreadingFactor, small: Int64, large: Int64)] = [
        (.sf5, 16_960, 110_400), (.sf6, 28_800, 187_520), (.sf7, 51_456, 317_696),
        (.sf8, 92_672, 563_712), (.sf9, 164_864, 1_004_544), (.sf10, 329_728, 1_845_248),
        (.sf11, 659_456, 4_018_176), (.sf12, 1_318_912, 7_217_152),
    ]

    static func timeOnAir() throws -> BenchRow {
        var mismatches = 0
        for (factor, small, large) in table {
            let modulation = Modulation(factor, .khz125)
            if modulation.timeOnAir(payloadSize: 16) != .microseconds(small) { mismatches += 1 }
            if modulation.timeOnAir(payloadSize: 200) != .microseconds(large) { mismatches += 1 }
        }
        return BenchRow(
            id: "radio.toa", title: "times on air that are not Semtech's",
            value: Double(mismatches),
            unit: "", better: .lower, goal: 0, bound: 0,
            how: "16 and 200 bytes at SF5 to SF12, to the microsecond")
    }

    static func ledger() throws -> BenchRow {
        var broken = 0
        var disagreements = 0
        for seed in 1...1_000_000 as ClosedRange<UInt64> {
            if LedgerHistory.run(seed: seed, isTroubled: true).isLawBroken { broken += 1 }
            let quiet = LedgerHistory.run(seed: seed, isTroubled: false)
            if quiet.isLawBroken { broken += 1 }
            disagreements += quiet.disagreements
        }
        return BenchRow(
            id: "ledger.oracle", title: "budgets broken, and answers the oracle would not give",
            value: Double(broken + disagreements), unit: "", better: .lower, goal: 0, bound: 0,
            how: "a million lives with power cuts, clocks that go back and full tables (law broken "
                + "\(broken) times), a million without (\(disagreements) disagreements)")
    }

    // MARK: Memory

    static func allocations() throws -> BenchRow {
        var allocated = 0
        for model in [ChipModel.sx1262, .sx1276] {
            let rig = try RadioRig(model, sf7, distance: 20)
            func round() throws {
                try rig.listen()
                try rig.pass(sensing: true)
                _ = try rig[1].driver.checkUp()
                try rig[1].driver.recalibrate()
                try rig[0].driver.sleep()
                rig.run(for: .milliseconds(100))
            }
            for _ in 0..<50 { try round() }
            let before = allocationCount()
            for _ in 0..<1_000 { try round() }
            allocated += Int(allocationCount() - before)
            guard rig[1].received == 1_050 else { throw DemoError.claim("frames arrive") }
        }
        return BenchRow(
            id: "alloc.radio", title: "heap allocations of both drivers", value: Double(allocated),
            unit: "allocations", better: .lower, goal: 0, bound: 0,
            how:
                "2,000 rounds of listening, sensing, sending, receiving, checking, calibrating and "
                + "sleeping, malloc counted, the emulated chips included")
    }
}
