import LoRa

/// The four bytes of SetModulationParams (datasheet §13.4.5, Tables 13-47 to 13-50).
struct ModulationBytes: Equatable {
    let spreadingFactor: UInt8
    let bandwidth: UInt8
    let codingRate: UInt8
    let lowDataRateOptimize: UInt8

    init(_ modulation: Modulation) {
        spreadingFactor = UInt8(modulation.spreadingFactor.rawValue)
        codingRate = UInt8(modulation.codingRate.rawValue)
        lowDataRateOptimize = modulation.lowDataRateOptimize ? 1 : 0
        bandwidth =
            switch modulation.bandwidth {
            case .khz7: 0x00
            case .khz10: 0x08
            case .khz15: 0x01
            case .khz20: 0x09
            case .khz31: 0x02
            case .khz41: 0x0A
            case .khz62: 0x03
            case .khz125: 0x04
            case .khz250: 0x05
            case .khz500: 0x06
            }
    }
}

/// How long and how carefully channel activity detection listens (datasheet §13.4.7).
///
/// Peaks are those of Semtech's LoRa Basics Modem (SWL2001, `ral_sx126x`), which has measured them
/// per spreading factor; two symbols up to SF8, four above (application note AN1200.48).
struct CADSetting: Equatable {
    /// As the command wants it: the power of two of the number of symbols.
    let symbols: UInt8
    let peak: UInt8
    let minimum: UInt8 = 10

    init(_ modulation: Modulation) {
        let spreadingFactor = modulation.spreadingFactor
        symbols = spreadingFactor.rawValue <= 8 ? 1 : 2
        let isWide = modulation.bandwidth == .khz500
        peak =
            switch spreadingFactor {
            case .sf5: 21
            case .sf6, .sf7: 22
            case .sf8: isWide ? 23 : 22
            case .sf9: 23
            case .sf10: 24
            case .sf11: isWide ? 26 : 25
            case .sf12: isWide ? 30 : 28
            }
    }
}

/// The two bytes of CalibrateImage for the band of a frequency (datasheet §9.2.1, Table 9-2).
struct ImageBand: Equatable {
    let first: UInt8
    let second: UInt8

    /// `nil` outside the datasheet's bands: there the calibration of the reset stays.
    init?(hertz: Int) {
        switch hertz {
        case 430_000_000...440_000_000: (first, second) = (0x6B, 0x6F)
        case 470_000_000...510_000_000: (first, second) = (0x75, 0x81)
        case 779_000_000...787_000_000: (first, second) = (0xC1, 0xC5)
        case 863_000_000...870_000_000: (first, second) = (0xD7, 0xDB)
        case 902_000_000...928_000_000: (first, second) = (0xE1, 0xE9)
        default: return nil
        }
    }
}

/// The two bytes of the sync word: each digit of LoRa's classical one, followed by a 4
/// (0x12 is 0x1424, 0x34 is 0x3444; application note AN1200.48 and datasheet Table 12-1).
func syncWordBytes(_ syncWord: UInt8) -> [3 of UInt8] {
    [syncWord & 0xF0 | 0x04, syncWord << 4 | 0x04, 0]
}
