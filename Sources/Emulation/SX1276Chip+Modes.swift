import Base
import LoRa

/// RegOpMode, and what it sets going.
extension SX1276Chip {
    /// Whether the 32 MHz run: the board's source is the one that RegTcxo has chosen (§6, 0x4B).
    private var oscillatorRuns: Bool {
        !oscillatorIsDead
            && (lora[Register.oscillator] & 0x10 != 0) == (oscillator == .tcxo)
    }

    func changeMode(to request: UInt8, at now: Instant) -> ChipAction? {
        let before = mode
        // §4.1.5: LoRa or FSK only while asleep; bits 6…3 are kept as written.
        if before == .sleep { isLoRa = request & 0x80 != 0 }
        lora[Register.opMode] = request & 0x78
        var wanted = Mode(rawValue: request & 0x07)!
        if wanted.rawValue > 1, !oscillatorRuns { wanted = .standby }
        guard wanted != before else { return nil }
        if before == .sleep { oscillatorFrom = now + ChipTiming.sx1276Oscillator }
        if before.rawValue <= 1 {
            synthesizerFrom = max(now, oscillatorFrom) + ChipTiming.sx1276Synthesizer
        }
        mode = wanted
        phase = .nothing
        return begin(wanted, after: before, at: now)
    }

    private func begin(_ wanted: Mode, after before: Mode, at now: Instant) -> ChipAction? {
        let ready = max(now, synthesizerFrom)
        switch wanted {
        case .sleep:
            forgetFIFO()
            return .stop
        case .standby, .synthesizerTransmit, .synthesizerReceive:
            return before.rawValue == 1 || before == .sleep ? nil : .stop
        case .transmit, .receiveContinuously, .receiveSingle, .sense:
            break
        }
        guard isLoRa, let settings = radioSettings() else { return .stop }
        radio = settings
        let symbol = settings.modulation.symbol
        switch wanted {
        case .transmit:
            return .transmit(
                at: ready + ChipTiming.sx1276Transmitter, deadline: .distantFuture)
        case .sense:
            // §4.1.6: about (2^SF + 32) / BW to listen, somewhat less to think.
            let from = ready + ChipTiming.sx1276Receiver
            let until =
                from + symbol
                + .microseconds(
                    Int64(32_000_000 / settings.modulation.bandwidth.hertz))
            return .sense(from: from, until: until, end: until + symbol * 3 / 4)
        default:
            let from = ready + ChipTiming.sx1276Receiver
            lora[Register.fifoReceiveByte] = lora[Register.fifoReceiveBase]
            lora[Register.fifoReceiveCurrent] = lora[Register.fifoReceiveBase]
            return .receive(
                from: from,
                deadline: wanted == .receiveSingle
                    ? from + symbol * symbolTimeout : .distantFuture)
        }
    }

    /// Ends what it did by itself.
    func rest() { mode = .standby }
}
