import Emulation
import Foundation
import LoRa
import TestSupport
import Testing

/// A driver that somebody else wrote, on an emulated chip: it has been made for real ones, and nobody
/// here has a say in what it does.
///
/// LoRaRF 1.4.0 sets bit 2 of 0x0736 the wrong way round (SX126x erratum 15.4) and leaves the
/// SX127x's intermediate frequency as it is (erratum 2.3), so its frames and its hearing are weak;
/// the two chips stand close enough for that.
@Suite struct LoRaRFTests {
    /// Whether the driver is there, or a test that fails says why it is not.
    private static func isReachable() async throws -> Bool {
        let script = Program(
            Program.find("bash") ?? "", [Repository.path("tools/lorarf.sh")])
        let outcome = try await script.run(within: .seconds(120))
        let signs = ["onnection broken", "NewConnectionError", "Network is unreachable"]
        return !signs.contains { outcome.errors.contains($0) }
    }

    @Test(
        "LoRaRF and our driver understand each other, in both directions",
        .enabled("LoRaRF is not in .build/lorarf and cannot be fetched: no network") {
            try await isReachable()
        },
        arguments: [("126x", ChipModel.sx1262), ("127x", .sx1276)], ["poll", "interrupt"])
    func talk(chip: (family: String, model: ChipModel), way: String) async throws {
        let served = try ServedAir([0, 10], chips: [.sx1262, chip.model])
        let modulation = Modulation(.sf7, .khz125)
        let limit = Duration.seconds(120)  // Beside hundreds of other tests, on two cores.
        let ours = try AttachedRadio(served, 0)
        try ours.driver.start(Channel(frequency: 869_525_000, modulation: modulation, power: 14))
        try await withWorkbench { bench in
            let folder = Repository.path("Tests/AirServerTests/LoRaRF")
            var program = Program(
                Program.find("python3") ?? "",
                [folder + "/talk.py", chip.family, way, bench.path("end")])
            program.environment["PYTHONPATH"] = Repository.path(".build/lorarf")
            program.environment["PYTHONDONTWRITEBYTECODE"] = "1"
            program.environment["LICHEN_SOCKET"] = served.path(1)
            let theirs = try bench.start(program)

            try await theirs.says("listening", within: limit)
            try ours.send(Array("from Swift".utf8), on: modulation)
            #expect(try ours.event(within: limit) == .sent)
            try ours.driver.listen()
            try await theirs.says("heard ", within: limit)
            let hex = "from Swift".utf8.map { String($0, radix: 16) }.joined()
            #expect(theirs.output.contains("begun\n"))
            // 14 dBm less 114.9 dB.
            #expect(theirs.output.contains("heard \(hex) True -10"))

            guard case .received = try ours.event(within: limit) else {
                Issue.record("nothing heard: \(theirs.errors)")
                return
            }
            #expect(String(decoding: ours.frame, as: UTF8.self).hasPrefix("from Python "))
            try bench.write("", to: "end")
            let outcome = try await theirs.end(within: limit)
            #expect(outcome.ending == .exited(0), "\(outcome)")
            #expect(outcome.output.hasSuffix("sent True\n"))
            #expect(!outcome.output.contains("sent False"))
        }
    }
}
