import ArgumentParser
import Base
import CLinux
import Emulation
import Foundation
import LinuxHAL

/// `lichen-sim air`.
struct AirCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "air",
        abstract: "Serve emulated radio chips on sockets, in real time.",
        discussion: """
            Makes one Unix socket a node, named node-1.sock, node-2.sock, … in --directory, which is \
            made where it is missing. An agent attaches to one of them; radio/emulator.md describes \
            what is spoken there, byte by byte, for drivers that others wrote. A chip has one host \
            at a time, and goes on by itself when its host leaves.

            The nodes stand in a row, --spacing metres apart. With 14 dBm at SF7 and 125 kHz a frame \
            reaches 136 m (LoRaSim's path loss); at SF12, 540 m. With --outdoors, links differ by \
            3.57 dB of shadowing, some frames near the floor are lost, and spreading factors are in \
            each other's way.

            --chip takes one chip for all nodes, or a list that is repeated: \
            \(ChipModel.allCases.map(\.rawValue).joined(separator: ", ")). --fault gives the chip of \
            a node a fault, from the start or after some seconds; it may be repeated. Kinds are:

            \(AirFault.list)

            Ends at SIGINT (Ctrl-C) or SIGTERM, and takes the sockets away.

            EXAMPLES
              lichen-sim air --nodes 5 --directory /tmp/air
              lichen-sim air --nodes 3 --spacing 100 --watch
              lichen-sim air --nodes 2 --chip sx1262,sx1276 --fault 2:deaf@60

            EXIT STATUS
              0 after a signal; 1 where a socket cannot be made; 64 for wrong arguments.
            """)

    @Option(help: "How many chips: 1 to 1000.")
    var nodes = 5

    @Option(help: ArgumentHelp("The folder for the sockets.", valueName: "path"))
    var directory = "air"

    @Option(help: ArgumentHelp("Distance between neighbours.", valueName: "metres"))
    var spacing = 40.0

    @Option(help: ArgumentHelp("Chips by node.", valueName: "chip,…"))
    var chip = ChipModel.sx1262.rawValue

    @Option(help: ArgumentHelp("A chip's fault.", valueName: "node:kind[@seconds]"))
    var fault: [AirFault] = []

    @Option(help: ArgumentHelp("Shadowing, as a standard deviation.", valueName: "dB"))
    var shadowing: Double?

    @Flag(help: "Shadowing, a soft floor, and interference between spreading factors.")
    var outdoors = false

    @Option(help: ArgumentHelp("Repeats what chance decided.", valueName: "number"))
    var seed: UInt64 = 0

    @Flag(help: "Print each frame as it happens.")
    var watch = false

    func validate() throws {
        guard (1...1_000).contains(nodes) else {
            throw ValidationError("--nodes must be 1 to 1000.")
        }
        guard spacing.isFinite, (0...1e6).contains(spacing) else {
            throw ValidationError("--spacing must be 0 to 1000000 metres.")
        }
        _ = try models()
        if let node = fault.map(\.node).max(), node > nodes {
            throw ValidationError("--fault: there is no node \(node).")
        }
        if let shadowing, !(0...60).contains(shadowing) {
            throw ValidationError("--shadowing must be 0 to 60 dB.")
        }
    }

    /// Each node's chip.
    private func models() throws -> [ChipModel] {
        let listed = try chip.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let model = ChipModel(rawValue: name.lowercased()) else {
                throw ValidationError(
                    "--chip: there is no '\(name)'; there are "
                        + ChipModel.allCases.map(\.rawValue).joined(separator: ", ") + ".")
            }
            return model
        }
        return (0..<nodes).map { listed[$0 % listed.count] }
    }

    private var propagation: Propagation {
        var propagation = outdoors ? Propagation.outdoors : Propagation()
        if let shadowing { propagation.shadowing = shadowing }
        return propagation
    }

    func run() throws {
        // Before there is anything to take away.
        let signals = try SignalFD(SIGINT, SIGTERM)
        try makeDirectory()
        let models = try models()
        let air = Air(
            positions: (0..<nodes).map { Position(x: Double($0) * spacing, y: 0) },
            propagation: propagation, chips: models, seed: seed)
        let server = try AirServer(air, in: directory)
        var epoll = try Epoll()
        try epoll.add(signals.raw, token: 0)
        try epoll.add(server.raw, token: 1)
        for node in 0..<nodes {
            say("node \(node + 1)  \(AirServer.path(of: AirNode(node), in: directory))")
        }
        let kinds = ChipModel.allCases.filter(models.contains).map { $0.rawValue.uppercased() }
        say("Serving \(nodes) \(kinds.joined(separator: ", ")), \(spacing) m apart. Ctrl-C ends.")
        var faults = fault.sorted { $0.moment < $1.moment }
        while signals.next() == nil {
            try server.step(for: .zero)
            while let next = faults.first, next.moment <= server.now {
                air.inject(next.fault, into: AirNode(next.node - 1))
                faults.removeFirst()
            }
            while let record = air.nextRecord() { if watch { say(line(for: record)) } }
            _ = try epoll.wait(for: faults.first.map { max(.zero, $0.moment - server.now) })
        }
    }

    private func makeDirectory() throws {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw ValidationError(
                "--directory \(directory) cannot be made: \(error.localizedDescription)")
        }
    }

    private func say(_ line: String) {
        print(line)
        fflush(nil)  // Whoever reads this through a pipe is waiting for it.
    }
}

/// One line for people: when, who, what.
func line(for record: AirRecord) -> String {
    let milliseconds = record.at.milliseconds
    let fraction = String(1_000 + milliseconds % 1_000).dropFirst()
    let time = "\(milliseconds / 1_000).\(fraction) s"
    switch record.kind {
    case .started(let node, let size, let timeOnAir):
        return "\(time)  node \(node.index + 1) sends \(size) bytes, "
            + "\(timeOnAir.wholeMilliseconds) ms on the air"
    case .received(let node, let sender, let signal):
        let quarters = signal.snrQuarterDB
        return "\(time)  node \(node.index + 1) hears node \(sender.index + 1), "
            + "\(signal.rssiDBm) dBm, SNR \(Double(quarters) / 4) dB"
    case .collided(let node, let sender):
        return "\(time)  node \(node.index + 1) loses a frame of node \(sender.index + 1)"
    }
}
