import Agent
import ArgumentParser
import Base
import Emulation
import Foundation

/// `lichen-sim demo`.
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Five agents as processes on one emulated air, and what they can do.",
        discussion: """
            Starts five agents, the program that ships, on five emulated SX1262 chips, in real time \
            and under the hour's real airtime budget. Node 1 founds a mesh, four join by code over \
            LoRa; a value appears on all; two nodes write the same key out of each other's reach \
            and agree afterwards; one is killed while others write, and catches up; one loses its power \
            in the midst of a write, out of reach, and still has all that it acknowledged. That one is \
            always the host build, beside this program: its card is watched by a preloaded library.

            On a terminal it shows nodes, links and frames as they happen; elsewhere, and with \
            --plain, plain lines. NO_COLOR is respected. Ctrl-C ends all of it and leaves nothing \
            behind.

            EXIT STATUS
              0 if every claim it makes was checked and is true; 1 otherwise, and after Ctrl-C.
            """)

    @Option(help: ArgumentHelp("The program to run as agents.", valueName: "path"))
    var lichen = ".build/debug/lichen"

    @Flag(help: "Plain lines, also on a terminal.")
    var plain = false

    func run() throws {
        let isTerminal = isatty(1) == 1 && !plain
        let view = DemoView(
            isLive: isTerminal,
            hasColour: isTerminal && ProcessInfo.processInfo.environment["NO_COLOR"] == nil)
        let path = URL(fileURLWithPath: lichen).path
        var stage: DemoStage?
        do {
            let set = try DemoStage(program: path, view: view)
            stage = set
            try Demo(stage: set).run()
            set.strike()
        } catch {
            stage?.strike()
            view.end()
            FileHandle.standardError.write(Data("lichen-sim: \(error)\n".utf8))
            throw ExitCode.failure
        }
    }
}
