import ArgumentParser
import Crypto
import Foundation

/// `lichen-sim bench`.
struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Measure what the README and the issues promise.",
        discussion: """
            Prints a table and writes it as JSON: an array of objects with id, title, value, unit, \
            better, goal, holds, rival, rivalValue, bound and how. A row that cannot run on this \
            machine says why in 'how', and its 'holds' is null.

            EXIT STATUS
              0 unless a row's goal is missed; 1 if one is.
            """)

    @Option(help: ArgumentHelp("Only rows whose id begins so.", valueName: "prefix"))
    var only = ""

    @Option(help: ArgumentHelp("Where the JSON goes.", valueName: "path"))
    var json = ".build/bench.json"

    @Option(help: ArgumentHelp("The folder of the device builds.", valueName: "path"))
    var builds = ".build"

    /// Rows by id, in the order of the table; later floors add theirs here.
    private var rows: [(id: String, measure: () throws -> BenchRow)] {
        let device = DeviceBench(builds: builds)
        let full = FullStateBench(builds: builds)
        let state = StateBench(rivals: "\(builds)/rivals")
        return [
            ("size.arm64", device.size),
            ("rss.agent", device.residentMemory),
            ("start.agent", device.start),
            ("sim.speed", SimulationBench.speed),
            ("radio.spi.rx", RadioBench.transfersOfReceiving),
            ("radio.spi.tx", RadioBench.transfersOfSending),
            ("radio.spi.init", RadioBench.transfersOfStart),
            ("radio.clean.sf7", { try RadioBench.clean(.sf7) }),
            ("radio.clean.sf9", { try RadioBench.clean(.sf9) }),
            ("radio.clean.sf12", { try RadioBench.clean(.sf12) }),
            ("radio.marginal", RadioBench.marginal),
            ("radio.faults", RadioBench.faults),
            ("radio.recovery.p99", RadioBench.recovery),
            ("radio.toa", RadioBench.timeOnAir),
            ("air.lorasim", AirBench.loraSim),
            ("ledger.oracle", RadioBench.ledger),
            ("crdt.register", state.register),
            ("crdt.counter100", state.counter),
            ("crdt.map1", state.mapKey),
            ("crdt.map64", state.mapKeys),
            ("crdt.histories", StateBench.histories),
            ("merge.rate", state.mergeRate),
            ("flash.single", StoreBench.single),
            ("flash.group32", StoreBench.group),
            ("flash.day", StoreBench.day),
            ("cut.images", StoreBench.images),
            ("store.start", { try full.start(isCold: false) }),
            ("store.start.cold", { try full.start(isCold: true) }),
            ("rss.10k", full.residentMemory),
            ("alloc.merge", state.mergeAllocations),
            ("alloc.radio", RadioBench.allocations),
            ("alloc.rx", SimulationBench.allocationsReceiving),
            ("alloc.tx", SimulationBench.allocationsSending),
            ("recon.beacon", ReconcileBench.beacon),
            ("recon.d8", ReconcileBench.eightScattered),
            ("recon.slots", ReconcileBench.slots),
            ("recon.heads", ReconcileBench.heads),
            ("recon.heads.other", ReconcileBench.headsOtherwise),
            ("recon.k8", ReconcileBench.eightNeighbours),
            ("recon.airtime40.k1", { try ReconcileBench.airtimeUnderLoss(1, goal: 2.2) }),
            ("recon.airtime40.k4", { try ReconcileBench.airtimeUnderLoss(4, goal: 3.1) }),
            ("recon.airtime40.k8", { try ReconcileBench.airtimeUnderLoss(8, goal: 3.75) }),
            ("recon.away", ReconcileBench.away),
        ]
    }

    func run() throws {
        guard Sodium.start() else { throw ValidationError("the system has no source of entropy") }
        let wanted = rows.filter { $0.id.hasPrefix(only) }
        guard !wanted.isEmpty else {
            throw ValidationError(
                "no row's id begins with '\(only)'; there are "
                    + rows.map(\.id).joined(separator: ", "))
        }
        var results: [BenchRow] = []
        for (id, measure) in wanted {
            FileHandle.standardError.write(Data("measuring \(id) …\n".utf8))
            results.append(try measure())
        }
        print(Self.table(results))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(results).write(to: URL(fileURLWithPath: json))
        if results.contains(where: { $0.holds == false }) { throw ExitCode.failure }
    }

    private static func table(_ rows: [BenchRow]) -> String {
        var cells = [["row", "value", "goal", "holds", "rival", ""]]
        for row in rows {
            let sign = row.better == .lower ? "≤" : "≥"
            cells.append([
                row.id, row.value.map { "\(number($0)) \(row.unit)" } ?? "-",
                "\(sign) \(number(row.goal)) \(row.unit)",
                row.holds.map { $0 ? "yes" : "NO" } ?? "-",
                row.rival.map { "\($0) \(row.rivalValue.map(number) ?? "")" } ?? "-",
                row.value == nil ? row.how : row.title,
            ])
        }
        let widths = cells[0].indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell.padding(toLength: widths[column] + 2, withPad: " ", startingAt: 0)
            }.joined()
        }.joined(separator: "\n")
    }

    private static func number(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 {
            let digits = String(Int(value).magnitude)
            var grouped = ""
            for (index, digit) in digits.enumerated() {
                if index > 0, (digits.count - index) % 3 == 0 { grouped += "," }
                grouped.append(digit)
            }
            return (value < 0 ? "-" : "") + grouped
        }
        return String(format: "%.2f", value)
    }
}
