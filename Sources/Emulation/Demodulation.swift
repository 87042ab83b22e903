/// What becomes of frames whose signal is near the floor of their spreading factor.
public enum Demodulation: Equatable, Sendable {
    /// At the floor and above all are read, below none is found (LoRaSim).
    case step
    /// The share that is read is a logistic function of the margin above the floor, in dB:
    /// 1 / (1 + e^(−steepness · (margin + 1.5))).
    ///
    /// Fitted to the bit error rate of Elshabrawy and Robert ("Closed-Form Approximation of LoRa
    /// Modulation BER Performance", IEEE Communications Letters, 2018, eq. 23) for 160 bits at SF7:
    /// 2 % are lost at the floor, 23 % one dB below it, 80 % two dB below. Semtech tells
    /// sensitivities for 1 % lost.
    case logistic(steepness: Double)

    /// The steepness of the fit, per dB.
    public static var fittedSteepness: Double { 2.6 }

    /// The margin at which half is read, in dB.
    private static var midpoint: Double { -1.5 }

    /// The least margin at which a preamble is found, in dB: where one frame of a thousand is read.
    var lockMargin: Double {
        switch self {
        case .step: 0
        case .logistic(let steepness): Self.midpoint - 6.9 / steepness
        }
    }

    /// The share of frames that are read at a margin, or of symbols that are sensed.
    func share(atMargin margin: Double) -> Double {
        switch self {
        case .step: margin >= 0 ? 1 : 0
        case .logistic(let steepness):
            // As a ratio of powers, since that is what is at hand: e^x = 10^(10 · x · log₁₀ e / 10).
            1 / (1 + Decibel.power(-steepness * (margin - Self.midpoint) * 4.342_944_819_032_518))
        }
    }
}
