import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// An agent that cannot start says why in one sentence, and leaves everything as it was.
    @Suite struct StartTests {
        /// A workbench with a state that an agent has made, and that no agent uses.
        private func withState(
            _ body: (Workbench, Field) async throws -> Void
        ) async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                #expect(try await field.lichen(1, "set", "bridge", "open").ending == .exited(0))
                agent.signal(SIGTERM)
                #expect(try await agent.end().ending == .exited(0))
                try await body(bench, field)
            }
        }

        private func refuses(
            _ program: Program, _ status: Int32, _ sentence: String, _ bench: Workbench,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let outcome = try await bench.start(program).end()
            #expect(
                outcome.refuses(status, sentence), "\(outcome)", sourceLocation: sourceLocation)
        }

        @Test("a configuration with a mistake: file, line and remedy, status 2")
        func configuration() async throws {
            try await withState { bench, field in
                let before = contents(of: field.directory())
                let file = bench.path("1.conf")
                let good = field.configuration()
                try bench.write(good.replacing("spreading-f", with: "spreding-f"), to: "1.conf")
                try await refuses(
                    field.agent(), 2,
                    "\(file):5: [radio] has no key 'spreding-factor'; did you mean "
                        + "'spreading-factor'?", bench)
                try bench.write(good.replacing("beacon = 5", with: "beacon = soon"), to: "1.conf")
                try await refuses(
                    field.agent(), 2,
                    "\(file):7: 'beacon' cannot be 'soon'; expected seconds, 2 to 3600", bench)
                try bench.write("", to: "1.conf")
                try await refuses(
                    field.agent(), 2,
                    "\(file): [radio] has no 'device'; add it: 'spidev:' and the path of an SPI "
                        + "device, or 'emulator:' and the path of a socket of 'lichen-sim air'",
                    bench)
                try FileManager.default.removeItem(atPath: file)
                try await refuses(
                    field.agent(), 2,
                    "\(file): there is no such file; write one, or name another with --config",
                    bench)
                try FileManager.default.createDirectory(
                    atPath: file, withIntermediateDirectories: false)
                try await refuses(
                    field.agent(), 2,
                    "\(file): cannot be read (error 21); check its owner and permissions", bench)
                #expect(contents(of: field.directory()) == before)
                #expect(!exists(field.socket()))
            }
        }

        @Test("a radio that is not there")
        func radio() async throws {
            try await withState { bench, field in
                let before = contents(of: field.directory())
                field.air.signal(SIGTERM)
                #expect(try await field.air.end().ending == .exited(0))
                let sentence =
                    "emulator:\(field.radio()): connect failed with error 2; check the device and "
                    + "its permissions"
                try await refuses(field.agent(), 1, sentence, bench)
                #expect(contents(of: field.directory()) == before)
                #expect(!exists(field.socket()))
                // The first start of a node: no store is made, so nothing of it has been decided.
                try FileManager.default.removeItem(atPath: field.directory())
                try await refuses(field.agent(), 1, sentence, bench)
                #expect(contents(of: field.directory()) == ["lock": Data()])
            }
        }

        @Test("an SPI device that is not there, whatever the chip")
        func spidev() async throws {
            try await withState { bench, field in
                let text = field.configuration().replacing(
                    "emulator:\(field.radio())",
                    with: """
                        spidev:/dev/spidev9.9
                        gpio-chip = gpiochip0
                        busy-pin = 20
                        interrupt-pin = 16
                        reset-pin = 18
                        """)
                try bench.write(text, to: "1.conf")
                try await refuses(
                    field.agent(), 1,
                    "/dev/spidev9.9: there is no such device; turn SPI on: on a Raspberry Pi "
                        + "'dtparam=spi=on' in /boot/firmware/config.txt, elsewhere a 'dtoverlay' "
                        + "with a spidev node; then restart", bench)
                try bench.write(
                    text.replacing("busy-pin = 20", with: "chip = rfm95"), to: "1.conf")
                try await refuses(
                    field.agent(), 1,
                    "/dev/spidev9.9: there is no such device; turn SPI on: on a Raspberry Pi "
                        + "'dtparam=spi=on' in /boot/firmware/config.txt, elsewhere a 'dtoverlay' "
                        + "with a spidev node; then restart", bench)
            }
        }

        @Test("a radio that another agent has")
        func takenRadio() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                _ = try await field.start()
                let text = field.configuration().replacing(field.directory(), with: bench.path("b"))
                    .replacing(field.socket(), with: bench.path("c"))
                let file = try bench.write(text, to: "2.conf")
                try await refuses(
                    Build.host.program("lichen", ["agent", "-c", file]), 1,
                    "emulator:\(field.radio()): the radio's connection is gone; check that the "
                        + "emulator or the device is still there, and that no other agent has it",
                    bench)
            }
        }

        @Test("a state directory that cannot be made")
        func directory() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let text = field.configuration()
                let orphan = bench.path("no/state")
                try bench.write(text.replacing(field.directory(), with: orphan), to: "1.conf")
                try await refuses(
                    field.agent(), 1,
                    "\(orphan): the directory above it does not exist; make it first", bench)
                let file = try bench.write("text", to: "file")
                try bench.write(text.replacing(field.directory(), with: file), to: "1.conf")
                try await refuses(
                    field.agent(), 1, "\(file): this is a file; name a directory", bench)
                #expect(FileManager.default.contents(atPath: file) == Data("text".utf8))
                #expect(!exists(field.socket()))
            }
        }

        @Test("a store that is damaged, or of a later format, is left alone")
        func damaged() async throws {
            try await withState { bench, field in
                let store = "\(field.directory())/data.mdb"
                try Data(repeating: 0x55, count: 8_192).write(to: URL(filePath: store))
                let before = contents(of: field.directory())
                try await refuses(
                    field.agent(), 1,
                    "\(field.directory()): its content is damaged; restore it from a copy, or pair "
                        + "this node anew", bench)
                #expect(contents(of: field.directory()) == before)
                #expect(!exists(field.socket()))
            }
        }

        @Test(
            "a state directory on a read-only file system",
            .enabled("\(Namespace.hint)") { await Namespace.flags() != nil })
        func readOnly() async throws {
            try await withState { bench, field in
                // What is seen is a copy, on a file system that refuses every write by itself.
                let script = """
                    cp -aT \(field.directory()) \(bench.path("copy"))
                    mount -t tmpfs -o size=8m none \(field.directory())
                    cp -a \(bench.path("copy"))/. \(field.directory())
                    mount -t tmpfs -o remount,ro none \(field.directory())
                    """
                let sentence =
                    "\(field.directory()): it cannot be written; check its owner and permissions, "
                    + "and that its file system is not mounted read-only"
                try await refuses(
                    Namespace.program(field.agent(), after: script), 1, sentence, bench)
                // A directory that would have to be made there.
                let inner = field.configuration().replacing(
                    field.directory(), with: field.directory() + "/inner")
                try bench.write(inner, to: "1.conf")
                try await refuses(
                    Namespace.program(field.agent(), after: script), 1,
                    sentence.replacing(
                        "\(field.directory()):", with: "\(field.directory())/inner:"), bench)
                #expect(!exists(field.socket()))
            }
        }

        @Test(
            "a disk too full for a store: nothing stays, and with room it starts",
            .enabled("\(Namespace.hint)") { await Namespace.flags() != nil })
        func fullAtStart() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                try FileManager.default.createDirectory(
                    atPath: field.directory(), withIntermediateDirectories: false)
                let script = """
                    mount -t tmpfs -o size=4k none \(field.directory())
                    "$@" && exit 99 || echo "status $?" >&2
                    ls -A \(field.directory()) >&2
                    mount -t tmpfs -o remount,size=8m none \(field.directory())
                    """
                let agent = try await bench.start(
                    Namespace.program(field.agent(), after: script))
                try await agent.says("is up")
                #expect(
                    agent.errors.hasPrefix(
                        """
                        lichen: \(field.directory()): the disk is full; free some space, nothing \
                        was changed
                        status 1
                        lock
                        lichen: node hut-1 is up
                        """), "\(agent.errors)")
                agent.signal(SIGTERM)
                #expect(try await agent.end().ending == .exited(0))
            }
        }

        @Test(
            "a disk that fills up: writes are refused, the agent goes on, and recovers",
            .enabled("\(Namespace.hint)") { await Namespace.flags() != nil })
        func fullLater() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                try FileManager.default.createDirectory(
                    atPath: field.directory(), withIntermediateDirectories: false)
                // More keys than the log has frames: only then does the tree have to grow.
                let configuration = field.configuration().replacing(
                    "[state]\n", with: "[state]\nkeys = 2000\n")
                try bench.write(configuration, to: "1.conf")
                let agent = try await bench.start(
                    Namespace.program(
                        field.agent(),
                        after: "mount -t tmpfs -o size=4116k none \(field.directory())"))
                try await agent.says("is up")
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))

                let value = String(repeating: "x", count: 96)
                var count = 0
                var refused: Outcome?
                while refused == nil, count < 1_400 {
                    let outcome = try await field.lichen(1, "set", "key-\(count)", value)
                    if outcome.ending == .exited(0) { count += 1 } else { refused = outcome }
                }
                let full = "the disk is full; free some space, nothing was changed"
                #expect(
                    refused?.refuses(1, "the state directory failed: \(full)") == true,
                    "after \(count): \(String(describing: refused))")
                // It goes on, says so, and has what it acknowledged and nothing else.
                #expect(agent.poll() == nil)
                let status = try await field.lichen(1, "status")
                #expect(status.ending == .exited(0))
                #expect(status.output.contains("the disk failed: \(full)\n"), "\(status)")
                #expect(try await field.lichen(1, "get", "key-\(count - 1)").output == value + "\n")
                #expect(
                    try await field.lichen(1, "get", "key-\(count)").refuses(
                        1, "there is no key 'key-\(count)'; 'lichen get' lists all"))

                let grown = try await Namespace.enter(
                    agent,
                    ["mount", "-t", "tmpfs", "-o", "remount,size=8m", "none", field.directory()])
                #expect(grown.ending == .exited(0), "\(grown)")
                #expect(
                    try await field.lichen(1, "set", "key-\(count)", value).ending == .exited(0))
                #expect(!(try await field.lichen(1, "status").output.contains("disk")))
                agent.signal(SIGTERM)
                #expect(try await agent.end().ending == .exited(0))
            }
        }

        @Test("a second agent on the same state directory")
        func secondOnDirectory() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                let first = try await field.start()
                let before = contents(of: field.directory())
                // The very same configuration: somebody has typed it twice.
                let sentence =
                    "\(field.directory()): another agent is using it; stop that one, or give this "
                    + "one its own directory"
                try await refuses(field.agent(), 1, sentence, bench)
                // Another radio and another socket, so that only the directory is shared.
                let text = field.configuration(2).replacing(
                    field.directory(2), with: field.directory())
                try bench.write(text, to: "2.conf")
                try await refuses(field.agent(2), 1, sentence, bench)
                #expect(contents(of: field.directory()) == before)
                #expect(!exists(field.socket(2)))
                #expect(first.poll() == nil)
                #expect(try await field.lichen(1, "status").ending == .exited(0))
            }
        }

        @Test("a second agent on the same control socket")
        func secondOnSocket() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                _ = try await field.start()
                try bench.write(
                    field.configuration(2).replacing(field.socket(2), with: field.socket()),
                    to: "2.conf")
                try await refuses(
                    field.agent(2), 1,
                    "\(field.socket()): another agent answers there; stop it, or give this one its "
                        + "own 'socket' in [control]", bench)
                #expect(contents(of: field.directory(2)) == ["lock": Data()])
                // The first one's socket is still its own.
                #expect(
                    try await field.lichen(1, "status").output.hasPrefix("node    hut-1, up "))
            }
        }

        @Test("a control socket that cannot be made")
        func socket() async throws {
            try await withState { bench, field in
                let before = contents(of: field.directory())
                let path = bench.path("no/control")
                try bench.write(
                    field.configuration().replacing(field.socket(), with: path), to: "1.conf")
                try await refuses(
                    field.agent(), 1,
                    "\(path): the control socket cannot be made (error 2); check that its directory "
                        + "exists and may be written", bench)
                // A file that is no socket is somebody's.
                let file = try bench.write("text", to: "file")
                try bench.write(
                    field.configuration().replacing(field.socket(), with: file), to: "1.conf")
                try await refuses(
                    field.agent(), 1,
                    "\(file): there is a file that is no socket; remove it, or give 'socket' in "
                        + "[control] another path", bench)
                #expect(FileManager.default.contents(atPath: file) == Data("text".utf8))
                #expect(contents(of: field.directory()) == before)
            }
        }
    }
}
