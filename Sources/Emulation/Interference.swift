import LoRa

/// What frames of other spreading factors do to a frame.
public enum Interference: Sendable {
    /// Only those of the same spreading factor disturb, by `captureMargin` (LoRaSim).
    case sameFactor
    /// All disturb, those of other spreading factors the less. What counts is energy: that of all
    /// interferers of one spreading factor during the frame (ns-3's lorawan module).
    case matrix(Rejection)
}

/// How many dB a frame must be above the interference of each spreading factor, SF7…SF12, to be
/// read. None of the sources covers SF5 and SF6: those disturb only each their own, by 6 dB.
public struct Rejection: Sendable {
    /// By the spreading factor of the frame, then that of what disturbs it.
    private let rows: [6 of [6 of Double]]

    /// A table.
    public init(_ rows: [6 of [6 of Double]]) { self.rows = rows }

    /// Goursaud and Gorce, "Dedicated networks for IoT: PHY/MAC state of the art and challenges",
    /// 2015, table 2, as ns-3's lorawan module has it.
    public static var goursaud: Rejection {
        Rejection([
            [6, -16, -18, -19, -19, -20],
            [-24, 6, -20, -22, -22, -22],
            [-27, -27, 6, -23, -25, -25],
            [-30, -30, -30, 6, -26, -28],
            [-33, -33, -33, -33, 6, -29],
            [-36, -36, -36, -36, -36, 6],
        ])
    }

    /// FLoRa's, after Croce et al., "Impact of LoRa Imperfect Orthogonality", 2018.
    public static var flora: Rejection {
        Rejection([
            [1, -8, -9, -9, -9, -9],
            [-11, 1, -11, -12, -13, -13],
            [-15, -13, 1, -13, -14, -15],
            [-19, -18, -17, 1, -17, -18],
            [-22, -22, -21, -20, 1, -20],
            [-25, -25, -25, -24, -23, 1],
        ])
    }

    /// The least lead in dB; `nil` where the other does nothing.
    public func threshold(
        of frame: SpreadingFactor, against other: SpreadingFactor
    ) -> Double? {
        guard frame.rawValue >= 7, other.rawValue >= 7 else { return frame == other ? 6 : nil }
        return rows[frame.rawValue - 7][other.rawValue - 7]
    }
}

extension Propagation {
    /// The least lead in dB of one frame above another so as not to be disturbed by it; `nil` where
    /// it is not, however strong that is.
    func threshold(of flight: Flight, against other: Flight) -> Double? {
        guard flight.meets(other) else { return nil }
        guard other.radio.emission != .carrier else { return captureMargin }
        let factors = (flight.modulation.spreadingFactor, other.modulation.spreadingFactor)
        return switch interference {
        case .sameFactor: factors.0 == factors.1 ? captureMargin : nil
        case .matrix(let rejection): rejection.threshold(of: factors.0, against: factors.1)
        }
    }
}

/// Energy of other frames that a receiver has gathered while locked on one: by spreading factor,
/// relative to the locked frame's, as a share of its length.
struct InterferenceEnergy {
    private var shares: [8 of Double] = InlineArray(repeating: 0)

    /// - Parameters:
    ///   - lead: Of the locked frame above the other, in dB.
    ///   - share: How much of the locked frame the other covers, 0…1.
    mutating func add(_ factor: SpreadingFactor, lead: Double, share: Double) {
        shares[factor.rawValue - 5] += Decibel.power(-lead) * share
    }

    /// Whether a frame of that spreading factor survives all of it.
    func isBearable(for factor: SpreadingFactor, _ rejection: Rejection) -> Bool {
        for other in SpreadingFactor.allCases {
            let energy = shares[other.rawValue - 5]
            guard energy > 0, let threshold = rejection.threshold(of: factor, against: other)
            else { continue }
            if -Decibel.of(energy) < threshold { return false }
        }
        return true
    }
}
