import Base
import CLinux
import LinuxHAL
import LoRa
import Station
import SX126x

/// The radio of a configuration, opened where no agent has it: for checks.
public final class LocalRadio {
    private let settings: Settings
    private let radio: LinuxModem
    private let clock = MonotonicClock()

    /// How often the band is swept, and how often the level of the channel is told.
    private static var sweepInterval: Duration { .seconds(2) }
    private static var levelInterval: Duration { .seconds(1) }

    /// Opens the device; nothing else can have it at the same time.
    public init(_ settings: Settings) throws(StartError) {
        self.settings = settings
        radio = LinuxModem(try Agent.open(settings), settings)
    }

    private static func rest(_ duration: Duration) {
        lichen_sleep(duration.wholeMicroseconds * 1_000)
    }

    /// Checks it: tells what it finds, the verdict last.
    public func probe(_ tell: (ControlRecord) -> Void) {
        tell(settings.radioRecord)
        let probe = RadioProbe(radio, settings.channel, settings.region) { Self.rest($0) }
        let verdict = probe.run { finding in tell(record(finding)) }
        try? radio.sleep(.cold)
        tell(ControlRecord(verdict))
    }

    private func record(_ finding: RadioFinding) -> ControlRecord {
        switch finding {
        case .chip(let report):
            var record = ControlRecord("chip")
            record.add(report)
            record.add("tcxo", radio.oscillator.map { $0.name.description } ?? "none")
            return record
        case .interrupts(let arrived, let expected):
            var record = ControlRecord("interrupts")
            record.add("arrived", arrived)
            record.add("expected", expected)
            return record
        case .noise(let hertz, let median, let highest):
            var record = ControlRecord("noise")
            record.add("frequencyHz", hertz)
            record.add("medianDBm", median)
            record.add("highestDBm", highest)
            return record
        }
    }

    // MARK: Listening

    /// Tells of each frame and of the band's levels until SIGINT or SIGTERM; a radio that fails is
    /// started again each second.
    public func listen(_ tell: (ControlRecord) -> Void) throws(SystemError) {
        let signals = try SignalFD(SIGINT, SIGTERM)
        var epoll = try Epoll()
        try epoll.add(signals.raw, token: 0)
        try epoll.add(radio.raw, token: 1)
        tell(settings.radioRecord)
        var sweepAt = clock.now
        var levelAt = clock.now
        var isListening = false
        while true {
            do throws(ModemFault) {
                if !isListening {
                    try radio.start(settings.channel)
                    try radio.receive(.continuous)
                    isListening = true
                }
                try takeEvents(tell)
                if clock.now >= levelAt {
                    levelAt = clock.now + Self.levelInterval
                    _ = try radio.checkUp()
                    try measure(tell)
                }
                if clock.now >= sweepAt, try !radio.isReceivingFrame() {
                    try sweep(tell)
                    sweepAt = clock.now + Self.sweepInterval
                }
            } catch {
                isListening = false
                levelAt = clock.now + Self.levelInterval
                var record = ControlRecord("fault")
                record.add("sentence", error.sentence)
                tell(record)
                Self.rest(.seconds(1))
            }
            _ = try epoll.wait(for: max(.milliseconds(10), min(levelAt, sweepAt) - clock.now))
            if signals.next() != nil { break }
        }
        try? radio.sleep(.cold)
    }

    private func takeEvents(_ tell: (ControlRecord) -> Void) throws(ModemFault) {
        var frame = ShortBytes<255>()
        while let event = try frame.fill({ (out) throws(ModemFault) in
            try radio.nextEvent(into: &out)
        }) {
            switch event {
            case .received(let signal): tell(ControlRecord(HeardFrame(frame, signal)))
            case .damaged: tell(ControlRecord(.damaged))
            case .silence, .sent, .channel: break
            }
        }
    }

    private func measure(_ tell: (ControlRecord) -> Void) throws(ModemFault) {
        Self.rest(.milliseconds(1))
        var record = ControlRecord("level")
        record.add("levelDBm", try radio.levelDBm())
        tell(record)
    }

    /// About forty steps across the region's sub-bands.
    private func sweep(_ tell: (ControlRecord) -> Void) throws(ModemFault) {
        let scan = LevelScan(radio, settings.channel) { Self.rest($0) }
        let frequencies = LevelScan<LinuxBoard>.frequencies(of: settings.region, count: 40)
        let levels = try scan.sweep(frequencies)
        var record = ControlRecord("spectrum")
        var told: [Int] = []
        var heard: [Int] = []
        for (index, level) in levels.enumerated() {
            guard let level else { continue }
            told.append(frequencies[index])
            heard.append(level)
        }
        record.add("frequenciesHz", told)
        record.add("levelsDBm", heard)
        tell(record)
    }
}
