import Base
import LoRa
import Testing

@testable import Emulation

/// Frames of all spreading factors against each other.
@Suite struct RejectionTests {
    // Method: the victim is sent to a receiver while another frame of a given spreading factor covers
    // it whole, just below and just above what the table allows.
    @Test("each pair of spreading factors by its threshold", arguments: [true, false])
    func table(isGoursaud: Bool) {
        let rejection = isGoursaud ? Rejection.goursaud : .flora
        for victim in SpreadingFactor.allCases where victim.rawValue >= 7 {
            for other in SpreadingFactor.allCases where other.rawValue >= 7 {
                let threshold = rejection.threshold(of: victim, against: other)!
                for excess in [-0.5, 0.5] {
                    let isRead = survives(
                        victim, against: other, lead: threshold + excess, rejection)
                    #expect(isRead == (excess > 0), "\(victim) \(other) \(excess)")
                }
            }
        }
    }

    private func survives(
        _ victim: SpreadingFactor, against other: SpreadingFactor, lead: Double,
        _ rejection: Rejection
    ) -> Bool {
        var propagation = Propagation()
        propagation.interference = .matrix(rejection)
        let bench = Bench([.sx1262, .sx1262, .sx1262], propagation: propagation)
        let setting = Setting { $0.modulation = Modulation(victim, .khz125) }
        let long = Setting { $0.modulation = Modulation(other, .khz125) }
        bench.setUp126(0, setting)
        bench.setUp126(1, setting)
        bench.setUp126(2, long)
        bench.air.setLoss(110, between: AirNode(0), and: AirNode(1))
        bench.air.setLoss(110 + lead, between: AirNode(2), and: AirNode(1))
        bench.listen126(1)
        // The disturber first, so long that it is there until the end.
        let size = other.rawValue + 3 < victim.rawValue ? 255 : 200
        bench.setPacket126(2, long, size: UInt8(size))
        bench.send(2, [0x83, 0, 0, 0])
        bench.run(.milliseconds(2))
        bench.transmit126(0, [1, 2], setting)
        var rest = Duration.seconds(20)
        while rest > .zero {
            // A short one is sent again as soon as it is over.
            bench.run(.milliseconds(1))
            rest -= .milliseconds(1)
            if bench.flags126(2) & 1 != 0 {
                bench.clear126(2)
                bench.send(2, [0x83, 0, 0, 0])
            }
            if bench.flags126(0) & 1 != 0 { break }
        }
        bench.run(.milliseconds(1))
        return bench.wholeFrame(1) == [1, 2]
    }

    @Test("the energy of many counts, not each alone; and only for as long as they last")
    func energy() {
        var energy = InterferenceEnergy()
        energy.add(.sf9, lead: -17, share: 1)
        #expect(energy.isBearable(for: .sf7, .goursaud))
        energy.add(.sf9, lead: -17, share: 1)
        #expect(!energy.isBearable(for: .sf7, .goursaud), "3 dB more")
        var short = InterferenceEnergy()
        short.add(.sf9, lead: -20, share: 0.5)
        #expect(short.isBearable(for: .sf7, .goursaud))
        short.add(.sf8, lead: -15, share: 1)
        #expect(short.isBearable(for: .sf7, .goursaud), "each spreading factor for itself")
    }

    @Test("SF5 and SF6 are disturbed by their own only")
    func fast() {
        #expect(Rejection.goursaud.threshold(of: .sf5, against: .sf5) == 6)
        #expect(Rejection.goursaud.threshold(of: .sf5, against: .sf9) == nil)
        #expect(Rejection.flora.threshold(of: .sf9, against: .sf6) == nil)
    }
}
