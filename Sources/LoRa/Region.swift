/// A country's or continent's rules for one band, from a file in `radio/regions`.
public struct Region: Sendable {
    /// Its common name.
    public let name: String
    /// The law it follows.
    public let rule: String
    /// A frequency that its rules are kindest to, in hertz.
    public let defaultFrequency: Int
    /// The narrowest bandwidth from 125 kHz on that its rules allow there.
    public var defaultBandwidth: Bandwidth {
        for bandwidth in [Bandwidth.khz125, .khz250, .khz500] {
            for subBand in subBands
            where subBand.edges.contains(defaultFrequency)
                && subBand.bandwidths.contains(bandwidth.hertz)
            {
                return bandwidth
            }
        }
        return .khz125
    }
    /// Its parts; a frequency that is in none may not be used.
    public let subBands: [SubBand]

    init(name: String, rule: String, defaultFrequency: Int, subBands: [SubBand]) {
        self.name = name
        self.rule = rule
        self.defaultFrequency = defaultFrequency
        self.subBands = subBands
    }

    /// Europe, 863–870 MHz.
    public static var eu868: Region {
        guard let region = try? Region(named: "EU868") else {
            preconditionFailure("a plan of ours cannot be read")
        }
        return region
    }

    /// The region of that name, in upper or lower case, out of those that come with the program.
    public init(named name: String) throws(RegionError) {
        for (known, plan) in Self.plans
        where known.utf8.elementsEqual(name.utf8, by: Self.areSameLetter) {
            do throws(RegionFileError) {
                self = try Region(reading: plan.span)
                return
            } catch {
                preconditionFailure("a plan of ours cannot be read")
            }
        }
        throw .unknownRegion(name)
    }

    /// Whether two bytes are the same but for upper and lower case. (`lowercased` would bring all
    /// of Unicode's tables along.)
    private static func areSameLetter(_ a: UInt8, _ b: UInt8) -> Bool {
        a == b || (a ^ b == 0x20 && (0x61...0x7A).contains(a | 0x20))
    }

    /// The rule for a channel.
    ///
    /// - Parameter least: The shortest frame, in bytes, that the channel must be able to carry.
    /// - Throws: Where no sub-band holds the whole bandwidth, the power is above its limit, or its
    ///   time limits are too short for `least`.
    public func subBand(
        for channel: Channel, antenna: Antenna = Antenna(), least: Int = 64
    ) throws(RegionError) -> SubBand {
        var narrow: SubBand?
        for subBand in subBands where subBand.holds(channel) {
            guard subBand.bandwidths.contains(channel.modulation.bandwidth.hertz) else {
                narrow = subBand
                continue
            }
            try check(channel, antenna, least, against: subBand)
            return subBand
        }
        if let narrow {
            throw .bandwidth(region: name, rule: rule, allowed: narrow.bandwidths)
        }
        throw .outsidePlan(
            region: name, rule: rule, frequency: channel.frequency, suggestion: defaultFrequency,
            defaultBandwidth)
    }

    private func check(
        _ channel: Channel, _ antenna: Antenna, _ least: Int, against subBand: SubBand
    ) throws(RegionError) {
        let radiated = antenna.radiated(power: channel.power)
        guard radiated <= subBand.maximumEIRP else {
            throw .tooStrong(
                region: name, rule: rule, radiated: radiated, maximum: subBand.maximumEIRP)
        }
        if let maximum = subBand.maximumPower, channel.power * 10 > maximum {
            throw .tooPowerful(region: name, rule: rule, maximum: maximum)
        }
        guard subBand.largestPayload(on: channel) ?? 0 >= least else {
            throw .tooSlow(
                region: name, rule: rule, limit: subBand.longestFrame, least: least)
        }
    }
}
