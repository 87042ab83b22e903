import Agent
import Base
import Emulation
import Foundation

extension Demo {
    /// Node 2 writes where nobody hears it, and its power is cut in the midst of a write: what it had
    /// acknowledged is on its card or nowhere.
    func cutPower() throws {
        if let path = stage.noCut {
            try view.step("node 2 loses its power in the midst of a write") {
                "left out: the host build's \(path) is not there"
            }
            return
        }
        let node = stage.unlucky
        let record = "\(node.folder)/record"
        let home = stage.air.position(of: AirNode(1))
        try view.step("node 2, out of reach, loses its power in the midst of a write") {
            stage.air.move(AirNode(1), to: Position(x: 0, y: 5_000))
            for round in 1...5 { try set("gauge \(round)", "\(round) cm", on: 2) }
            let before = size(of: record)
            node.connect()?.send(Self.write("gauge 6", "6 cm"))
            try stage.watch("node 2 writes within 10 s") { size(of: record) > before }
            node.kill()
            let torn = try stage.run(
                ["store", "tear", record, "\(node.folder)/state", "--killed"])
            return "five acknowledged; \(torn)"
                + (stage.runsHostBuild
                    ? "; node 2 is the host build: only that can be recorded" : "")
        }
        try view.step("node 2 starts with what the cut left of its card: the five are there") {
            node.recorder = nil
            try node.start()
            let time = try stage.wait("node 2 answers within 10 s", within: .seconds(10)) {
                guard node.isRunning else { throw DemoError.ended(node: 2, log: node.log) }
                return node.connect() != nil
            }
            try claimGauges(on: 2)
            return seconds(time)
        }
        try view.step("node 2 comes back: all agree, and all have the five") {
            stage.air.move(AirNode(1), to: home)
            let time = try stage.wait("all agree within 40 s", within: .seconds(40)) {
                guard try stage.allAgree() else { return false }
                return try (1...5).allSatisfy { try stage.value(of: "gauge 5", on: $0) == "5 cm" }
            }
            for number in 1...5 { try claimGauges(on: number) }
            return seconds(time)
        }
    }

    private func claimGauges(on number: Int) throws {
        for round in 1...5 {
            guard try stage.value(of: "gauge \(round)", on: number) == "\(round) cm" else {
                throw DemoError.claim("'gauge \(round)', acknowledged, is on node \(number)")
            }
        }
    }

    private func size(of path: String) -> Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.intValue ?? 0
    }
}
