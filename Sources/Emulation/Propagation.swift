import Base
import LoRa

/// How a signal fades, and what of it can still be read: the constants of the air.
public struct Propagation: Sendable {
    /// Loss in dB at `referenceDistance` (LoRaSim, Bor et al., "Do LoRa Low-Power Wide-Area
    /// Networks Scale?", 2016, table 1).
    public var referenceLoss = 127.41
    /// In metres (LoRaSim).
    public var referenceDistance = 40.0
    /// Path loss exponent γ (LoRaSim).
    public var exponent = 2.08
    /// Log-normal shadowing: the standard deviation in dB by which a link's loss differs from its
    /// distance's, the same in both directions and for all time. LoRaSim and FLoRa have measured
    /// 3.57.
    public var shadowing = 0.0
    /// Receiver's noise figure in dB (SX1262 sensitivities, as SX1276's in AN1200.22 §4).
    public var noiseFigure = 6.0
    /// By how many dB a frame must be above another of its spreading factor to survive it (LoRaSim;
    /// Goursaud and Gorce, 2015).
    public var captureMargin = 6.0
    /// What frames of other spreading factors do.
    public var interference = Interference.sameFactor
    /// Whether a receiver leaves what it has locked on for a stronger frame, whenever that begins.
    /// A chip does so only within the first one's preamble; LoRaSim's gateway does it always.
    public var relocks = false
    /// Symbols of preamble that a receiver needs to lock; before them a collision is harmless
    /// (LoRaSim §4.1).
    public var lockSymbols = 5
    /// What becomes of frames near the floor.
    public var demodulation = Demodulation.step
    /// How often activity detection finds what is not there, per sensing. No trustworthy figure is
    /// published.
    public var falseAlarms = 0.0
    /// How often activity detection misses what is there and strong, per sensing. No trustworthy
    /// figure is published.
    public var misses = 0.0
    /// A slow change of all losses, if there is one.
    public var fading: Fading?

    /// LoRaSim's air.
    public init() {}

    /// An air like that outdoors: shadowing as LoRaSim measured it, a soft floor, and rejection
    /// between all spreading factors.
    public static var outdoors: Propagation {
        var propagation = Propagation()
        propagation.shadowing = 3.57
        propagation.demodulation = .logistic(steepness: Demodulation.fittedSteepness)
        propagation.interference = .matrix(.goursaud)
        return propagation
    }

    /// Loss between two places in dB, without shadowing; never negative.
    public func loss(from a: Position, to b: Position) -> Double {
        let square = (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y)
        let ratio = square / (referenceDistance * referenceDistance)
        guard ratio > 1e-12 else { return 0 }
        return max(0, referenceLoss + exponent * Decibel.of(ratio) / 2)
    }

    /// Thermal noise in the channel, as the receiver adds to it: −174 dBm/Hz + 10·log₁₀(bandwidth).
    public func noise(in bandwidth: Bandwidth) -> Double {
        -174 + Decibel.of(Double(bandwidth.hertz)) + noiseFigure
    }

    /// The least signal-to-noise ratio in dB that can be demodulated (SX1262 datasheet §6.1.1.2,
    /// Table 6-1).
    public static func floor(of spreadingFactor: SpreadingFactor) -> Double {
        10 - 2.5 * Double(spreadingFactor.rawValue)
    }

    /// How far apart two frequencies must be, in hertz, not to disturb each other (LoRaSim).
    static func guardBand(of bandwidth: Bandwidth) -> Int {
        switch bandwidth {
        case .khz500: 120_000
        case .khz250: 60_000
        default: 30_000
        }
    }
}

/// A change of all losses that comes and goes, as between day and night: a sine that begins at 0.
public struct Fading: Equatable, Sendable {
    /// The most by which loss rises, and falls, in dB.
    public var amplitude: Double
    /// From one rise to the next.
    public var period: Duration

    /// A change.
    public init(amplitude: Double, period: Duration = .seconds(86_400)) {
        precondition(period > .zero, "a fading without a period")
        self.amplitude = amplitude
        self.period = period
    }

    /// What it adds to losses at a moment, in dB.
    func loss(at moment: Instant) -> Double {
        let period = self.period.wholeMicroseconds
        let turn = Double(moment.microseconds % period) / Double(period)
        return amplitude * Sine.of(turns: turn)
    }
}
