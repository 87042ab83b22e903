import Testing

@testable import LoRa

@Suite struct ModemProgressTests {
    private static var modes: [ModemProgress.Mode] {
        [
            .standby, .receiving(.continuous), .receiving(.once(limit: nil)),
            .receiving(.sampled(listen: .milliseconds(1), sleep: .milliseconds(1))), .sensing,
            .transmitting, .sleeping(.warm), .sleeping(.cold), .failed(.noChip), .off,
        ]
    }

    private func steps(
        _ flags: ModemFlags, in mode: ModemProgress.Mode
    ) -> (steps: [ModemProgress.Step], mode: ModemProgress.Mode) {
        var progress = ModemProgress()
        progress.mode = mode
        progress.take(flags)
        var steps: [ModemProgress.Step] = []
        while let step = progress.next() { steps.append(step) }
        return (steps, progress.mode)
    }

    @Test("a transmission that does not end is a named fault")
    func transmitTimeout() {
        #expect(steps(.timeout, in: .transmitting).steps == [.fail(.transmitTimeout)])
    }

    @Test("one frame ends a reception that was to be of one, and no other")
    func once() {
        for reception in [
            Reception.once(limit: .seconds(1)), .sampled(listen: .seconds(1), sleep: .seconds(1)),
        ] {
            let (steps, mode) = steps(.frame, in: .receiving(reception))
            #expect(steps == [.readFrame])
            #expect(mode == .standby)
        }
        #expect(steps(.frame, in: .receiving(.continuous)).mode == .receiving(.continuous))
        let (silence, mode) = steps(.timeout, in: .receiving(.once(limit: .seconds(1))))
        #expect(silence == [.report(.silence)])
        #expect(mode == .standby)
    }

    @Test("a frame that arrived before sensing ended comes first")
    func order() {
        let (steps, mode) = steps([.frame, .sensed, .activity], in: .sensing)
        #expect(steps == [.readFrame, .report(.channel(.busy))])
        #expect(mode == .standby)
    }

    // Method: all flag words in all modes; whatever a chip says, the machine comes to an end.
    @Test("any flags in any mode lead to an answer, and to silence soon")
    func anyFlags() {
        for mode in Self.modes {
            for bits in 0...UInt8.max {
                let (steps, _) = steps(ModemFlags(rawValue: bits), in: mode)
                #expect(steps.count <= 3, "flags \(bits) in \(mode)")
            }
        }
    }
}
