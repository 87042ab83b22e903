import Base
import LoRa

/// A frame on the air, or the last one a chip had there.
struct Flight {
    var start: Instant
    var end: Instant
    /// From here on a collision destroys it, and nobody can lock on it any more: what is left of
    /// the preamble is as short as a receiver needs (`Propagation.lockSymbols`).
    var lockLimit: Instant
    /// From here on the header is over.
    var headerEnd: Instant
    var frequency: Int
    var modulation: Modulation
    var syncWord: UInt16
    var invertsIQ: Bool
    /// Radiated power in dBm.
    var power: Double
    var size: Int

    init(start: Instant, settings: ChipSettings, syncWord: UInt16, propagation: Propagation) {
        let modulation = settings.frameModulation!
        let symbol = modulation.symbol
        size = Int(settings.payloadSize)
        self.start = start
        self.modulation = modulation
        self.syncWord = syncWord
        end = start + modulation.timeOnAir(payloadSize: size)
        lockLimit = start + symbol * max(0, modulation.preamble - propagation.lockSymbols)
        // Preamble, sync word and start (4.25), then the header's block of 8 symbols (§6.1.4).
        headerEnd = start + symbol * (modulation.preamble + 13)
        frequency = settings.frequency
        invertsIQ = settings.invertsIQ
        power = settings.outputPower
    }

    /// Whether a receiver so set can lock on it, given power enough. (CR is in the header.)
    func suits(_ settings: ChipSettings, syncWord: UInt16) -> Bool {
        guard isAlike(settings) else { return false }
        return syncWord == self.syncWord && settings.invertsIQ == invertsIQ
    }

    /// Same frequency, bandwidth and spreading factor: what activity detection can tell.
    func isAlike(_ settings: ChipSettings) -> Bool {
        guard let wanted = settings.modulation else { return false }
        return wanted.spreadingFactor == modulation.spreadingFactor
            && wanted.bandwidth == modulation.bandwidth
            && abs(settings.frequency - frequency) <= modulation.bandwidth.hertz / 4
    }

    /// Whether the two disturb each other: the same spreading factor, frequencies close. Others
    /// count as orthogonal (LoRaSim).
    func disturbs(_ other: Flight) -> Bool {
        modulation.spreadingFactor == other.modulation.spreadingFactor
            && modulation.bandwidth == other.modulation.bandwidth
            && abs(frequency - other.frequency) <= Propagation.guardBand(of: modulation.bandwidth)
    }
}

/// A receiver's hold on a frame.
struct Lock {
    var transmitter: Int
    var isDamaged = false
    var headerIsDamaged = false
}

/// What a chip's radio part is doing.
enum Activity {
    case idle
    /// The transmitter comes up, its frame starts at the node's event.
    case rampingUp
    case transmitting
    /// The receiver comes up, it hears from the node's event on.
    case settling
    case receiving
    case sensing(from: Instant)
}
