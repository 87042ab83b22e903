import Base
import CLinux
import Emulation
import Foundation
import HAL
import LinuxHAL

/// Hosts that say anything to served chips; one that is well-behaved is answered all the same.
enum SocketFuzz {
    /// One server, a hundred hosts.
    static func run(seed: UInt64) throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lichen-fuzz-\(getpid())-\(seed)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let directory = folder.path(percentEncoded: false)
        let air = Air(
            positions: [Position(x: 0, y: 0), Position(x: 40, y: 0)], chips: [.sx1262, .sx1276],
            seed: seed)
        let server = try AirServer(air, in: directory)
        var dice = Dice(seed: seed)
        for _ in 0..<100 {
            let path = AirServer.path(of: AirNode(dice.roll(0..<2)), in: directory)
            try annoy(path, server, &dice)
        }
        try converse(AirServer.path(of: AirNode(0), in: directory), server, seed)
    }

    private static func connect(_ path: String) -> FileDescriptor? {
        let raw = lichen_unix_connect(path)
        return raw >= 0 ? FileDescriptor(owning: raw) : nil
    }

    /// A host that begins well, or not, and goes on at random.
    private static func annoy(
        _ path: String, _ server: AirServer, _ dice: inout Dice
    ) throws {
        guard let socket = connect(path) else { return }
        try server.step(for: .zero)
        if dice.roll(0..<5) > 0 {
            var hello = OutgoingMessage()
            hello.set(.hello(version: EmulatorMessage.version))
            _ = hello.send(on: socket)
        }
        for _ in 0..<dice.roll(1..<40) {
            let message = message(&dice)
            guard socket.send(message.span) else { return }
            try server.step(for: .zero)
            var answers = Slab<UInt8>(repeating: 0, count: 4_096)
            var room = answers.mutableSpan
            if socket.receive(into: &room) == .end { return }
        }
    }

    /// Bytes that are mostly messages, of kinds and sizes that mostly exist.
    private static func message(_ dice: inout Dice) -> [UInt8] {
        let size = dice.roll(0..<20) == 0 ? dice.roll(0..<1_030) : dice.roll(1..<40)
        var bytes = (0..<size).map { _ in UInt8(dice.roll(0..<256)) }
        guard size > 3, dice.roll(0..<10) > 0 else { return bytes }
        bytes[0] = UInt8(truncatingIfNeeded: size - 2)
        bytes[1] = UInt8((size - 2) >> 8)
        bytes[2] = UInt8(dice.roll(0..<7))
        if bytes[2] > 2 { bytes[3] &= 3 }
        return bytes
    }

    private static func converse(_ path: String, _ server: AirServer, _ seed: UInt64) throws {
        guard let socket = connect(path) else { throw FuzzError.noAnswer(seed: seed) }
        var hello = OutgoingMessage()
        hello.set(.hello(version: EmulatorMessage.version))
        _ = hello.send(on: socket)
        var answers = Slab<UInt8>(repeating: 0, count: 64)
        for _ in 0..<100 {
            try server.step(for: .milliseconds(1))
            var room = answers.mutableSpan
            if case .bytes = socket.receive(into: &room) { return }
        }
        throw FuzzError.noAnswer(seed: seed)
    }
}
