import LoRa

/// How strongly a frame arrived, in dBm and dB.
struct ReceivedSignal {
    /// Signal and noise together.
    var rssi: Double
    var snr: Double
    /// The signal alone.
    var signal: Double

    /// As GetPacketStatus of an SX126x has it (datasheet §13.5.3).
    var encoded: (rssi: UInt8, snr: Int8, signal: UInt8) {
        (Self.encode(dBm: rssi), snrQuarters, Self.encode(dBm: signal))
    }

    /// The signal-to-noise ratio in quarters of a dB, as all chips have it.
    var snrQuarters: Int8 { Int8(max(-128, min(127, (snr * 4).rounded()))) }

    /// As `Signal` has it.
    var rounded: Signal {
        Signal(
            rssiDBm: -Int(encoded.rssi) / 2, snrQuarterDB: Int(encoded.snr),
            signalDBm: -Int(encoded.signal) / 2)
    }

    static func encode(dBm: Double) -> UInt8 { UInt8(max(0, min(255, (dBm * -2).rounded()))) }
}

/// What a receiver has made of a frame.
struct Reception {
    enum Quality { case whole, damaged, headerDamaged }

    /// Bytes of payload, as the receiver counts them.
    var size: Int
    var quality: Quality
    var signal: ReceivedSignal
    /// Whether there is a checksum to check: without one, damage is not noticed.
    var hasChecksum: Bool
    var codingRate: CodingRate
    /// By how many hertz the frame's frequency was above the receiver's.
    var frequencyError = 0
}

/// Whether and how a receiver reads a flight it has locked on: what both ends must agree on.
extension Flight {
    /// Whether a receiver so set can lock on it, given power enough.
    func suits(_ receiver: RadioSettings) -> Bool {
        isAlike(receiver) && receiver.syncWord == radio.syncWord
            && receiver.format.invertsIQ == radio.format.invertsIQ
    }

    /// Same frequency, bandwidth and spreading factor: what activity detection can tell.
    func isAlike(_ receiver: RadioSettings) -> Bool {
        receiver.modulation.spreadingFactor == modulation.spreadingFactor
            && receiver.modulation.bandwidth == modulation.bandwidth
            && receiver.speaks(like: radio.family)
            && offset(from: receiver)
                <= max(modulation.bandwidth.hertz / 4, receiver.spuriousOffset)
    }

    /// How far it is beside a receiver's frequency, in hertz.
    private func offset(from receiver: RadioSettings) -> Int {
        abs(receiver.frequency - radio.frequency)
    }

    /// By how many dB such a receiver hears less of it than of one on its own frequency.
    func rejection(by receiver: RadioSettings) -> Double {
        offset(from: receiver) <= modulation.bandwidth.hertz / 4
            ? 0 : SX1276Chip.spuriousRejection
    }

    /// What a receiver so set makes of it, were there no other frames.
    ///
    /// With an explicit header, size, coding rate and checksum are the sender's. Without one the
    /// receiver goes by its own settings, and takes a header for payload.
    func reading(by receiver: RadioSettings) -> (size: Int, quality: Reception.Quality, Bool) {
        switch (receiver.format.header, radio.format.header) {
        case (.explicit, .explicit):
            return (size, suitsPayload(receiver) ? .whole : .damaged, radio.format.hasChecksum)
        case (.explicit, .implicit):
            return (0, .headerDamaged, false)
        case (.implicit(let expected), let sent):
            let checks = receiver.format.hasChecksum
            let isRight =
                sent != .explicit && suitsPayload(receiver)
                && receiver.modulation.codingRate == modulation.codingRate
                && (expected == size ? !checks || radio.format.hasChecksum : false)
            return (expected, isRight ? .whole : .damaged, checks)
        }
    }

    private func suitsPayload(_ receiver: RadioSettings) -> Bool {
        receiver.lowDataRateOptimize == radio.lowDataRateOptimize
    }
}
