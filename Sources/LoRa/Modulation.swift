/// Chips a symbol is spread over, as a power of two.
public enum SpreadingFactor: Int, CaseIterable, Sendable {
    case sf5 = 5, sf6, sf7, sf8, sf9, sf10, sf11, sf12
}

/// Width of the channel.
public enum Bandwidth: Int, CaseIterable, Sendable {
    case khz7 = 7_812
    case khz10 = 10_417
    case khz15 = 15_625
    case khz20 = 20_833
    case khz31 = 31_250
    case khz41 = 41_667
    case khz62 = 62_500
    case khz125 = 125_000
    case khz250 = 250_000
    case khz500 = 500_000

    /// In hertz, rounded.
    public var hertz: Int { rawValue }
}

/// Forward error correction: 4 bits of data in 5…8 on the air.
public enum CodingRate: Int, CaseIterable, Sendable {
    case rate4of5 = 1, rate4of6, rate4of7, rate4of8
}

/// How bits become a LoRa signal. All nodes of a mesh use the same.
public struct Modulation: Equatable, Sendable {
    /// Chips a symbol.
    public var spreadingFactor: SpreadingFactor
    /// Width of the channel.
    public var bandwidth: Bandwidth
    /// Forward error correction.
    public var codingRate: CodingRate
    /// Symbols of preamble: `6...65535`; at SF5 and SF6 at least 12 (SX1262 datasheet §6.1.1.1).
    public var preamble: Int

    /// A modulation; 4/5, and 8 symbols of preamble (12 at SF5 and SF6) unless said.
    public init(
        _ spreadingFactor: SpreadingFactor, _ bandwidth: Bandwidth,
        codingRate: CodingRate = .rate4of5, preamble: Int? = nil
    ) {
        self.spreadingFactor = spreadingFactor
        self.bandwidth = bandwidth
        self.codingRate = codingRate
        self.preamble = preamble ?? (spreadingFactor.rawValue <= 6 ? 12 : 8)
    }

    /// Length of a symbol, rounded up to the microsecond.
    public var symbol: Duration {
        let microseconds = (1_000_000 << spreadingFactor.rawValue)
        return .microseconds(
            Int64((microseconds + bandwidth.hertz - 1) / bandwidth.hertz))
    }

    /// Whether the low data rate optimisation is on: where a symbol lasts 16 ms or longer
    /// (SX1262 datasheet §6.1.1.4).
    public var lowDataRateOptimize: Bool {
        (1_000 << spreadingFactor.rawValue) >= 16 * bandwidth.hertz
    }

    /// Time on air of one frame, preamble included.
    ///
    /// SX1262 datasheet §6.1.4, in integers: ledger and simulator agree to the microsecond.
    ///
    /// - Parameters:
    ///   - payloadSize: All that the modem sends, tag included: `0...255` bytes.
    ///   - format: Explicit header and checksum unless said.
    /// - Returns: Rounded up; the ledger may overcharge, never undercharge.
    public func timeOnAir(
        payloadSize: Int, format: PacketFormat = PacketFormat()
    ) -> Duration {
        precondition((0...255).contains(payloadSize), "a frame the modem cannot send")
        let sf = spreadingFactor.rawValue
        let checksumBits = format.hasChecksum ? 16 : 0
        let headerBits = format.header == .explicit ? 20 : 0
        let bits = max(
            0, 8 * payloadSize + checksumBits - 4 * sf + headerBits + (sf >= 7 ? 8 : 0))
        let bitsPerBlock = lowDataRateOptimize && sf >= 7 ? 4 * (sf - 2) : 4 * sf
        let blocks = (bits + bitsPerBlock - 1) / bitsPerBlock
        let symbols = blocks * (codingRate.rawValue + 4) + preamble + 12 + (sf <= 6 ? 2 : 0)
        let quarters = (4 * symbols + 1) * (1 << (sf - 2)) * 1_000_000
        return .microseconds(Int64((quarters + bandwidth.hertz - 1) / bandwidth.hertz))
    }
}
