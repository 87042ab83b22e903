import Base
import LoRa

/// A place in metres.
public struct Position: Equatable, Sendable {
    /// East, in metres.
    public var x: Double
    /// North, in metres.
    public var y: Double

    /// A place.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// How a signal fades, and what of it can still be read: the constants of the air.
public struct Propagation: Sendable {
    /// Loss in dB at `referenceDistance` (LoRaSim, Bor et al., "Do LoRa Low-Power Wide-Area
    /// Networks Scale?", 2016, table 1).
    public var referenceLoss = 127.41
    /// In metres (LoRaSim).
    public var referenceDistance = 40.0
    /// Path loss exponent γ (LoRaSim).
    public var exponent = 2.08
    /// Receiver's noise figure in dB (SX1262 sensitivities, as SX1276's in AN1200.22 §4).
    public var noiseFigure = 6.0
    /// By how many dB a frame must be above another of its spreading factor to survive it (LoRaSim;
    /// Goursaud and Gorce, 2015).
    public var captureMargin = 6.0
    /// Symbols of preamble that a receiver needs to lock; before them a collision is harmless
    /// (LoRaSim §4.1).
    public var lockSymbols = 5

    /// LoRaSim's air.
    public init() {}

    /// Loss between two places in dB; never negative.
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
