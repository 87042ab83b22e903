import Base
import CRDT
import LoRa
import Mesh
import Node
import Station

/// What clients of the control socket can ask of the radio.
///
///     radio-status                its health and its counts
///     radio-airtime               the budget of each sub-band
///     radio-listen                each frame as it is heard, and the level once a second
///     radio-send text=T           a test frame; answered once it is off the air
///     radio-ping node=N           a probe of a member, by number or name
///     radio-probe                 a check of the radio in use, with a test frame at its end
extension Agent {
    /// - Returns: Whether the request is one of these.
    func handleRadio(
        _ line: ControlRecord, from connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) -> Bool {
        connection.question = .plain
        if line.isWord("radio-status") {
            connection.send(radioStatus(into: &output))
            for kind in ModemFault.Kind.allCases where station.health.count(of: kind) > 0 {
                var record = ControlRecord("fault")
                record.add("kind", kind.name.description)
                record.add("count", station.health.count(of: kind))
                connection.send(record)
            }
            connection.succeed()
        } else if line.isWord("radio-airtime") {
            sendAirtime(to: connection)
        } else if line.isWord("radio-listen") {
            connection.send(settings.radioRecord)
            connection.isListening = true
            beginSampling()
        } else if line.isWord("radio-send") {
            sendTest(line, connection, request, into: &output)
        } else if line.isWord("radio-ping") {
            ping(line, connection, request, into: &output)
        } else if line.isWord("radio-probe") {
            check(connection, request, into: &output)
        } else {
            return false
        }
        return true
    }

    private func sendTest(
        _ line: ControlRecord, _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        guard let text = TestText(line.bytes("text") ?? []) else {
            return connection.fail(Refusal.tooLong(limit: 100).sentence)
        }
        connection.question = .test
        connection.request = request
        station.sendTest(text, request, at: now, into: &output)
    }

    private func ping(
        _ line: ControlRecord, _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        let name = line.text("node")
        guard let target = actor(named: name) else {
            return connection.fail(
                "the mesh has no node '\(name)'; 'lichen nodes' lists its members")
        }
        connection.question = .ping
        connection.request = request
        station.probe(target, request, at: now, into: &output)
    }

    /// The member that has this number, or this name.
    private func actor(named text: String) -> Actor? {
        if let number = Int(text) {
            return (1...254).contains(number) ? Actor(raw: UInt8(number)) : nil
        }
        for raw in UInt8(1)...254 {
            let number = Actor(raw: raw)
            if let record = member(number), station.node.isListed(number),
                record.name.text.utf8.elementsEqual(text.utf8)
            {
                return number
            }
        }
        return nil
    }

    /// All but the transmitter can be looked at at once; for that a test frame goes out.
    private func check(
        _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        connection.send(radioStatus(into: &output))
        if let level = station.measureLevel(at: now, into: &output) {
            var record = ControlRecord("noise")
            record.add("frequencyHz", settings.frequency)
            record.add("levelDBm", level)
            connection.send(record)
        }
        guard station.health.fault == nil else {
            return tell(connection, station.verdict(after: nil, at: now))
        }
        connection.question = .check
        connection.request = request
        station.sendTest(TestText("lichen probe") ?? TestText(), request, at: now, into: &output)
    }

    // MARK: Answers

    /// Tells a client that what it asked for was not done; lost pings are no errors of theirs.
    func refuse(_ connection: Connection, _ refusal: Refusal) {
        switch (connection.question, refusal) {
        case (.ping, .noAnswer), (.ping, .notSent), (.ping, .radioFailed):
            var record = ControlRecord("lost")
            record.add("sentence", refusal.sentence)
            connection.send(record)
            connection.succeed()
        case (.check, _):
            var record = ControlRecord("transmitter")
            record.add("sentence", refusal.sentence)
            connection.send(record)
            tell(connection, station.verdict(after: .refused(Request(id: 0), refusal), at: now))
        case (.ping, _), (.plain, _), (.test, _), (.store, _):
            connection.fail(refusal.sentence)
        }
    }

    /// A test frame is off the air.
    func testWasSent(_ connection: Connection, _ timeOnAir: Duration) {
        var record = ControlRecord("sent")
        record.add("onAirMs", Int(timeOnAir.roundedMilliseconds))
        let budget = station.ledger.budget
        let left = max(.zero, budget - station.airtimeUsed(at: now))
        record.add("airtimeLeftMs", Int(left.wholeMilliseconds))
        record.add("airtimeBudgetMs", Int(budget.wholeMilliseconds))
        connection.send(record)
        if connection.question == .check {
            tell(connection, station.verdict(after: nil, at: now))
        } else {
            connection.succeed()
        }
    }

    private func tell(_ connection: Connection, _ verdict: RadioVerdict) {
        connection.send(ControlRecord(verdict))
        connection.succeed()
    }
}
