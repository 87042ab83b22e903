import Base
import LoRa

/// Channel activity detection, and levels.
extension Air {
    /// Activity detection finds what was there for a symbol or more, preamble or not (AN1200.48 §1).
    func endSensing(of index: Int, from: Instant, until: Instant, at moment: Instant) {
        begin(.idle, of: index, until: .distantFuture)
        let chip = chips[index]
        var activity = ChannelActivity.clear
        if let radio = chip.radio, !faults[index].isDeaf {
            for other in nodes.indices where other != index {
                guard let flight = nodes[other].flight, !isBlocked(index, other),
                    flight.isAlike(radio),
                    min(flight.end, until) - max(flight.start, from) >= flight.modulation.symbol,
                    reaches(flight, from: other, to: index, radio)
                else { continue }
                activity = .busy
            }
        }
        let next = chip.sensed(activity, at: moment)
        noteInterrupt(of: index)
        if let next { perform(next, of: index, at: moment) }
    }

    /// What all frames on the air and the noise amount to where `node` listens, in dBm.
    func level(at node: Int) -> Double {
        guard let radio = chips[node].radio else { return propagation.noise(in: .khz125) }
        var sum = propagation.noise(in: radio.modulation.bandwidth)
        guard !faults[node].isDeaf else { return faults[node].frozenRSSI ?? sum }
        for place in 0..<transmitters.count where transmitters[place] != node {
            let other = transmitters[place]
            guard let flight = nodes[other].flight, !isBlocked(node, other),
                abs(flight.radio.frequency - radio.frequency) < flight.modulation.bandwidth.hertz
            else { continue }
            sum = Decibel.sum(sum, power(of: other, at: node))
        }
        return sum
    }
}
