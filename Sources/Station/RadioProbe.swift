import Base
import HAL
import LoRa
import SX126x

/// What a check of a radio has found out on its way.
public enum RadioFinding: Sendable {
    case chip(ChipReport)
    /// So many interrupts came of those that should have.
    case interrupts(Int, of: Int)
    /// How loud it is: median and maximum, in dBm.
    case noise(hertz: Int, median: Int, highest: Int)
}

/// Checks a radio that nobody uses: whether the chip answers, whether its oscillator starts and its
/// wires do their work, whether it hears. Sends nothing.
///
/// Each step presumes that those before it went well:
///
/// 1. it starts, if need be with another oscillator setting;
/// 2. what is read many times is always the same;
/// 3. BUSY is high when the chip is busy, and the interrupt is low when there is nothing to tell;
/// 4. interrupts arrive, those of channel sensing;
/// 5. the level that the receiver hears moves.
public struct RadioProbe<Board: RadioBoard & ~Copyable> {
    private let radio: ChipModem<Board>
    private let channel: Channel
    private let region: Region
    private let pause: (Duration) -> Void

    /// - Parameter pause: Lets time pass: sleeps, or moves a virtual clock.
    public init(
        _ radio: ChipModem<Board>, _ channel: Channel, _ region: Region,
        pause: @escaping (Duration) -> Void
    ) {
        self.radio = radio
        self.channel = channel
        self.region = region
        self.pause = pause
    }

    /// Carries the check out; ends at the first fault.
    public func run(_ tell: (RadioFinding) -> Void) -> RadioVerdict {
        do throws(Finish) {
            try start()
            try readRepeatedly(tell)
            try checkWires()
            try senseRepeatedly(tell)
            try listen(tell)
            return .works
        } catch {
            return error.verdict
        }
    }

    /// A check is over, with that result.
    private struct Finish: Error { var verdict: RadioVerdict }

    /// Carries out a step that may fail by the radio's fault.
    private func attempt<Result>(
        _ step: () throws(ModemFault) -> Result
    ) throws(Finish) -> Result {
        do throws(ModemFault) {
            return try step()
        } catch {
            throw Finish(verdict: .fault(error))
        }
    }

    // MARK: Start

    private static var attempts: Int { 20 }

    private func failure() -> ModemFault? {
        do throws(ModemFault) {
            try radio.start(channel)
            return nil
        } catch {
            return error
        }
    }

    /// A fault that is always the same is what it says; where they differ, or a later attempt goes
    /// well, it is the bus.
    private func start() throws(Finish) {
        guard let first = failure() else { return }
        if case .unsupported = first { throw Finish(verdict: .fault(first)) }
        var others = 0
        // Each attempt with a chip that stays busy takes its time; a wrong bit is no cause of it.
        for _ in 1..<(first == .busyStuck ? 2 : Self.attempts) {
            pause(.milliseconds(5))
            if failure() != first { others += 1 }
        }
        guard others == 0 else {
            throw Finish(verdict: .garbled(readings: Self.attempts, wrong: max(1, others)))
        }
        switch first {
        case .deviceErrors, .refused:
            try checkBusy()
            try tryOscillators(first)
        case .missedCommand:
            try checkBusy()
            // What was written, and read back, is something else.
            throw Finish(verdict: .garbled(readings: Self.attempts, wrong: Self.attempts))
        case .board, .noChip, .busyStuck, .unknownChip, .restarted, .transmitTimeout, .senseTimeout,
            .noInterrupt, .interruptStuck, .deaf, .unsupported:
            break
        }
        throw Finish(verdict: .fault(first))
    }

    private func checkBusy() throws(Finish) {
        let rises = try attempt { () throws(ModemFault) in try radio.busyRises() }
        if rises == false { throw Finish(verdict: .busyLow) }
    }

    /// Which setting the oscillator starts with instead.
    private func tryOscillators(_ fault: ModemFault) throws(Finish) {
        let given = radio.oscillator
        for other in radio.oscillators where other != given {
            radio.oscillator = other
            let works = failure() == nil && receives()
            if works { throw Finish(verdict: .otherOscillator(other)) }
        }
        radio.oscillator = given
        if case .deviceErrors(let errors) = fault, !errors.contains(.oscillator) { return }
        throw Finish(verdict: .noOscillator)
    }

    /// Whether the receiver goes on: an SX127x does not say that its oscillator stands still, but
    /// stays in standby.
    private func receives() -> Bool {
        do throws(ModemFault) {
            try radio.receive(.continuous)
            pause(.milliseconds(5))
            return try radio.checkUp() == .sound
        } catch {
            return false
        }
    }

    // MARK: Wires

    private static var readings: Int { 64 }

    /// The bus has no checksum: what changes on its way is seen only by reading it again.
    private func readRepeatedly(_ tell: (RadioFinding) -> Void) throws(Finish) {
        var first: ChipReport?
        var wrong = 0
        for _ in 0..<Self.readings {
            guard let report = try? radio.report() else {
                wrong += 1
                _ = failure()
                continue
            }
            if let first, report.version != first.version || report.errors != first.errors {
                wrong += 1
            }
            first = first ?? report
        }
        guard wrong == 0, let report = first else {
            throw Finish(verdict: .garbled(readings: Self.readings, wrong: wrong))
        }
        tell(.chip(report))
        if !report.errors.isEmpty { throw Finish(verdict: .fault(.deviceErrors(report.errors))) }
    }

    private func checkWires() throws(Finish) {
        try checkBusy()
        try attempt { () throws(ModemFault) in try radio.start(channel) }
        let isHigh = try attempt { () throws(ModemFault) in try radio.interruptIsHigh() }
        if isHigh { throw Finish(verdict: .fault(.interruptStuck)) }
    }

    private static var sensings: Int { 4 }

    private func senseRepeatedly(_ tell: (RadioFinding) -> Void) throws(Finish) {
        var arrived = 0
        for _ in 0..<Self.sensings {
            do throws(ModemFault) {
                if try sense() { arrived += 1 }
            } catch {
                if case .deviceErrors(.oscillator) = error { try tryOscillators(error) }
                throw Finish(verdict: .fault(error))
            }
        }
        tell(.interrupts(arrived, of: Self.sensings))
        if arrived == 0 { throw Finish(verdict: .fault(.noInterrupt)) }
        if arrived < Self.sensings {
            throw Finish(
                verdict: .interruptsLost(Self.sensings - arrived, of: Self.sensings))
        }
    }

    /// Senses the channel once.
    /// - Returns: Whether an interrupt told that it was over.
    private func sense() throws(ModemFault) -> Bool {
        try radio.senseChannel()
        let limit = channel.modulation.symbol * 8 + .milliseconds(30)
        var waited = Duration.zero
        while waited < limit {
            pause(.milliseconds(1))
            waited += .milliseconds(1)
            if try hasEvent() { return true }
        }
        let isLost = try radio.checkUp() == .lostInterrupt
        guard try hasEvent() else { throw .senseTimeout }
        return !isLost
    }

    private func hasEvent() throws(ModemFault) -> Bool {
        var frame = ShortBytes<255>()
        return try frame.fill { (out) throws(ModemFault) in
            try radio.nextEvent(into: &out) != nil
        }
    }

    // MARK: Receiver

    /// The channel first, whose level must move; then the region's other parts.
    private func listen(_ tell: (RadioFinding) -> Void) throws(Finish) {
        let scan = LevelScan(radio, channel, pause: pause)
        var frequencies = [channel.frequency]
        for band in region.subBands {
            frequencies.append((band.edges.lowerBound + band.edges.upperBound) / 2)
        }
        if !frequencies.contains(region.defaultFrequency) {
            frequencies.append(region.defaultFrequency)
        }
        for (index, hertz) in frequencies.enumerated() {
            let level = try attempt { () throws(ModemFault) in
                try scan.level(at: hertz, readings: 16)
            }
            guard let level else { continue }
            if index == 0, level.isFrozen { throw Finish(verdict: .fault(.deaf)) }
            tell(.noise(hertz: hertz, median: level.median, highest: level.highest))
        }
        try attempt { () throws(ModemFault) in try scan.goBack() }
    }
}
