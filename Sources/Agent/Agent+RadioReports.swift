import Base
import CRDT
import LoRa
import Mesh
import Node
import Station
import SX126x

/// What an agent tells of its radio.
extension Agent {
    /// The chip, its health and its counts.
    func radioStatus(into output: inout Effects<StationEffect>) -> ControlRecord {
        chip = station.chipReport(at: now, into: &output) ?? chip
        let health = station.health
        var record = settings.radioRecord
        if let chip { record.add(chip) }
        if let fault = health.fault { record.add("fault", fault.sentence) }
        record.add("sinceSeconds", seconds(since: health.changedAt))
        if let fault = health.lastFault, let time = health.lastFaultAt {
            record.add("lastFault", fault.sentence)
            record.add("lastFaultSecondsAgo", seconds(since: time))
        }
        record.add("restarts", health.restarts)
        record.add("recalibrations", health.recalibrations)
        record.add("lostInterrupts", health.lostInterrupts)
        if let time = health.heardAt { record.add("heardSecondsAgo", seconds(since: time)) }
        record.add("uptimeSeconds", Int(now.milliseconds / 1_000))
        let statistics = station.node.statistics
        record.add("framesSent", statistics.framesSent)
        record.add("framesHeard", statistics.framesHeard)
        record.add("framesDamaged", statistics.damaged)
        record.add("framesForeign", statistics.foreign)
        record.add("testsHeard", statistics.testsHeard)
        record.add("probesAnswered", statistics.probesAnswered)
        record.add("probesDropped", statistics.probesDropped)
        return record
    }

    private func seconds(since moment: Instant) -> Int {
        Int((now - moment).wholeMilliseconds / 1_000)
    }

    /// The sub-band that this node uses, by its ledger, then all of the region by their rules.
    func sendAirtime(to connection: Connection) {
        let ledger = station.ledger.budget
        var record = ControlRecord("airtime")
        record.add("region", settings.region.name)
        record.add("rule", settings.region.rule)
        record.add("frequencyHz", settings.frequency)
        record.add("usedMs", Int(station.airtimeUsed(at: now).wholeMilliseconds))
        record.add("budgetMs", Int(ledger.wholeMilliseconds))
        record.add("windowSeconds", Int(station.subBand.window.wholeMilliseconds / 1_000))
        for size in [20, 200] {
            let timeOnAir = settings.channel.timeOnAir(payloadSize: size)
            record.add("onAir\(size)Ms", Int(timeOnAir.roundedMilliseconds))
            if let wait = station.ledger.wait(for: timeOnAir, at: now) {
                record.add("wait\(size)Ms", Int(wait.roundedMilliseconds))
            }
        }
        connection.send(record)
        for subBand in settings.region.subBands { connection.send(band(subBand)) }
        connection.succeed()
    }

    private func band(_ subBand: SubBand) -> ControlRecord {
        let isOwn = subBand == station.subBand
        var record = ControlRecord("band")
        record.add("lowestHz", subBand.edges.lowerBound)
        record.add("highestHz", subBand.edges.upperBound)
        record.add("own", isOwn)
        record.add("usedMs", isOwn ? Int(station.airtimeUsed(at: now).wholeMilliseconds) : 0)
        record.add("budgetMs", Int(subBand.budget.wholeMilliseconds))
        record.add("windowSeconds", Int(subBand.window.wholeMilliseconds / 1_000))
        if let dwell = subBand.dwell { record.add("dwellMs", Int(dwell.wholeMilliseconds)) }
        if let rule = subBand.listenBeforeTalk {
            record.add("listenBeforeTalkDBm", rule.thresholdDBm)
        }
        record.add("eirpTenthsDBm", subBand.maximumEIRP)
        return record
    }

    /// A frame, with its sender's name where that is a member.
    func heard(_ frame: HeardFrame) -> ControlRecord {
        var record = ControlRecord(frame)
        if let header = frame.header, header.kind != .pairing, let member = member(header.sender) {
            record.add("name", member.name.text)
        }
        return record
    }
}

extension Settings {
    /// The channel and its law.
    var radioRecord: ControlRecord {
        var record = ControlRecord("radio")
        record.add("model", chip.rawValue)
        record.add("region", region.name)
        record.add("rule", region.rule)
        record.add("frequencyHz", frequency)
        record.add("spreadingFactor", spreadingFactor.rawValue)
        record.add("bandwidthHz", bandwidth.hertz)
        record.add("codingRate", "4/\(codingRate.rawValue + 4)")
        record.add("powerDBm", power)
        record.add("tcxo", tcxo.map { $0.name.description } ?? "none")
        return record
    }
}

extension ControlRecord {
    /// What a chip tells of itself.
    mutating func add(_ report: ChipReport) {
        add("chip", report.name.description)
        add("version", report.version.text)
        if !report.errors.isEmpty { add("chipErrors", report.errors.names) }
        add("chipReceived", report.statistics.frames)
        add("chipChecksumErrors", report.statistics.checksumErrors)
        add("chipHeaderErrors", report.statistics.headerErrors)
    }

    /// A frame that was heard: what it says of itself is not verified.
    init(_ frame: HeardFrame) {
        self.init("heard")
        guard let signal = frame.signal else {
            add("damaged", true)
            return
        }
        add("size", frame.size)
        if let header = frame.header {
            add("kind", header.kind.name.description)
            if header.kind != .pairing { add("sender", Int(header.sender.raw)) }
            add("counter", Int(header.counter))
            if header.kind == .test { add("text", frame.text.text) }
        } else {
            add("kind", "foreign")
        }
        add("rssiDBm", signal.rssiDBm)
        add("snrQuarterDB", signal.snrQuarterDB)
    }

    /// The answer to a ping.
    init(_ echo: ProbeEcho) {
        self.init("echo")
        add("roundTripMs", Int(echo.roundTrip.roundedMilliseconds))
        add("onAirMs", Int(echo.timeOnAir.roundedMilliseconds))
        add("thereRSSIDBm", echo.there.rssiDBm)
        add("thereSNRQuarterDB", echo.there.snrQuarterDB)
        add("hereRSSIDBm", echo.here.rssiDBm)
        add("hereSNRQuarterDB", echo.here.snrQuarterDB)
    }

    /// What a check of a radio comes to.
    init(_ verdict: RadioVerdict) {
        self.init("verdict")
        add("works", verdict.isGood)
        add("sentence", verdict.sentence)
    }
}

extension Duration {
    /// Milliseconds, rounded to the nearest.
    var roundedMilliseconds: Int64 { (wholeMicroseconds + 500) / 1_000 }
}
