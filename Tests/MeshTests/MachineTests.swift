import Base
import CRDT
import Crypto
import LoRa
import Mesh
import TestSupport
import Testing

@Suite struct MediumTests {
    private let slot = Duration.milliseconds(10)

    @Test("a busy channel is sensed again later, each time within a wider window, and then sent on")
    func backOff() {
        var medium = Medium(slot: slot, dice: Dice(seed: 1))
        var effects = Effects<Medium.Effect>(capacity: 4)
        var now = Instant.start
        medium.handle(.frameQueued, at: now, into: &effects)
        for attempt in 1...8 {
            let sensing = effects.popFirst()
            #expect(sensing == .senseChannel)
            medium.handle(.channel(.busy), at: now, into: &effects)
            guard case .wake(let time)? = effects.popFirst() else {
                Issue.record("no wake")
                return
            }
            #expect(time > now && time - now <= slot * (1 << min(attempt, 5)))
            medium.handle(.timer, at: now, into: &effects)
            let early = effects.popFirst()
            #expect(early == .wake(at: time), "it rang early")
            now = time
            medium.handle(.timer, at: now, into: &effects)
        }
        _ = effects.popFirst()
        medium.handle(.channel(.clear), at: now, into: &effects)
        let sending = effects.popFirst()
        #expect(sending == .transmit)
        medium.handle(.sent, at: now, into: &effects)
        #expect(medium.isIdle)
    }

    // Method: any events in any order; it must never trap, and never ask to send without having
    // been told that the channel is clear.
    @Test("stale events change nothing", arguments: Seed.slice(50))
    func anyOrder(seed: Seed) {
        var dice = Dice(seed)
        var medium = Medium(slot: slot, dice: dice.split())
        var effects = Effects<Medium.Effect>(capacity: 4)
        var now = Instant.start
        for _ in 0..<200 {
            now = now + .milliseconds(Int64(dice.roll(0..<30)))
            let events: [Medium.Event] = [
                .frameQueued, .channel(.busy), .channel(.clear), .sent, .timer, .reset,
                .refused(until: now + .milliseconds(25)),
            ]
            let event = events[dice.roll(0..<events.count)]
            medium.handle(event, at: now, into: &effects)
            while let effect = effects.popFirst() {
                if effect == .transmit { #expect(event == .channel(.clear)) }
            }
        }
    }
}

@Suite struct BeaconTimerTests {
    @Test("intervals double up to the longest, and begin anew when something changes")
    func intervals() {
        var timer = BeaconTimer(
            shortest: .seconds(5), longest: .seconds(150), at: .start, dice: Dice(seed: 1))
        var now = Instant.start
        var pauses: [Duration] = []
        for _ in 0..<12 {
            pauses.append(timer.dueAt - now)
            now = timer.dueAt
            let isDue = timer.takeDue(at: now)
            #expect(isDue)
        }
        var interval = Duration.seconds(5)
        for pause in pauses {
            #expect(pause >= interval / 2 && pause <= interval, "\(pause) of \(interval)")
            interval = min(interval * 2, .seconds(150))
        }
        timer.hurry(at: now)
        #expect(timer.dueAt - now <= .seconds(5))
    }
}

@Suite struct NeighboursTests {
    @Test("when the table is full, the one silent longest gives way")
    func policy() {
        var table = Neighbours(capacity: 3)
        let signal = Signal(rssiDBm: -100, snrQuarterDB: 8)
        for (time, raw) in [1, 2, 3, 1, 4].enumerated() {
            table.heard(Actor(raw: UInt8(raw)), signal, at: .start + .seconds(time))
        }
        #expect(table[Actor(raw: 2)] == nil)
        #expect(table[Actor(raw: 1)]?.frames == 2)
        #expect(table[Actor(raw: 4)]?.heardAt == .start + .seconds(4))
    }
}

@Suite struct JoinerTests {
    @Test(
        "whatever comes in pairing frames, nothing traps and nobody joins",
        arguments: Seed.slice(20))
    func hostile(seed: Seed) {
        #expect(Sodium.start())
        var dice = Dice(seed)
        var entropy = Entropy(seed: FixedBytes<32>(repeating: 5))
        let code = PairingCode(entropy: &entropy)
        let identity = Identity(seed: entropy.bytes())
        var joiner = Joiner(
            code: code, publicKey: identity.publicKey, name: Name("hut-1") ?? Name())
        var effects = Effects<Joiner.Effect>(capacity: 8)
        for _ in 0..<100 {
            var payload = (0..<dice.roll(0..<200)).map { _ in UInt8(dice.roll(0..<256)) }
            if !payload.isEmpty { payload[0] = UInt8(dice.roll(0..<6)) }
            if payload.count >= 52, dice.roll(0..<2) == 0 {
                payload = Array(payload.prefix(52))
                for byte in 0..<3 {
                    payload[17 + byte] = UInt8(truncatingIfNeeded: code.hint >> UInt32(8 * byte))
                }
            }
            let header = FrameHeader(
                kind: .pairing, sender: Actor(raw: 0), counter: UInt32(dice.roll(0..<1 << 24)))
            joiner.receive(
                header, payload.span, at: .start + .seconds(dice.roll(0..<10_000)),
                entropy: &entropy, into: &effects)
            while let effect = effects.popFirst() { #expect(effect != .keep) }
        }
        #expect(joiner.membership == nil)
    }

    @Test("who guesses is slowed down: three tries, then ever longer pauses")
    func guessing() {
        #expect(Sodium.start())
        var entropy = Entropy(seed: FixedBytes<32>(repeating: 5))
        let code = PairingCode(entropy: &entropy)
        var joiner = Joiner(
            code: code, publicKey: Identity(seed: entropy.bytes()).publicKey, name: Name())
        var effects = Effects<Joiner.Effect>(capacity: 8)
        var offers = 0
        for second in 0..<3_600 {
            var payload: [UInt8] = [1]
            let session: FixedBytes<16> = entropy.bytes()
            for index in 0..<16 { payload.append(session[index]) }
            for byte in 0..<3 {
                payload.append(UInt8(truncatingIfNeeded: code.hint >> UInt32(8 * byte)))
            }
            let share = CPace(
                password: [1].span, channel: [2].span, session: session, entropy: &entropy
            ).share
            for index in 0..<32 { payload.append(share[index]) }
            let tag = UInt32(session[0]) | UInt32(session[1]) << 8 | UInt32(session[2]) << 16
            joiner.receive(
                FrameHeader(kind: .pairing, sender: Actor(raw: 0), counter: tag), payload.span,
                at: .start + .seconds(second), entropy: &entropy, into: &effects)
            while effects.popFirst() != nil { offers += 1 }
        }
        // Three at once, then after 10, 20, 40 … seconds.
        #expect((8...12).contains(offers), "\(offers) offers in an hour")
    }
}
