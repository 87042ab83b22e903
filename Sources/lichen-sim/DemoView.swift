import Agent
import Base
import Emulation
import Foundation

/// What the demo shows: on a terminal a picture that is drawn over and over, elsewhere lines.
final class DemoView {
    private let isLive: Bool
    private let hasColour: Bool
    private var steps: [(text: String, result: String?, isDone: Bool)] = []
    private var frames: [String] = []
    private var speaking: [Int: Instant] = [:]
    private var links: [Int: (snr: Double, at: Instant)] = [:]
    private var frameCount = 0
    private var drawnLines = 0
    private var lastDrawn = Instant.start
    private var isEnded = false

    private let isSilent: Bool

    init(isLive: Bool, hasColour: Bool, isSilent: Bool = false) {
        self.isLive = isLive
        self.isSilent = isSilent
        self.hasColour = hasColour
        if isLive { write("\u{1B}[?25l") }
    }

    /// Shows a step, does it, and shows what came of it.
    func step(_ text: String, _ act: () throws -> String?) throws {
        steps.append((text, nil, false))
        let result = try act()
        steps[steps.count - 1] = (text, result, true)
        if !isLive {
            write("ok  \(text)\(result.map { ": \($0)" } ?? "")\n")
        }
    }

    /// Notes what happened on the air.
    func take(_ record: AirRecord) {
        switch record.kind {
        case .started(let node, let size, let timeOnAir):
            frameCount += 1
            speaking[node.index] = record.at + timeOnAir
            show(
                "\(stamp(record.at))  \(node.index + 1) sends \(size) B, "
                    + "\(timeOnAir.wholeMilliseconds) ms")
        case .received(let node, let sender, let signal):
            links[node.index * 16 + sender.index] =
                (Double(signal.snrQuarterDB) / 4, record.at)
        case .collided(let node, let sender):
            show("\(stamp(record.at))  \(node.index + 1) loses a frame of \(sender.index + 1)")
        }
    }

    private func show(_ line: String) {
        frames.append(line)
        if frames.count > 6 { frames.removeFirst() }
    }

    private func stamp(_ moment: Instant) -> String {
        String(format: "%7.2f s", Double(moment.milliseconds) / 1_000)
    }

    // MARK: The picture

    /// Draws the picture, ten times a second at most.
    func draw(_ stage: DemoStage) {
        guard isLive, !isEnded, stage.now - lastDrawn >= .milliseconds(100) else { return }
        lastDrawn = stage.now
        var lines = [bold("lichen: five nodes, one air") + "   \(seconds(stage.now - .start))", ""]
        lines += nodeLines(stage) + [""] + linkLines(stage) + [""]
        lines += stepLines() + [""]
        lines.append(dim("on the air (\(frameCount) frames so far)"))
        lines += frames.map { dim("  " + $0) }
        lines += Array(repeating: "", count: max(0, 6 - frames.count))
        redraw(lines)
    }

    /// Leaves the steps on the screen, and the cursor as it was.
    func end() {
        guard isLive, !isEnded else { return }
        isEnded = true
        redraw(stepLines())
        write("\u{1B}[?25h")
    }

    private func redraw(_ lines: [String]) {
        var text = drawnLines > 0 ? "\u{1B}[\(drawnLines)A" : ""
        for line in lines { text += "\u{1B}[2K" + line + "\n" }
        text += "\u{1B}[0J"
        drawnLines = lines.count
        write(text)
    }

    private func nodeLines(_ stage: DemoStage) -> [String] {
        var lines = [dim("node     state                     keys  root      on air  budget used")]
        let roots = stage.agents.compactMap { $0.isRunning ? $0.status?.text("root") : nil }
        for agent in stage.agents {
            let isSpeaking = (speaking[agent.number - 1] ?? .start) > stage.now
            let name = "hut-\(agent.number)".padding(toLength: 9, withPad: " ", startingAt: 0)
            guard agent.isRunning, let status = agent.status else {
                let state = agent.isRunning ? "starting" : agent.status == nil ? "-" : "killed"
                lines.append(name + red(state))
                continue
            }
            let mesh = status.text("mesh")
            let state = mesh.isEmpty ? "no mesh" : "\(mesh), node \(status.text("number"))"
            let root = status.text("root")
            let agrees = roots.count > 1 && roots.allSatisfy { $0 == root } && !mesh.isEmpty
            let used = Double(status.number("airtimeUsedMs") ?? 0)
            let budget = Double(max(1, status.number("airtimeBudgetMs") ?? 1))
            lines.append(
                name + state.padding(toLength: 26, withPad: " ", startingAt: 0)
                    + status.text("keys").padding(toLength: 6, withPad: " ", startingAt: 0)
                    + (agrees ? green(root) : yellow(root)) + "  "
                    + (isSpeaking ? bold("))) ") : "    ")
                    + "    " + String(format: "%.2f %%", used / budget * 100))
        }
        return lines
    }

    private func linkLines(_ stage: DemoStage) -> [String] {
        var lines = [dim("SNR, dB   from 1       2       3       4       5")]
        for receiver in 0..<stage.agents.count {
            var line = "  at \(receiver + 1)   "
            for sender in 0..<stage.agents.count {
                let cell: String
                if receiver == sender {
                    cell = "·"
                } else if let link = links[receiver * 16 + sender],
                    stage.now - link.at < .seconds(15)
                {
                    cell = String(format: "%+.1f", link.snr)
                } else {
                    cell = "-"
                }
                line += String(repeating: " ", count: max(0, 8 - cell.count)) + cell
            }
            lines.append(line)
        }
        return lines
    }

    private func stepLines() -> [String] {
        steps.map { step in
            let mark = step.isDone ? green("✓") : yellow("…")
            return "\(mark) \(step.text)" + (step.result.map { dim("  \($0)") } ?? "")
        }
    }

    // MARK: Colour

    private func bold(_ text: String) -> String { paint(text, "1") }
    private func dim(_ text: String) -> String { paint(text, "2") }
    private func red(_ text: String) -> String { paint(text, "31") }
    private func green(_ text: String) -> String { paint(text, "32") }
    private func yellow(_ text: String) -> String { paint(text, "33") }

    private func paint(_ text: String, _ code: String) -> String {
        hasColour ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private func write(_ text: String) {
        guard !isSilent else { return }
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}
