import Base

/// Why a channel may not be used.
public enum RegionError: Error {
    case unknownRegion(String)
    case outsidePlan(region: String, rule: String, frequency: Int, suggestion: Int, Bandwidth)
    case bandwidth(region: String, rule: String, allowed: ClosedRange<Int>)
    /// In tenths of a dBm.
    case tooStrong(region: String, rule: String, radiated: Int, maximum: Int)
    /// In tenths of a dBm.
    case tooPowerful(region: String, rule: String, maximum: Int)
    /// No frame of `least` bytes fits.
    case tooSlow(region: String, rule: String, limit: Duration, least: Int)

    /// What is wrong, by which rule, and what to do about it.
    public var sentence: String {
        switch self {
        case .unknownRegion(let name):
            "there is no region '\(name)'; those known are \(Region.names)"
        case .outsidePlan(let region, let rule, let frequency, let suggestion, let bandwidth):
            "\(frequency) Hz with this bandwidth is in no sub-band of \(region) (\(rule)); "
                + "\(suggestion) Hz with \(bandwidth.hertz / 1_000) kHz is in one"
        case .bandwidth(let region, let rule, let allowed) where allowed.lowerBound == 500_000:
            "\(region) allows a channel that is not left for others from 500 kHz on only (\(rule)); "
                + "set 'bandwidth' to 500"
        case .bandwidth(let region, let rule, let allowed):
            "\(region) allows bandwidths from \(allowed.lowerBound) to \(allowed.upperBound) Hz here "
                + "(\(rule)); choose another 'bandwidth'"
        case .tooStrong(let region, let rule, let radiated, let maximum):
            "\(decimal(radiated)) dBm EIRP is above the \(decimal(maximum)) that \(region) allows here "
                + "(\(rule)); lower 'power', which counts with 'antenna-gain' and less 'cable-loss'"
        case .tooPowerful(let region, let rule, let maximum):
            "\(region) allows \(decimal(maximum)) dBm at the antenna here (\(rule)); lower 'power'"
        case .tooSlow(let region, let rule, let limit, let least):
            "a frame of \(least) bytes is longer than the \(limit.wholeMilliseconds) ms that \(region) "
                + "allows here (\(rule)); lower 'spreading-factor', or raise 'bandwidth'"
        }
    }

    /// Tenths with one digit behind the point, or none where that is 0.
    private func decimal(_ tenths: Int) -> String {
        let sign = tenths < 0 ? "-" : ""
        let whole = tenths.magnitude / 10
        let rest = tenths.magnitude % 10
        return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
    }
}
