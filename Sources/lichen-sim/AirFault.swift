import ArgumentParser
import Base
import Emulation

/// `NODE:KIND[@SECONDS]`: which chip gets which fault, and when.
struct AirFault: ExpressibleByArgument {
    /// From 1.
    let node: Int
    let fault: ChipFault
    /// Since the air's start.
    let moment: Instant

    /// All kinds by name, with the figures that the word alone stands for.
    static let kinds: [(name: String, fault: ChipFault, meaning: String)] = [
        ("busy-stuck", .busyStuck, "BUSY stays high"),
        ("busy-stale", .busyStale(.milliseconds(1)), "BUSY reads low for 1 ms after NSS rises"),
        ("rise-lost", .risesLost(1), "the next interrupt never shows"),
        ("rise-hushed", .risesUnannounced(1), "the next interrupt is not told of unasked"),
        ("bits-flip", .bitsFlip(probability: 0.001), "a bit in one of 1000 bytes flips"),
        ("bus-low", .busDead(high: false), "no chip: all bytes read as 00"),
        ("bus-high", .busDead(high: true), "no chip: all bytes read as FF"),
        ("brown-out", .brownOut, "the chip resets itself, once"),
        ("oscillator-dead", .oscillatorDead, "the 32 MHz do not run"),
        ("deaf", .deaf(rssi: nil), "the receiver hears nothing"),
        ("transmit-endless", .transmitEndless, "sending never ends"),
        ("gain-sticks", .gainSticks(above: -60, afterReceptions: 100), "it becomes deaf by 20 dB"),
    ]

    init?(argument: String) {
        let parts = argument.split(separator: "@", omittingEmptySubsequences: false)
        let words = parts[0].split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, words.count == 2, let node = Int(words[0]), node >= 1,
            let kind = Self.kinds.first(where: { $0.name == words[1] })
        else { return nil }
        var seconds = 0.0
        if parts.count == 2 {
            guard let given = Double(parts[1]), (0...1e9).contains(given) else { return nil }
            seconds = given
        }
        self.node = node
        fault = kind.fault
        moment = .start + .microseconds(Int64(seconds * 1e6))
    }

    /// The kinds for the help, one a line.
    static var list: String {
        kinds.map { kind in
            "  " + kind.name + String(repeating: " ", count: 18 - kind.name.count) + kind.meaning
        }.joined(separator: "\n")
    }
}
