import Base
import TestSupport
import Testing

@testable import LoRa

@Suite struct RegionTests {
    private func channel(
        _ frequency: Int, _ modulation: Modulation = Modulation(.sf7, .khz125), power: Int = 10
    ) -> Channel {
        Channel(frequency: frequency, modulation: modulation, power: power)
    }

    // Method: the numbers of the law once more, not from the files: budget and dwell in ms, tenths of
    // a dBm EIRP.
    static let law: [(String, Int, Int, Int?, Int)] = [
        ("EU868", 864_000_000, 3_600, nil, 161), ("EU868", 866_000_000, 36_000, nil, 161),
        ("EU868", 868_100_000, 36_000, nil, 161), ("EU868", 869_000_000, 3_600, nil, 161),
        ("EU868", 869_525_000, 360_000, nil, 291), ("EU868", 869_850_000, 36_000, nil, 161),
        ("EU433", 433_775_000, 360_000, nil, 121), ("AU915", 916_800_000, 3_600_000, 400, 300),
        ("AS923-1", 923_200_000, 36_000, 400, 160), ("AS923-2", 921_400_000, 36_000, 400, 160),
        ("AS923-3", 916_600_000, 36_000, 400, 160), ("AS923-4", 917_300_000, 36_000, 400, 160),
        ("AS923-JP", 923_200_000, 360_000, 400, 160), ("IN865", 865_402_500, 3_600_000, nil, 300),
        ("KR920", 921_900_000, 3_600_000, 4_000, 100),
        ("KR920", 922_100_000, 3_600_000, 4_000, 140),
        ("RU864", 868_900_000, 36_000, nil, 160),
    ]

    @Test("every plan has the law's limits", arguments: law)
    func limits(name: String, frequency: Int, budget: Int, dwell: Int?, eirp: Int) throws {
        let subBand = try Region(named: name).subBand(for: channel(frequency))
        #expect(subBand.budget == .milliseconds(budget))
        #expect(subBand.dwell == dwell.map { .milliseconds($0) })
        #expect(subBand.maximumEIRP == eirp)
        #expect(subBand.window == .seconds(3_600))
    }

    @Test("every plan's default channel is in it, and its name in any case is known")
    func defaults() throws {
        for (name, _) in Region.plans {
            let region = try Region(named: name.lowercased())
            #expect(region.name == name)
            let modulation = Modulation(.sf7, name == "US915" ? .khz500 : .khz125)
            _ = try region.subBand(for: channel(region.defaultFrequency, modulation))
        }
    }

    @Test("Korea and Japan listen before they talk")
    func listenBeforeTalk() throws {
        let korea = try Region(named: "KR920").subBand(for: channel(922_100_000))
        #expect(
            korea.listenBeforeTalk
                == ListenBeforeTalk(thresholdDBm: -80, duration: .milliseconds(6)))
        let japan = try Region(named: "AS923-JP").subBand(for: channel(923_200_000))
        #expect(japan.listenBeforeTalk?.duration == .milliseconds(5))
        let europe = try Region.eu868.subBand(for: channel(869_525_000))
        #expect(europe.listenBeforeTalk == nil)
    }

    @Test(
        "the alarm bands, and what lies half in one, are refused",
        arguments: [868_650_000, 868_560_000, 869_300_000, 869_675_000, 862_000_000, 870_000_000])
    func outside(frequency: Int) {
        #expect { try Region.eu868.subBand(for: self.channel(frequency)) } throws: { error in
            guard let error = error as? RegionError, case .outsidePlan = error else { return false }
            return error.sentence.contains("ERC/REC 70-03") && error.sentence.contains("869525000")
        }
    }

    @Test("power counts with the antenna and without the cable")
    func antenna() throws {
        let strong = channel(868_100_000, power: 14)
        _ = try Region.eu868.subBand(for: strong, antenna: Antenna(gain: 21))
        #expect(throws: RegionError.self) {
            try Region.eu868.subBand(for: strong, antenna: Antenna(gain: 22))
        }
        _ = try Region.eu868.subBand(for: strong, antenna: Antenna(gain: 60, cableLoss: 40))
        #expect {
            try Region.eu868.subBand(for: strong, antenna: Antenna(gain: 50, cableLoss: 5))
        } throws: { error in
            (error as? RegionError)?.sentence.contains("18.5 dBm EIRP is above the 16.1") ?? false
        }
    }

    @Test("US915: a channel that stays needs 500 kHz")
    func narrow() throws {
        let region = try Region(named: "US915")
        #expect { try region.subBand(for: self.channel(915_000_000)) } throws: { error in
            (error as? RegionError)?.sentence.contains("'bandwidth' to 500") ?? false
        }
    }

    @Test("where frames may last 400 ms, SF10 is too slow, and SF9's are shorter")
    func dwell() throws {
        let region = try Region(named: "AS923-1")
        #expect {
            try region.subBand(for: self.channel(923_200_000, Modulation(.sf10, .khz125)))
        } throws: { error in
            (error as? RegionError)?.sentence.contains("400 ms") ?? false
        }
        let sf9 = channel(923_200_000, Modulation(.sf9, .khz125))
        let largest = try #require(region.subBand(for: sf9).largestPayload(on: sf9))
        #expect(sf9.timeOnAir(payloadSize: largest) <= .milliseconds(400))
        #expect(sf9.timeOnAir(payloadSize: largest + 1) > .milliseconds(400))
    }

    @Test("an unknown region is told with those that are known")
    func unknown() {
        #expect { try Region(named: "Atlantis") } throws: { error in
            (error as? RegionError)?.sentence.contains("EU868, EU433, US915") ?? false
        }
    }

    static let badFiles: [(String, String)] = [
        ("", "line 0: the section that ends here has no 'name'"),
        ("name = X", "line 1: expected [region]"),
        ("[region]\nnames = X", "line 2: there is no key 'names'"),
        ("[region]\nname = X\nrule = Y\ndefault = 1", "has no 'edges'"),
        ("[region]\ndefault = 12x", "'default' expects a frequency"),
        ("[band a]\nedges = 5-4", "'edges' expects two frequencies"),
        ("[band a]\nedges = 1-2\n[band b]", "line 3: the section that ends here has no 'eirp'"),
        ("[band a]\neirp = 12.34", "'eirp' expects"),
        ("[band a]\nduty-cycle = 0 %", "'duty-cycle' expects 0.1 to 100 %"),
        ("[band a]\nduty-cycle = 10", "'duty-cycle' expects"),
        ("[band a]\ndwell = 400", "'dwell' expects"),
        ("[band a]\nlisten-before-talk = -80 dBm", "'listen-before-talk' expects"),
        ("[banana]\u{1}", "not UTF-8 text"),
        ("[orchard]", "line 1: expected [region]"),
    ]

    @Test("what is wrong in a plan is told by its line", arguments: badFiles)
    func badFile(text: String, sentence: String) {
        let bytes = Array(text.utf8)
        #expect { try Region(reading: bytes.span) } throws: { error in
            (error as? RegionFileError)?.sentence.contains(sentence) ?? false
        }
    }

    // Method: a plan of ours with bytes changed, cut and doubled at random.
    @Test("random bytes give a region or a named error", arguments: Seed.slice(300))
    func randomFiles(seed: Seed) {
        var dice = Dice(seed)
        var bytes = Region.plans[dice.roll(0..<Region.plans.count)].text
        for _ in 0..<dice.roll(1..<20) where !bytes.isEmpty {
            let index = dice.roll(0..<bytes.count)
            switch dice.roll(0..<3) {
            case 0: bytes[index] = UInt8(dice.roll(0..<256))
            case 1: bytes.remove(at: index)
            default: bytes.insert(bytes[dice.roll(0..<bytes.count)], at: index)
            }
        }
        _ = try? Region(reading: bytes.span)
    }
}
