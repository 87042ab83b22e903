import Base
import LoRa

/// Channel activity detection.
extension Air {
    func endSensing(of index: Int, from: Instant, until: Instant, at moment: Instant) {
        begin(.idle, of: index, until: .distantFuture)
        let next = chips[index].sensed(
            sense(index, from: from, until: until), at: moment)
        noteInterrupt(of: index)
        if let next { perform(next, of: index, at: moment) }
    }

    /// It finds what was there for a symbol or more: an SX126x preamble or not (AN1200.48 §1), an
    /// SX1276 a preamble only (SX1276 datasheet §4.1.6).
    private func sense(_ index: Int, from: Instant, until: Instant) -> ChannelActivity {
        guard let radio = chips[index].radio, !faults[index].isDeaf else { return .clear }
        for other in nodes.indices where other != index {
            guard let flight = nodes[other].flight, !isBlocked(index, other),
                flight.isAlike(radio)
            else { continue }
            let end = radio.family == .sx127x ? min(flight.end, flight.preambleEnd) : flight.end
            guard min(end, until) - max(flight.start, from) >= flight.modulation.symbol,
                notices(flight, of: other, at: index, radio, from: from, until: until)
            else { continue }
            return .busy
        }
        let isAlarmed = propagation.falseAlarms > 0 && dice.unit() < propagation.falseAlarms
        return isAlarmed ? .busy : .clear
    }

    private func notices(
        _ flight: Flight, of other: Int, at index: Int, _ radio: RadioSettings, from: Instant,
        until: Instant
    ) -> Bool {
        let margin = margin(flight, from: other, to: index, radio, between: from, and: until)
        let share = propagation.demodulation.share(atMargin: margin) * (1 - propagation.misses)
        return share >= 1 || share > 0 && dice.unit() < share
    }
}
