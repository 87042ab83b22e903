import Base
import CRDT
import LoRa
import Mesh
import Node
import Station

/// What an agent tells of its node, as lines of the control socket.
extension Agent {
    /// The node's state.
    var status: ControlRecord {
        let node = station.node.configuration
        var record = ControlRecord("status")
        record.add("node", name.text)
        record.add("uptimeSeconds", Int(now.milliseconds / 1_000))
        if let membership = station.node.membership {
            record.add("mesh", membership.mesh.text)
            record.add("number", Int(membership.number.raw))
            record.add("founder", membership.founder != nil)
            if station.node.isLeftOut(membership.number) {
                record.add("absence", Refusal.leftOut.sentence)
            }
        }
        record.add("members", memberCount)
        record.add("heard", heardWithinAnHour(at: now))
        record.add("region", settings.region.name)
        record.add("frequencyHz", settings.frequency)
        record.add("spreadingFactor", node.modulation.spreadingFactor.rawValue)
        record.add("bandwidthHz", node.modulation.bandwidth.hertz)
        record.add("powerDBm", settings.power)
        record.add("airtimeUsedMs", Int(station.airtimeUsed(at: now).wholeMilliseconds))
        record.add("airtimeBudgetMs", Int(station.ledger.budget.wholeMilliseconds))
        record.add("framesSent", station.node.statistics.framesSent)
        record.add("bytesSent", station.node.statistics.bytesSent)
        record.add("framesHeard", station.node.statistics.framesHeard)
        record.add("framesDamaged", station.node.statistics.damaged)
        record.add("framesForeign", station.node.statistics.foreign)
        record.add("framesReplayed", station.node.statistics.replayed)
        record.add("radioRestarts", station.health.restarts)
        if let fault = station.health.fault { record.add("radioFault", fault.sentence) }
        record.add("keys", station.node.replica.live.count)
        record.add("keyCapacity", station.node.replica.live.capacity)
        record.add("keysRefused", station.node.replica.refused)
        record.add("waitingForFlash", station.node.isDirty)
        record.add("flushes", station.node.statistics.flushes)
        if let fault = station.node.diskFault { record.add("diskFault", fault.sentence) }
        record.add("root", hex(station.node.root))
        return record
    }

    /// The members, one line each: this node first, then by number.
    func sendNodes(to connection: Connection) {
        for raw in UInt8(1)...254 {
            let number = Actor(raw: raw)
            guard let record = member(number), station.node.isListed(number) else { continue }
            var line = ControlRecord("node")
            line.add("number", Int(raw))
            line.add("name", record.name.text)
            line.add("self", number == station.node.membership?.number)
            if station.node.isLeftOut(number) { line.add("leftOut", true) }
            line.add("operations", Int(station.node.replica.received.head(of: number)))
            if let neighbour = station.node.neighbours[number] {
                line.add("heardMsAgo", Int((now - neighbour.heardAt).wholeMilliseconds))
                line.add("rssiDBm", neighbour.signal.rssiDBm)
                line.add("snrQuarterDB", neighbour.signal.snrQuarterDB)
                line.add("frames", neighbour.frames)
            }
            connection.send(line)
        }
        connection.succeed()
    }

    func member(_ number: Actor) -> MemberRecord? {
        station.node.member(number)
    }

    private var memberCount: Int {
        (UInt8(1)...254).filter { station.node.isListed(Actor(raw: $0)) }.count
    }

    private func heardWithinAnHour(at now: Instant) -> Int {
        (0..<station.node.neighbours.capacity).filter { index in
            guard let neighbour = station.node.neighbours[index] else { return false }
            return now - neighbour.heardAt <= .seconds(3_600)
        }.count
    }

    private func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }

}

extension ControlRecord {
    /// A step of admitting a node.
    init(_ progress: PairingProgress) {
        self.init("progress")
        switch progress {
        case .calling(let attempt):
            add("step", "calling")
            add("attempt", attempt)
        case .answered:
            add("step", "answered")
        case .admitted(let number):
            add("step", "admitted")
            add("number", Int(number.raw))
        case .confirmed(let number):
            add("step", "confirmed")
            add("number", Int(number.raw))
        case .failed(let failure):
            add("step", "failed")
            add("sentence", failure.sentence)
        }
    }
}
