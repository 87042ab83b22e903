import ArgumentParser
import Emulation
import TestSupport
import Testing

@testable import lichen_sim

@Suite struct AirCommandTests {
    @Test("faults are read, and nothing else is")
    func faults() throws {
        let cases: [(String, Int, ChipFault, Int64)] = [
            ("1:deaf", 1, .deaf(rssi: nil), 0), ("12:busy-stuck@1.5", 12, .busyStuck, 1_500),
            ("3:brown-out@0", 3, .brownOut, 0),
        ]
        for (text, node, fault, milliseconds) in cases {
            let read = try #require(AirFault(argument: text))
            #expect(read.node == node)
            #expect(read.fault == fault)
            #expect(read.moment.milliseconds == milliseconds)
        }
        for text in [
            "", "1", "deaf", ":deaf", "0:deaf", "-1:deaf", "1:blind", "1:deaf@", "1:deaf@x",
            "1:deaf@-1", "1:deaf@1@2", "1:deaf:2", "1:deaf@nan",
        ] { #expect(AirFault(argument: text) == nil, "\(text)") }
        for (name, fault, _) in AirFault.kinds {
            #expect(AirFault(argument: "1:\(name)")?.fault == fault)
        }
    }

    @Test("the program says what is wrong, and what would be right")
    func refusals() async throws {
        for (arguments, sentence) in [
            (["--chip", "sx1280"], "there is no 'sx1280'; there are sx1261, sx1262, "),
            (["--nodes", "2", "--fault", "3:deaf"], "there is no node 3"),
            (["--fault", "1:blind"], "1:blind"),
            (["--shadowing=-1"], "--shadowing must be 0 to 60 dB"),
        ] {
            let outcome = try await Build.host.program("lichen-sim", ["air"] + arguments).run()
            #expect(outcome.ending == .exited(64))
            #expect(outcome.errors.contains(sentence), "\(outcome)")
        }
    }

    @Test("chips of two kinds and a fault, as the program serves them")
    func serves() async throws {
        try await withWorkbench { bench in
            let folder = bench.folder + "/air"
            let running = try bench.start(
                Build.host.program(
                    "lichen-sim",
                    [
                        "air", "--nodes", "3", "--directory", folder, "--chip", "sx1262,sx1276",
                        "--fault", "1:bus-high", "--outdoors",
                    ]))
            try await running.says("Serving 3 SX1262, SX1276, 40.0 m apart")
            let broken = try RawHost(folder + "/node-1.sock")
            #expect(broken.greets())
            #expect(broken.ask("03 00 02 C0 00")?.suffix(2) == [0xFF, 0xFF])
            let old = try RawHost(folder + "/node-2.sock")
            #expect(old.greets())
            #expect(old.ask("03 00 02 42 00") == bytes(hex: "04 00 82 00 00 12"))
            let new = try RawHost(folder + "/node-3.sock")
            #expect(new.greets())
            #expect(new.ask("03 00 02 C0 00") == bytes(hex: "04 00 82 00 A2 A2"))
        }
    }
}
