import Agent
import Base
import CLinux
import Foundation
import LinuxHAL
import TestSupport
import Testing

/// A connection to a control socket, to say what one likes.
private final class RawClient {
    private let socket: FileDescriptor

    init(_ path: String) throws {
        let raw = lichen_unix_connect(path)
        guard raw >= 0 else { throw ProgramError.cannotStart(path, errno: lichen_errno()) }
        socket = FileDescriptor(owning: raw)
    }

    /// - Returns: Whether the agent took all of it.
    func send(_ bytes: [UInt8]) -> Bool { socket.send(bytes.span) }

    /// The next piece within some seconds; `nil` for the end of the connection.
    func receive() -> [UInt8]? {
        guard lichen_wait_readable(socket.raw, 10_000_000_000) == 1 else { return [] }
        var buffer = Slab<UInt8>(repeating: 0, count: 4_096)
        var span = buffer.mutableSpan
        guard case .bytes(let count) = socket.receive(into: &span) else { return nil }
        return (0..<count).map { buffer[$0] }
    }

    /// All until the agent ends the connection.
    func rest() -> String {
        var bytes: [UInt8] = []
        while let piece = receive(), !piece.isEmpty { bytes += piece }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension EndToEnd {
    /// Law 4: what comes through the control socket is hostile.
    @Suite struct ControlSocketTests {
        private func withAgent(
            _ body: (Field, RunningProgram) async throws -> Void
        ) async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                let agent = try await field.start()
                try await body(field, agent)
                #expect(agent.poll() == nil, "\(agent.errors)")
                #expect(try await field.lichen(1, "status").ending == .exited(0))
                agent.signal(SIGTERM)
                #expect(try await agent.end().ending == .exited(0))
            }
        }

        private func residentKilobytes(_ process: RunningProgram) throws -> Int {
            let text = try String(contentsOfFile: "/proc/\(process.pid)/status", encoding: .utf8)
            let line = text.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
            return line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
        }

        @Test("requests that mean nothing are answered with a sentence each")
        func nonsense() async throws {
            try await withAgent { field, _ in
                let client = try RawClient(field.socket())
                #expect(client.send(Array("\n\t\t=\nhello\tkey=a\nset\n".utf8)))
                var answer = ""
                while answer.filter({ $0 == "\n" }).count < 4 {
                    let piece = try #require(client.receive())
                    try #require(!piece.isEmpty, "\(answer)")
                    answer += String(decoding: piece, as: UTF8.self)
                }
                let lines = answer.split(separator: "\n").map {
                    ControlRecord(line: Array($0.utf8))
                }
                #expect(lines.allSatisfy { $0.word == "error" })
                #expect(
                    lines.map { $0.text("sentence") } == [
                        "this agent does not know ''; is the client of the same version?",
                        "this agent does not know ''; is the client of the same version?",
                        "this agent does not know 'hello'; is the client of the same version?",
                        "a key has at least one byte",
                    ])
            }
        }

        @Test("bytes of chance do no harm", arguments: Seed.slice(2))
        func garbage(seed: Seed) async throws {
            try await withAgent { field, _ in
                var dice = Dice(seed)
                for _ in 0..<50 {
                    let client = try RawClient(field.socket())
                    _ = client.send(
                        (0..<dice.roll(1..<3_000)).map { _ in
                            dice.roll(0..<20) == 0 ? 10 : UInt8(dice.roll(0..<256))
                        })
                }
            }
        }

        @Test("a line without an end is told so, and its client sent away")
        func endlessLine() async throws {
            try await withAgent { field, agent in
                let before = try residentKilobytes(agent)
                let client = try RawClient(field.socket())
                let piece = [UInt8](repeating: 0x78, count: 65_536)
                var sent = 0
                while sent < 64 << 20, client.send(piece) { sent += piece.count }
                #expect(sent < 64 << 20)
                #expect(
                    client.rest()
                        == "error\tsentence=a request has at most 1024 bytes; shorten what it carries\n"
                )
                #expect(try residentKilobytes(agent) < before + 4_096)
            }
        }

        // Method: a request that takes its time, and behind it more than anybody waits for.
        @Test("a client that talks on while it waits cannot fill the memory")
        func flood() async throws {
            try await withAgent { field, agent in
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                let before = try residentKilobytes(agent)
                let client = try RawClient(field.socket())
                #expect(client.send(Array("pair\tcode=0000-0000-0000\n".utf8)))
                #expect(String(decoding: client.receive() ?? [], as: UTF8.self).contains("calling"))
                let lines = Array(String(repeating: "status\n", count: 10_000).utf8)
                var sent = 0
                while sent < 64 << 20, client.send(lines) { sent += lines.count }
                #expect(sent < 64 << 20)
                #expect(try residentKilobytes(agent) < before + 4_096)
            }
        }

        @Test("more clients than there is room for are told to come back")
        func tooMany() async throws {
            try await withAgent { field, _ in
                var clients = try (0..<32).map { _ in try RawClient(field.socket()) }
                for client in clients {
                    #expect(client.send(Array("code\n".utf8)))
                    #expect(client.receive()?.isEmpty == false)
                }
                let sentence = "too many clients at once; try again in a moment"
                for words in [["status"], ["set", "a", "b"], ["watch"]] {
                    let outcome = try await field.client(1, words).run(within: .seconds(10))
                    #expect(outcome.refuses(1, sentence), "\(words): \(outcome)")
                }
                clients.removeAll()
                #expect(
                    try await eventually(within: .seconds(10)) {
                        try await field.lichen(1, "status").ending == .exited(0)
                    })
            }
        }

        @Test("keys, values and names that are too long, and writes without a mesh")
        func limits() async throws {
            try await withAgent { field, _ in
                let noMesh = try await field.lichen(1, "set", "bridge", "open")
                #expect(
                    noMesh.refuses(
                        1,
                        "this node belongs to no mesh; found one with 'lichen init', or have it "
                            + "admitted with the code that 'lichen code' prints"), "\(noMesh)")
                for mesh in ["", String(repeating: "m", count: 17)] {
                    let outcome = try await field.lichen(1, "init", mesh)
                    #expect(
                        outcome.refuses(1, "a mesh's name has 1 to 16 bytes; choose another"),
                        "\(outcome)")
                }
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                let again = try await field.lichen(1, "init", "hill")
                #expect(
                    again.refuses(1, "this node already belongs to a mesh; a node has one"),
                    "\(again)")
                let spent = try await field.lichen(1, "code")
                #expect(
                    spent.refuses(
                        1, "this node already belongs to the mesh 'valley'; its code is spent"),
                    "\(spent)")

                func key(_ count: Int) -> String { String(repeating: "k", count: count) }
                func value(_ count: Int) -> String { String(repeating: "v", count: count) }
                #expect(try await field.lichen(1, "set", key(31), value(96)).ending == .exited(0))
                #expect(try await field.lichen(1, "get", key(31)).output == value(96) + "\n")
                let longKey = "a key has at most 31 bytes; choose a shorter one"
                let longValue = "a value has at most 96 bytes; split it over several keys"
                for count in [32, 900] {
                    for words in [["set", key(count), "v"], ["get", key(count)]] {
                        let outcome = try await field.client(1, words).run()
                        #expect(outcome.refuses(1, longKey), "\(outcome)")
                    }
                }
                for count in [97, 900] {
                    let outcome = try await field.lichen(1, "set", "k", value(count))
                    #expect(outcome.refuses(1, longValue), "\(outcome)")
                }
                // More than fits into one line of the protocol.
                for count in [1_024, 100_000] {
                    let outcome = try await field.lichen(1, "set", "k", value(count))
                    #expect(
                        outcome.refuses(
                            1, "a request has at most 1024 bytes; shorten what it carries"),
                        "\(outcome)")
                }
                let empty = try await field.lichen(1, "set", "", "v")
                #expect(empty.refuses(1, "a key has at least one byte"), "\(empty)")
                #expect(try await field.lichen(1, "get").output == "\(key(31))\t\(value(96))\n")
            }
        }

        @Test("a map that is full says so, and takes new values for old keys")
        func fullMap() async throws {
            try await withWorkbench { bench in
                let field = try await Field(bench)
                try bench.write(
                    field.configuration().replacing("[state]", with: "[state]\nkeys = 16"),
                    to: "1.conf")
                _ = try await field.start()
                #expect(try await field.lichen(1, "init", "valley").ending == .exited(0))
                for index in 1...15 {  // The founder's record is the sixteenth.
                    #expect(try await field.lichen(1, "set", "\(index)", "a").ending == .exited(0))
                }
                let outcome = try await field.lichen(1, "set", "16", "a")
                #expect(
                    outcome.refuses(
                        1,
                        "the replicated state is full (16 entries); write existing keys, remove "
                            + "some, or raise 'keys' in [state] on all nodes"), "\(outcome)")
                #expect(try await field.lichen(1, "set", "15", "b").ending == .exited(0))
                #expect(try await field.lichen(1, "get", "15").output == "b\n")
            }
        }
    }
}
