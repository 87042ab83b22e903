import Agent
import Base
import Emulation
import Foundation

/// What the demo shows, step by step; each step checks what it claims.
struct Demo {
    let stage: DemoStage
    var view: DemoView { stage.view }

    init(stage: DemoStage) { self.stage = stage }

    func run() throws {
        let start = stage.now
        try assemble()
        try setAndSpread()
        try divide()
        try killAndReturn()
        try cutPower()
        let table = try report(after: stage.now - start)
        try stopAgents()
        view.end()
        print(table)
    }

    /// Starts five agents and makes them one mesh.
    func assemble() throws {
        try startAgents()
        try found()
        for number in 2...5 { try admit(number) }
        try settle()
    }

    private func startAgents() throws {
        try view.step("five agents start, and answer on their control sockets") {
            for agent in stage.agents { try agent.start() }
            try stage.wait("all agents answer within 10 s", within: .seconds(10)) {
                for agent in stage.agents where !agent.isRunning {
                    throw DemoError.ended(node: agent.number, log: agent.log)
                }
                return stage.agents.allSatisfy { $0.connect() != nil }
            }
            return nil
        }
    }

    private func found() throws {
        try view.step("node 1 founds the mesh 'valley'") {
            var request = ControlRecord("init")
            request.add("mesh", "valley")
            _ = try stage.ask(1, request)
            return nil
        }
    }

    private func admit(_ number: Int) throws {
        try view.step("node \(number) joins by its code, over LoRa") {
            let start = stage.now
            guard let code = try stage.ask(number, ControlRecord("code")).first?.text("code") else {
                throw DemoError.claim("node \(number) has a code")
            }
            var request = ControlRecord("pair")
            request.add("code", code)
            let lines = try stage.ask(1, request, within: .seconds(30))
            guard lines.last?.text("step") == "confirmed" else {
                throw DemoError.claim("node \(number) confirmed its membership")
            }
            guard try stage.ask(number, ControlRecord("status")).first?.text("mesh") == "valley"
            else { throw DemoError.claim("node \(number) belongs to 'valley'") }
            return "code \(code), \(seconds(stage.now - start))"
        }
    }

    private func settle() throws {
        try view.step("all five know all five, with equal state on flash") {
            let time = try stage.wait("five members everywhere within 40 s", within: .seconds(40)) {
                guard try stage.allAgree() else { return false }
                return stage.agents.allSatisfy { $0.status?.number("members") == 5 }
            }
            return seconds(time)
        }
    }

    private func setAndSpread() throws {
        try view.step("'bridge = open', set on node 3, appears on all") {
            let start = stage.now
            try set("bridge", "open", on: 3)
            try stage.wait("all have it within 20 s", within: .seconds(20)) {
                try (1...5).allSatisfy { try stage.value(of: "bridge", on: $0) == "open" }
            }
            let heard = stage.now - start
            try stage.wait("all have it on flash within 20 s", within: .seconds(20)) {
                try stage.allAgree()
            }
            return "\(seconds(heard)), on flash everywhere after \(seconds(stage.now - start))"
        }
    }

    private func divide() throws {
        let home = stage.air.position(of: AirNode(4))
        try view.step("node 5 is carried out of reach; it and node 2 write the same key") {
            stage.air.move(AirNode(4), to: Position(x: 5_000, y: 0))
            try set("gate", "closed by 2", on: 2)
            // Each node's clock is right to some milliseconds; the second write must be the later.
            try stage.pass(.milliseconds(200))
            try set("gate", "closed by 5", on: 5)
            try stage.wait("each side has its own value within 20 s", within: .seconds(20)) {
                try stage.value(of: "gate", on: 1) == "closed by 2"
                    && stage.value(of: "gate", on: 5) == "closed by 5"
            }
            return "they differ"
        }
        try view.step("node 5 comes back: all agree on the later write") {
            stage.air.move(AirNode(4), to: home)
            let time = try stage.wait("all agree within 40 s", within: .seconds(40)) {
                guard try stage.allAgree() else { return false }
                return try (1...5).allSatisfy {
                    try stage.value(of: "gate", on: $0) == "closed by 5"
                }
            }
            return seconds(time)
        }
    }

    private func killAndReturn() throws {
        try view.step("node 4 is killed (SIGKILL) while others write") {
            stage.agents[3].kill()
            for round in 1...5 {
                try set("level", "\(round) m", on: 1 + round % 3)
                try stage.pass(.milliseconds(300))
            }
            return "five writes missed"
        }
        try view.step("node 4 starts again and catches up") {
            try stage.agents[3].start()
            let time = try stage.wait("node 4 catches up within 40 s", within: .seconds(40)) {
                guard stage.agents[3].connect() != nil else { return false }
                guard try stage.value(of: "level", on: 4) == "5 m" else { return false }
                return try stage.allAgree()
            }
            return seconds(time)
        }
    }

    func set(_ key: String, _ value: String, on number: Int) throws {
        _ = try stage.ask(number, Self.write(key, value))
    }

    /// The request to write.
    static func write(_ key: String, _ value: String) -> ControlRecord {
        var request = ControlRecord("set")
        request.add("key", key)
        request.add("value", value)
        return request
    }

    private func stopAgents() throws {
        try view.step("all agents end cleanly at SIGTERM") {
            for agent in stage.agents { agent.terminate() }
            try stage.wait("all have ended within 5 s", within: .seconds(5)) {
                stage.agents.allSatisfy { !$0.isRunning }
            }
            guard stage.agents.allSatisfy({ $0.exitStatus == 0 }) else {
                throw DemoError.claim("every agent's exit status is 0")
            }
            return nil
        }
    }

    // MARK: The table

    private func report(after time: Duration) throws -> String {
        var text = "\nnode   frames   bytes   on the air   of the hour's budget      RSS\n"
        var claims = true
        for agent in stage.agents {
            let counters = stage.air.counters(of: AirNode(agent.number - 1))
            guard let status = try stage.ask(agent.number, ControlRecord("status")).first,
                let budget = status.number("airtimeBudgetMs"),
                let charged = status.number("airtimeUsedMs")
            else { throw DemoError.claim("node \(agent.number) reports its airtime") }
            // What the air saw, against what the node's own ledger says, restarts included.
            let used = counters.timeOnAir.wholeMilliseconds
            claims = claims && charged >= Int(used) && charged <= budget
            text += pad(agent.number, 4) + pad(counters.sentFrames, 9)
            text += pad(counters.sentBytes, 8)
            text += pad(String(format: "%.2f s", Double(used) / 1_000), 13)
            text += pad(String(format: "%.2f %%", Double(charged) / Double(budget) * 100), 23)
            text += pad("\(agent.residentKilobytes ?? 0) kB", 9) + "\n"
        }
        guard claims else {
            throw DemoError.claim("no ledger shows less than the air saw, or more than the budget")
        }
        return text + "\nAll claims were checked and are true, \(seconds(time)) after the start. "
            + "The ledgers of nodes 2 and 4 charge what they had reserved when they were killed."
    }

    private func pad(_ value: some CustomStringConvertible, _ width: Int) -> String {
        let text = value.description
        return String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

/// A duration for people.
func seconds(_ duration: Duration) -> String {
    String(format: "%.1f s", Double(duration.wholeMilliseconds) / 1_000)
}
