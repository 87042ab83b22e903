import Base
import Emulation
import LoRa
import TestSupport
import Testing

/// Two families on one air: who understands whom, and on what both must agree.
@Suite(.aside) struct InteroperationTests {
    private let frame: [UInt8] = [1, 2, 3, 4, 5, 6, 7]

    /// Sends one frame from node 0 to node 1.
    private func send(
        _ models: [ChipModel], _ sender: Setting = Setting(), _ receiver: Setting = Setting()
    ) -> [UInt8]? {
        let bench = Bench(models)
        var (sender, receiver) = (sender, receiver)
        if models.contains(.sx1268) {
            // It has no 868 MHz.
            sender.frequency -= 390_000_000
            receiver.frequency -= 390_000_000
        }
        bench.setUp(0, sender)
        bench.setUp(1, receiver)
        bench.listen(1)
        bench.run(.milliseconds(1))
        bench.transmit(0, frame, sender)
        bench.run(.seconds(10))
        return bench.wholeFrame(1)
    }

    private static let pairs: [[ChipModel]] = [
        [.sx1262, .sx1262], [.sx1276, .sx1262], [.sx1262, .sx1276], [.sx1276, .sx1276],
        [.sx1261, .sx1268], [.llcc68, .sx1276],
    ]

    @Test("frames pass between the families at SF7 to SF12", arguments: SpreadingFactor.allCases)
    func factors(factor: SpreadingFactor) {
        for models in Self.pairs where !models.contains(.llcc68) || factor.rawValue <= 9 {
            var setting = Setting { $0.modulation = Modulation(factor, .khz125) }
            if factor == .sf6, models.contains(.sx1276) {
                setting.format.header = .implicit(size: frame.count)
            }
            let mixed = models.contains(.sx1276) && models != [.sx1276, .sx1276]
            let exists = factor != .sf5 || !models.contains(.sx1276)
            let understands = exists && (factor.rawValue >= 7 || !mixed)
            #expect((send(models, setting, setting) == frame) == understands, "\(models) \(factor)")
        }
    }

    @Test("bandwidths and coding rates pass between the families", arguments: Bandwidth.allCases)
    func bandwidths(bandwidth: Bandwidth) {
        for rate in CodingRate.allCases {
            let setting = Setting {
                $0.modulation = Modulation(.sf7, bandwidth, codingRate: rate)
            }
            #expect(send([.sx1276, .sx1262], setting, setting) == frame)
            #expect(send([.sx1262, .sx1276], setting, setting) == frame)
        }
    }

    @Test("what both ends must agree on, and what the sender alone decides", arguments: pairs)
    func agreement(models: [ChipModel]) {
        let usual = Setting()
        let implicit = Setting { $0.format.header = .implicit(size: 7) }
        let inverted = Setting { $0.format.invertsIQ = true }
        let bare = Setting { $0.format.hasChecksum = false }
        let slow = Setting { $0.modulation.codingRate = .rate4of8 }
        let cases: [(String, Setting, Setting, Bool)] = [
            ("implicit", implicit, implicit, true),
            ("inverted", inverted, inverted, true),
            ("no checksum", bare, bare, true),
            ("header tells the checksum", bare, usual, true),
            ("header tells the coding rate", slow, usual, true),
            ("implicit to explicit", implicit, usual, false),
            ("explicit to implicit", usual, implicit, false),
            ("inverted to normal", inverted, usual, false),
            ("normal to inverted", usual, inverted, false),
            ("other size", implicit, Setting { $0.format.header = .implicit(size: 8) }, false),
            (
                "other coding rate unsaid", implicit,
                Setting {
                    $0.format.header = .implicit(size: 7)
                    $0.modulation.codingRate = .rate4of6
                }, false
            ),
            ("other sync word", usual, Setting { $0.syncWord = 0x34 }, false),
            (
                "LoRaWAN's sync word", Setting { $0.syncWord = 0x34 },
                Setting { $0.syncWord = 0x34 }, true
            ),
            ("other frequency", usual, Setting { $0.frequency = 868_300_000 }, false),
            ("other bandwidth", usual, Setting { $0.modulation.bandwidth = .khz250 }, false),
        ]
        for (name, sender, receiver, passes) in cases {
            #expect((send(models, sender, receiver) == frame) == passes, "\(name), \(models)")
        }
    }
}
