import Base
import LoRa
import Node

/// Listen before talk, where the region asks for it.
extension Station where Radio: ~Copyable, Storage: ~Copyable {
    var isMeasuring: Bool { if case .measuring = state { true } else { false } }

    /// Activity detection finds LoRa only; the law asks for any energy.
    mutating func measure(
        _ rule: ListenBeforeTalk, at now: Instant, into output: inout Effects<StationEffect>
    ) {
        let start = now + .milliseconds(1)  // Until the receiver has settled.
        state = .measuring(rule, lookAt: start, endAt: start + rule.duration)
        attempt(at: now, into: &output) { (radio) throws(ModemFault) in try radio.listen() }
    }

    /// Looks at the level, five times and at the end.
    mutating func look(
        _ rule: ListenBeforeTalk, until end: Instant, at now: Instant,
        into output: inout Effects<StationEffect>
    ) {
        do throws(ModemFault) {
            if try radio.levelDBm() > rule.thresholdDBm {
                finishMeasuring(.busy, at: now)
            } else if now >= end {
                finishMeasuring(.clear, at: now)
            } else {
                let next = min(now + rule.duration / 5, end)
                state = .measuring(rule, lookAt: next, endAt: end)
            }
        } catch {
            fail(error, at: now, into: &output)
        }
    }

    mutating func finishMeasuring(_ activity: ChannelActivity, at now: Instant) {
        state = .listening(checkAt: now + checkInterval)
        node.handle(.channel(activity), at: now, into: &effects)
    }
}
