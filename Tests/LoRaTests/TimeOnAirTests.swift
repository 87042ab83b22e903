import Testing

@testable import LoRa

@Suite struct TimeOnAirTests {
    // Semtech's reference computed these at 125 kHz, 4/5, explicit header, CRC; preamble 8, 12 at
    // SF5 and SF6.
    static let table: [(SpreadingFactor, Int, Int64)] = [
        (.sf5, 16, 16_960), (.sf6, 16, 28_800), (.sf7, 16, 51_456), (.sf8, 16, 92_672),
        (.sf9, 16, 164_864), (.sf10, 16, 329_728), (.sf11, 16, 659_456), (.sf12, 16, 1_318_912),
        (.sf5, 200, 110_400), (.sf6, 200, 187_520), (.sf7, 200, 317_696), (.sf8, 200, 563_712),
        (.sf9, 200, 1_004_544), (.sf10, 200, 1_845_248), (.sf11, 200, 4_018_176),
        (.sf12, 200, 7_217_152),
    ]

    @Test("time on air equals Semtech's, to the microsecond", arguments: table)
    func timeOnAir(spreadingFactor: SpreadingFactor, size: Int, microseconds: Int64) {
        let modulation = Modulation(spreadingFactor, .khz125)
        #expect(modulation.timeOnAir(payloadSize: size) == .microseconds(microseconds))
    }

    @Test("low data rate optimisation where a symbol lasts 16 ms")
    func lowDataRate() {
        #expect(!Modulation(.sf10, .khz125).lowDataRateOptimize)
        #expect(Modulation(.sf11, .khz125).lowDataRateOptimize)
        #expect(!Modulation(.sf11, .khz250).lowDataRateOptimize)
        #expect(Modulation(.sf12, .khz250).lowDataRateOptimize)
        #expect(!Modulation(.sf12, .khz500).lowDataRateOptimize)
    }

    @Test("more bytes never take less time", arguments: SpreadingFactor.allCases)
    func monotonous(spreadingFactor: SpreadingFactor) {
        for bandwidth in Bandwidth.allCases {
            let modulation = Modulation(spreadingFactor, bandwidth)
            for size in 1...255 {
                #expect(
                    modulation.timeOnAir(payloadSize: size)
                        >= modulation.timeOnAir(payloadSize: size - 1))
            }
        }
    }
}
