import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite struct RadioTests {
        @Test("two nodes, and all that 'lichen radio' tells of the link between them")
        func link() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                _ = try await field.start(1)
                let other = try await field.start(2)
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                let code = try await field.lichen(2, "code").output.dropLast()
                #expect(try await field.lichen(1, "pair", String(code)).ending == .exited(0))
                let listener = try bench.start(field.client(1, ["radio", "listen"]))
                try await listener.says("radio   869.525 MHz SF7 125 kHz 4/5, 14 dBm; EU868")

                let ping = try await field.lichen(1, "radio", "ping", "hut-2", "--count", "3")
                #expect(ping.ending == .exited(0), "\(ping)")
                let echo = #/\d  \d+ ms \(\d+ on the air\)  there -\d+ dBm -?\d+\.\d dB  here .*/#
                #expect(ping.output.split(separator: "\n").contains { $0.contains(echo) })
                #expect(
                    ping.output.contains(#/hut-2  3 sent, \d answered, \d+ % lost; round trip/#))

                let range = try await field.lichen(1, "radio", "range", "2", "--count", "2")
                let rows = range.output.split(separator: "\n")
                #expect(
                    range.output.hasPrefix(
                        "time,node,sent,round_trip_ms,rssi_there_dbm,snr_there_db,"
                            + "rssi_here_dbm,snr_here_db\n"))
                #expect(rows.count == 3)
                for row in rows.dropFirst() {
                    let fields = row.split(separator: ",", omittingEmptySubsequences: false)
                    #expect(fields.count == 8 && fields[1] == "2", "\(row)")
                    #expect(fields[0].wholeMatch(of: #/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/#) != nil)
                }

                let sent = try await field.lichen(2, "radio", "send", "is \u{1B}[2Jthere?")
                #expect(
                    sent.output.contains(
                        #/^sent    \d+ ms on the air, 3\d\d\.\d s of 360\.0 s left/#))
                try await listener.says("is ·[2Jthere?")
                try await listener.says("node 2 hut-2")
                listener.signal(SIGINT)
                #expect(try await listener.end().ending == .exited(0))

                let status = try await field.lichen(1, "radio", "status")
                #expect(
                    status.output.hasPrefix("chip    SX1262 (SX1261 V2D 2D02), tcxo none\n"))
                #expect(status.output.contains(#/\nhealth  works, for \d+ s\n/#))
                #expect(status.output.contains(#/1 test frames\n/#))
                let record = try #require(
                    try await field.lichen(2, "radio", "status", "--json").json as? [String: Any])
                #expect((record["probesAnswered"] as? Int ?? 0) >= 1)
                #expect(record["faults"] as? [String: Int] == [:])

                let airtime = try await field.lichen(1, "radio", "airtime")
                #expect(airtime.output.contains(#/^used    \d\.\d s of 360\.0 s in any 3600 s/#))
                #expect(airtime.output.contains("        200 bytes, 318 ms on the air: now\n"))
                #expect(airtime.output.contains("869.400-869.650 *"))
                let budget = try #require(
                    try await field.lichen(1, "radio", "airtime", "--json").json as? [String: Any])
                #expect((budget["bands"] as? [[String: Any]])?.count == 6)

                let probe = try await field.lichen(1, "radio", "probe")
                #expect(probe.ending == .exited(0))
                #expect(probe.output.hasSuffix("\nthe radio works\n"), "\(probe)")

                #expect(
                    try await field.lichen(1, "radio", "ping", "hut-9").refuses(
                        1, "the mesh has no node 'hut-9'; 'lichen nodes' lists its members"))
                other.kill()
                let silent = try await field.lichen(1, "radio", "ping", "2", "--count", "1")
                #expect(silent.ending == .exited(1))
                #expect(silent.output.contains("2  1 sent, 0 answered, 100 % lost\n"))
                let stopped = try bench.start(
                    field.client(1, ["radio", "ping", "2", "--json", "--count", "100"]))
                try await stopped.says("\"type\": \"lost\"")
                stopped.signal(SIGINT)
                let outcome = try await stopped.end(within: .seconds(5))
                #expect(
                    outcome.output.hasSuffix("\"answered\": 0, \"lostPercent\": 100}\n"),
                    "\(outcome)")
            }
        }

        // Method: one air, a node for each fault; the sentences are those of `RadioProbeTests`.
        @Test("without an agent, 'probe' opens the radio itself and names what is wrong")
        func faults() async throws {
            let faults = [
                ("busy-stuck", "the radio stays busy;"), ("busy-stale", "BUSY is low while"),
                ("bus-low", "no radio answers;"), ("bus-high", "no radio answers;"),
                ("oscillator-dead", "the radio's oscillator starts with no 'tcxo' setting;"),
                ("rise-lost", "1 of 4 interrupts did not arrive;"),
                ("brown-out", "the radio works"),
                ("rise-hushed", "the radio works"), ("deaf", "the radio works"),
            ]
            try await withWorkbench { bench in
                var words = ["air", "--nodes", "\(faults.count)", "--directory", bench.path("air")]
                for (index, fault) in faults.enumerated() {
                    words += ["--fault", "\(index + 1):\(fault.0)"]
                }
                let air = try bench.start(Build.host.program("lichen-sim", words))
                try await air.says("Ctrl-C ends.")
                for (index, fault) in faults.enumerated() {
                    let configuration = try bench.write(
                        "[radio]\ndevice = emulator:\(bench.path("air/node-\(index + 1).sock"))\n"
                            + "[control]\nsocket = \(bench.path("nobody"))\n",
                        to: "\(index + 1).conf")
                    let outcome = try await Build.host.program(
                        "lichen", ["radio", "probe", "--config", configuration]
                    ).run()
                    let verdict = outcome.output.split(separator: "\n").last ?? ""
                    #expect(verdict.hasPrefix(fault.1), "\(fault.0): \(outcome)")
                    #expect(
                        outcome.ending == .exited(fault.1 == "the radio works" ? 0 : 1),
                        "\(fault.0)")
                    #expect(outcome.errors == "")
                }
            }
        }

        @Test("without an agent, 'listen' hears frames and shows the band")
        func listen() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench, nodes: 2)
                _ = try await field.start(2)
                #expect(try await field.lichen(2, "init", "valley").ending == .exited(0))
                let listener = try bench.start(
                    Build.host.program(
                        "lichen", ["radio", "listen", "--json", "--config", bench.path("1.conf")]))
                try await listener.says("\"type\": \"spectrum\"")
                try await listener.says("\"type\": \"level\"")
                try await listener.says("\"kind\": \"beacon\"", within: .seconds(20))
                let taken = try await Build.host.program(
                    "lichen", ["radio", "probe", "--config", bench.path("1.conf")]
                ).run()
                #expect(taken.ending == .exited(1), "\(taken)")
                #expect(taken.errors.contains("no other agent has it"), "\(taken)")
                listener.signal(SIGINT)
                let outcome = try await listener.end(within: .seconds(5))
                #expect(outcome.ending == .exited(0))
                for line in outcome.output.split(separator: "\n") {
                    let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
                    #expect(object is [String: Any], "\(line)")
                }
            }
        }

        @Test("a configuration that is not there: status 2 and its path")
        func noConfiguration() async throws {
            let outcome = try await Build.host.program(
                "lichen",
                ["radio", "probe", "--config", "/nowhere/x.conf", "--socket", "/nowhere/s"]
            ).run()
            #expect(
                outcome.refuses(
                    2,
                    "/nowhere/x.conf: there is no such file; write one, or name another with "
                        + "--config"))
        }

        @Test("an agent's radio whose sending never ends is found by 'probe'")
        func endless() async throws {
            try await withWorkbench { bench in
                let air = try bench.start(
                    Build.host.program(
                        "lichen-sim",
                        [
                            "air", "--nodes", "1", "--directory", bench.path("air"), "--fault",
                            "1:transmit-endless",
                        ]))
                try await air.says("Ctrl-C ends.")
                let socket = bench.path("control")
                let configuration = try bench.write(
                    "[radio]\ndevice = emulator:\(bench.path("air/node-1.sock"))\n"
                        + "spreading-factor = 7\n[state]\ndirectory = \(bench.path("state"))\n"
                        + "[control]\nsocket = \(socket)\n", to: "1.conf")
                let agent = try bench.start(
                    Build.host.program("lichen", ["agent", "--config", configuration]))
                try await agent.says("is up")
                let probe = try await Build.host.program(
                    "lichen", ["radio", "probe", "--socket", socket]
                ).run()
                #expect(probe.ending == .exited(1))
                #expect(
                    probe.output.hasSuffix(
                        "\na transmission did not end; check the antenna, the supply and the "
                            + "interrupt pin\n"), "\(probe)")
                let status = try await Build.host.program(
                    "lichen", ["radio", "status", "--socket", socket]
                ).run()
                #expect(status.output.contains(#/did not end a transmission: \d/#), "\(status)")
            }
        }
    }
}
