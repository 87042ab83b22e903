import Base
import CRDT
import Emulation
import LoRa
import Mesh
import Node
import Simulation
import Station
import TestSupport
import Testing

@Suite(.aside) struct ProbeTests {
    private func assembled(_ seed: UInt64) throws -> FiveNodes {
        let five = try FiveNodes(seed: seed)
        five.assemble()
        #expect(five.settles())
        five.world.run(for: .seconds(60))  // Until nobody has much to say: less is lost.
        return five
    }

    private func answer(_ five: FiveNodes, _ request: Request) -> StationEffect? {
        _ = five.world.run(atMost: .seconds(60)) { five.world.outcome(of: request) != nil }
        return five.world.outcome(of: request)
    }

    // Method: what each side hears of the other is what the air's records say of the two frames.
    @Test("a probe tells how both sides hear each other", arguments: Seed.slice(5))
    func across(seed: Seed) throws {
        let five = try assembled(seed.number)
        let world = five.world
        world.keepsEvents = true
        world.events = []
        let probe = world.probe(Actor(raw: 4), from: 1)
        guard case .echoed(probe, let echo) = answer(five, probe) else {
            Issue.record("no echo, replay: make test SEED=\(seed)")
            return
        }
        func heard(_ listener: Int, _ sender: Int) -> [Signal] {
            world.events.compactMap { event in
                guard case .air(let record) = event,
                    case .received(let node, let from, let signal) = record.kind,
                    node.index == listener, from.index == sender
                else { return nil }
                return signal
            }
        }
        #expect(
            heard(3, 1).contains {
                $0.rssiDBm == echo.there.rssiDBm && $0.snrQuarterDB == echo.there.snrQuarterDB
            })
        #expect(
            heard(1, 3).contains {
                $0.rssiDBm == echo.here.rssiDBm && $0.snrQuarterDB == echo.here.snrQuarterDB
            })
        let modulation = FiveNodes.channel.modulation
        #expect(
            echo.timeOnAir
                == modulation.timeOnAir(payloadSize: 19) + modulation.timeOnAir(payloadSize: 21))
        #expect(echo.roundTrip >= echo.timeOnAir && echo.roundTrip < .seconds(2))
        #expect(world.read(3) { $0.node.statistics.probesAnswered } == 1)
    }

    @Test("a stopped node, a blocked link: no answer, in bounded time")
    func noAnswer() throws {
        let five = try assembled(3)
        let world = five.world
        for isStopped in [true, false] {
            if isStopped { world.stop(3) } else { five.block(1, true) }
            let begin = world.now
            let probe = world.probe(Actor(raw: isStopped ? 4 : 5), from: 1)
            #expect(answer(five, probe) == .refused(probe, .noAnswer))
            #expect(world.now - begin < .seconds(10))
        }
        five.block(1, false)
        let probe = world.probe(Actor(raw: 5), from: 1)
        guard case .echoed = answer(five, probe) else {
            Issue.record("no echo once the link is open")
            return
        }
    }

    @Test("what cannot be probed is refused at once")
    func refusals() throws {
        let five = try FiveNodes(seed: 4)
        let world = five.world
        let early = world.probe(Actor(raw: 2), from: 0)
        #expect(world.outcome(of: early) == .refused(early, .notMember))
        five.assemble()
        #expect(five.settles())
        world.run(for: .seconds(60))
        let own = world.probe(Actor(raw: 1), from: 0)
        #expect(world.outcome(of: own) == .refused(own, .ownNumber))
        let stranger = world.probe(Actor(raw: 99), from: 0)
        #expect(world.outcome(of: stranger) == .refused(stranger, .unknownMember(number: 99)))
        let first = world.probe(Actor(raw: 2), from: 0)
        let second = world.probe(Actor(raw: 3), from: 0)
        #expect(world.outcome(of: second) == .refused(second, .underWay))
        guard case .echoed = answer(five, first) else {
            Issue.record("\(String(describing: world.outcome(of: first)))")
            return
        }
    }

    @Test("who asks at once again, waits until an answer may come")
    func rate() throws {
        let five = try assembled(5)
        let world = five.world
        let begin = world.now
        var answered = 0
        for _ in 0..<10 {
            let probe = world.probe(Actor(raw: 2), from: 2)
            if case .echoed = answer(five, probe) { answered += 1 }
        }
        #expect(answered >= 8, "a beacon may collide with one")
        #expect(world.now - begin > .seconds(9))
        #expect(world.read(1) { $0.node.statistics.probesDropped } == 0)
    }

    // Method: a table of neighbours, as a node keeps it, and an asker without manners.
    @Test("a member is answered once a second at most, whatever it asks")
    func manners() {
        var neighbours = Neighbours(capacity: 4)
        let asker = Actor(raw: 7)
        var echoes = 0
        for tenth in 0..<100 {
            let now = Instant.start + .milliseconds(100) * tenth
            neighbours.heard(asker, Signal(rssiDBm: -80, snrQuarterDB: 0), at: now)
            if neighbours.takeEcho(for: asker, at: now) { echoes += 1 }
        }
        #expect(echoes == 10)
        let isStrangerAnswered = neighbours.takeEcho(for: Actor(raw: 8), at: .start)
        #expect(!isStrangerAnswered, "never heard")
    }

    @Test("a test frame is heard by all who listen, and does nothing else")
    func test() throws {
        let five = try FiveNodes(seed: 6, keepsEvents: true)
        let world = five.world
        world.observe(1)
        let test = world.sendTest("is anybody there?", from: 0)
        let timeOnAir = FiveNodes.channel.modulation.timeOnAir(payloadSize: 22)
        #expect(answer(five, test) == .testSent(test, timeOnAir: timeOnAir))
        world.run(for: .seconds(1))
        #expect(world.read(1) { $0.node.statistics.testsHeard } == 1)
        #expect(world.read(1) { $0.airtimeUsed(at: .start + .seconds(60)) } == .zero)
        let used = world.read(0) { $0.airtimeUsed(at: .start + .seconds(60)) }
        #expect(used == timeOnAir, "law 3: it is in the ledger")
        let heard: [(Int, HeardFrame)] = world.events.compactMap { event in
            if case .station(let index, .heard(let frame)) = event { (index, frame) } else { nil }
        }
        #expect(heard.count == 1)
        #expect(heard.first?.0 == 1, "only where somebody listens")
        #expect(heard.first?.1.text.text == "is anybody there?")
        #expect(heard.first?.1.header?.sender == Actor(raw: 0))
    }

    // Method: test frames without a pause; the ledger's budget is a tenth of an hour.
    @Test("where airtime is spent, a test frame is refused with the time to wait")
    func spent() throws {
        let five = try FiveNodes(seed: 7)
        let world = five.world
        let text = String(repeating: "x", count: 100)
        var refusal: Refusal?
        var count = 0
        while refusal == nil, count < 5_000 {
            let test = world.sendTest(text, from: 0)
            if case .refused(_, let why) = answer(five, test) { refusal = why }
            count += 1
        }
        guard case .noAirtime(let wait) = refusal else {
            Issue.record("\(String(describing: refusal)) after \(count)")
            return
        }
        #expect(wait > .zero && wait <= .seconds(3_600))
        let used = world.read(0) { $0.ledger.used(at: Instant(sinceStart: world.now - .start)) }
        #expect((used ?? .zero) <= .seconds(360))
    }
}
