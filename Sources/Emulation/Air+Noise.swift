import Base
import LoRa

/// What there is beside the wanted frame: noise, and what makes it.
extension Air {
    /// Noise where a node listens, in dBm, with all interferers that are on between two moments.
    func noise(
        at node: Int, _ frequency: Int, _ bandwidth: Bandwidth, from start: Instant, to end: Instant
    ) -> Double {
        var sum = propagation.noise(in: bandwidth)
        for interferer in interferers {
            guard interferer.isOn(from: start, to: end),
                let power = interferer.power(at: frequency, bandwidth)
            else { continue }
            let loss = propagation.loss(from: interferer.position, to: nodes[node].position)
            sum = Decibel.sum(sum, power - loss + nodes[node].antennaGain)
        }
        return sum
    }

    /// By how many dB a frame is above what the receiver can demodulate, in the noise between two
    /// moments.
    func margin(
        _ flight: Flight, from transmitter: Int, to receiver: Int, _ radio: RadioSettings,
        between start: Instant, and end: Instant
    ) -> Double {
        let noise = noise(
            at: receiver, radio.frequency, flight.modulation.bandwidth, from: start, to: end)
        return power(of: transmitter, at: receiver) - flight.radio.transmitLoss
            - radio.receiveLoss - flight.rejection(by: radio) - noise
            - Propagation.floor(of: flight.modulation.spreadingFactor)
    }

    /// Whether chance, and what comes in bursts, let a frame through that nothing else has destroyed.
    func isReadByChance(
        _ flight: Flight, from transmitter: Int, to receiver: Int, _ radio: RadioSettings
    ) -> Bool {
        if bursts[receiver]?.destroys(at: flight.end) == true { return false }
        guard propagation.demodulation != .step || !interferers.isEmpty else { return true }
        let margin = margin(
            flight, from: transmitter, to: receiver, radio, between: flight.start, and: flight.end)
        let share = propagation.demodulation.share(atMargin: margin)
        return share >= 1 || dice.unit() < share
    }

    /// What a receiver measures: levels waver by a decibel, those of a stuck receiver do not.
    func reading(at node: Int, _ moment: Instant) -> Double {
        if faults[node].isDeaf, let frozen = faults[node].frozenRSSI { return frozen }
        return level(at: node, moment) + chips[node].dice.normal()
    }

    /// What all frames on the air and the noise amount to where `node` listens, in dBm.
    func level(at node: Int, _ moment: Instant) -> Double {
        guard let radio = chips[node].radio else { return propagation.noise(in: .khz125) }
        let bandwidth = radio.modulation.bandwidth
        guard !faults[node].isDeaf else { return propagation.noise(in: bandwidth) }
        var sum = noise(at: node, radio.frequency, bandwidth, from: moment, to: moment)
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
