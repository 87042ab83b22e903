/// A part of the spectrum with one rule for all who transmit in it.
public struct SubBand: Equatable, Sendable {
    /// Frequencies, in hertz, that a signal's whole bandwidth must lie in.
    public var edges: ClosedRange<Int>
    /// Share of any hour that a node may be on the air, in thousandths.
    public var dutyCyclePerMille: Int
    /// Highest radiated power in dBm EIRP.
    public var maximumEIRP: Int

    /// Time on air allowed in any window of one hour.
    public var budget: Duration { .milliseconds(3_600 * dutyCyclePerMille) }

    /// The window that the budget is for.
    public static var window: Duration { .seconds(3_600) }
}

/// Why a channel may not be used.
public enum RegionError: Error, Equatable {
    case unknownRegion
    case outsidePlan(frequency: Int)
    case tooStrong(power: Int, maximum: Int)

    /// What is wrong, by which rule, and what to do about it.
    public var sentence: String {
        switch self {
        case .unknownRegion:
            "this region is not known; the only one so far is EU868"
        case .outsidePlan(let frequency):
            "\(frequency) Hz with this bandwidth is in no sub-band of EU868 (ERC/REC 70-03, "
                + "annex 1); 869525000 has the largest budget"
        case .tooStrong(let power, let maximum):
            "\(power) dBm is above this sub-band's \(maximum) dBm EIRP (ERC/REC 70-03, annex 1); "
                + "lower 'power'"
        }
    }
}

/// A country's or continent's rules for one band.
public struct Region: Sendable {
    /// Its common name.
    public let name: String
    private let subBands: [SubBand]

    /// Europe, 863–870 MHz: ERC/REC 70-03 annex 1, bands h1.1–h1.8 (ERP + 2.15 dB is EIRP, here
    /// rounded down). The alarm bands between are not in it.
    public static var eu868: Region {
        Region(
            name: "EU868",
            subBands: [
                SubBand(edges: 863_000_000...865_000_000, dutyCyclePerMille: 1, maximumEIRP: 16),
                SubBand(edges: 865_000_000...868_000_000, dutyCyclePerMille: 10, maximumEIRP: 16),
                SubBand(edges: 868_000_000...868_600_000, dutyCyclePerMille: 10, maximumEIRP: 16),
                SubBand(edges: 868_700_000...869_200_000, dutyCyclePerMille: 1, maximumEIRP: 16),
                SubBand(edges: 869_400_000...869_650_000, dutyCyclePerMille: 100, maximumEIRP: 29),
                SubBand(edges: 869_700_000...870_000_000, dutyCyclePerMille: 10, maximumEIRP: 16),
            ])
    }

    /// The region of that name, in upper or lower case.
    public init(named name: String) throws(RegionError) {
        guard Array(name.lowercased().utf8) == Array("eu868".utf8) else { throw .unknownRegion }
        self = .eu868
    }

    private init(name: String, subBands: [SubBand]) {
        self.name = name
        self.subBands = subBands
    }

    /// The rule for a channel.
    /// - Throws: Where no sub-band holds the whole bandwidth, or the power is above its limit (an
    ///   antenna of 0 dBi taken for granted).
    public func subBand(for channel: Channel) throws(RegionError) -> SubBand {
        let half = channel.modulation.bandwidth.hertz / 2
        for subBand in subBands
        where subBand.edges.contains(channel.frequency - half)
            && subBand.edges.contains(channel.frequency + half)
        {
            guard channel.power <= subBand.maximumEIRP else {
                throw .tooStrong(power: channel.power, maximum: subBand.maximumEIRP)
            }
            return subBand
        }
        throw .outsidePlan(frequency: channel.frequency)
    }
}
