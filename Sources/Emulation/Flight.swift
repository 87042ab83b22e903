import Base
import LoRa

/// A frame on the air, or the last one a chip had there.
struct Flight {
    var start: Instant
    var end: Instant
    /// From here on a collision destroys it, and nobody can lock on it any more: what is left of
    /// the preamble is as short as a receiver needs (`Propagation.lockSymbols`).
    var lockLimit: Instant
    /// From here on the header is over; without one, the preamble.
    var headerEnd: Instant
    /// What its sender was set to.
    var radio: RadioSettings
    /// Radiated power in dBm.
    var power: Double
    var size: Int

    var modulation: Modulation { radio.modulation }

    init(start: Instant, radio: RadioSettings, propagation: Propagation) {
        let modulation = radio.modulation
        let symbol = modulation.symbol
        self.start = start
        self.radio = radio
        size = radio.payloadSize
        guard radio.emission == .frame else {
            size = 0
            end = .distantFuture
            lockLimit = start - symbol  // Nobody can lock on it.
            headerEnd = .distantFuture
            power = radio.power
            return
        }
        end = start + modulation.timeOnAir(payloadSize: size, format: radio.format)
        lockLimit = start + symbol * max(0, modulation.preamble - propagation.lockSymbols)
        // Preamble, sync word and start (4.25), then the header's block of 8 symbols (§6.1.4).
        headerEnd =
            start
            + symbol * (modulation.preamble + (radio.format.header == .explicit ? 13 : 5))
        power = radio.power
    }

    /// The end of preamble, sync word and start.
    var preambleEnd: Instant { start + modulation.symbol * (modulation.preamble + 5) }

    /// Whether the two are in each other's way: frequencies close (LoRaSim), the same bandwidth.
    func meets(_ other: Flight) -> Bool {
        let isTone = radio.emission == .carrier || other.radio.emission == .carrier
        return (isTone || modulation.bandwidth == other.modulation.bandwidth)
            && abs(radio.frequency - other.radio.frequency)
                <= Propagation.guardBand(of: modulation.bandwidth)
    }
}

/// A receiver's hold on a frame.
struct Lock {
    var transmitter: Int
    var isDamaged = false
    var headerIsDamaged = false
    /// What others have sent meanwhile, where energy counts.
    var energy = InterferenceEnergy()
    /// What its chip has been told of the frame.
    var phase = ReceptionPhase.nothing
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
    case sensing(from: Instant, until: Instant)
    /// Its radio part is off, and goes on at the node's event.
    case waiting
}
