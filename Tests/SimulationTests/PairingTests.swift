import Base
import CRDT
import Crypto
import Mesh
import Node
import Simulation
import Station
import TestSupport
import Testing

@Suite(.aside) struct PairingTests {
    @Test("a code that is another one is noticed, and nothing changes")
    func wrongCode() throws {
        let five = try FiveNodes(seed: 1)
        let world = five.world
        _ = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        let right = try #require(world.read(1) { $0.node.pairingCode } ?? nil)
        // The same node is meant, another secret is typed.
        var digits = right.password
        digits[4] = (digits[4] + 1) & 31
        var wrong: PairingCode?
        for check in UInt8(0)..<32 where wrong == nil {
            digits[11] = check
            wrong = PairingCode(bytes: digits.span)
        }
        let request = world.pair(try #require(wrong), by: 0)
        world.run(for: .seconds(60))
        #expect(world.outcome(of: request) == .pairing(request, .failed(.wrongCode)))
        #expect(world.read(1) { $0.node.membership == nil } == true)
        #expect(world.read(0) { $0.node.replica.live.count } == 1)
        #expect(five.pair(1) == .confirmed(Actor(raw: 2)), "the right one still works")
    }

    @Test("nobody answers a code that nobody has")
    func noAnswer() throws {
        let five = try FiveNodes(seed: 1)
        _ = five.world.found("valley", on: 0)
        five.world.run(for: .seconds(1))
        var entropy = Entropy(seed: FixedBytes<32>(repeating: 77))
        let request = five.world.pair(PairingCode(entropy: &entropy), by: 0)
        five.world.run(for: .seconds(60))
        #expect(five.world.outcome(of: request) == .pairing(request, .failed(.noAnswer)))
    }

    @Test("only a founder admits, and one node at a time")
    func refusals() throws {
        let five = try FiveNodes(seed: 1)
        let world = five.world
        let early = world.pair(1, by: 0)
        #expect(world.outcome(of: early) == .pairing(early, .failed(.notMember)))
        _ = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        #expect(five.pair(1) == .confirmed(Actor(raw: 2)))
        let byMember = world.pair(2, by: 1)
        #expect(world.outcome(of: byMember) == .pairing(byMember, .failed(.notFounder)))
        _ = world.pair(2, by: 0)
        let second = world.pair(3, by: 0)
        #expect(world.outcome(of: second) == .pairing(second, .failed(.busy)))
        let again = world.found("other", on: 0)
        #expect(world.outcome(of: again) == .refused(again, .alreadyMember))
    }

    // Method: cut the joiner's power at its first, second, … commit of the admission, start it
    // again, and pair again if it is no member. It must end as one member, under one number.
    @Test("power lost by the joiner at any commit leads to no half member", arguments: 1...4)
    func joinerLosesPower(commits: Int) throws {
        let five = try FiveNodes(seed: 11)
        let world = five.world
        _ = world.found("valley", on: 0)
        world.run(for: .seconds(1))
        world.platter(of: 1).commitsUntilCut = commits
        _ = five.pair(1)
        if !world.isRunning(1) {
            try world.start(1)
            world.run(for: .seconds(1))
        }
        world.platter(of: 1).restorePower()
        if world.read(1, { $0.node.membership == nil }) == true {
            #expect(five.pair(1) == .confirmed(Actor(raw: 2)))
        }
        world.run(for: .seconds(60))
        #expect(world.read(1) { $0.node.membership?.number } == Actor(raw: 2))
        #expect(world.read(0) { $0.node.replica.live.count } == 2)
        _ = world.set("from", to: "joiner", on: 1)
        #expect(world.run(atMost: .seconds(60)) { world.value(of: "from", on: 0) == "joiner" })
    }
}
