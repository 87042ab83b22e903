import Base
import CRDT
import Crypto
import LoRa
import Mesh
import Node
import Station

/// What clients of the control socket can ask for.
///
///     status                      what this node is and does
///     nodes                       the members, and who of them is in earshot
///     get [key=K]                 one entry of the shared map, or all
///     set key=K value=V           answered once it is on flash
///     watch                       all entries, then each change, until the client leaves
///     init mesh=M                 found a mesh
///     code                        the code by which this node may be admitted
///     pair code=C                 admit the node of that code; `progress` lines on the way
///
/// and what stands at `handleRadio`.
extension Agent {
    func handle(
        _ line: ControlRecord, from connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        if line.isWord("status") {
            connection.send(status)
            connection.succeed()
        } else if line.isWord("nodes") {
            sendNodes(to: connection)
        } else if line.isWord("get") {
            get(line, connection)
        } else if line.isWord("set") {
            set(line, connection, request, into: &output)
        } else if line.isWord("watch") {
            connection.isWatching = true
            sendAll(to: connection)
        } else if line.isWord("init") {
            found(line, connection, request, into: &output)
        } else if line.isWord("code") {
            sendCode(to: connection)
        } else if line.isWord("pair") {
            pair(line, connection, request, into: &output)
        } else if handleRadio(line, from: connection, request, into: &output) {
            return
        } else {
            connection.fail(
                "this agent does not know '\(line.word)'; is the client of the same version?")
        }
    }

    private func get(_ line: ControlRecord, _ connection: Connection) {
        guard let bytes = line.bytes("key") else {
            sendAll(to: connection)
            return connection.succeed()
        }
        guard let key = Key(bytes) else { return connection.fail(Self.keyTooLong) }
        guard let operation = station.node.replica.latest(KeyName(.shared, key)) else {
            return connection.fail("there is no key '\(key.text)'; 'lichen get' lists all")
        }
        connection.send(entry(operation, key))
        connection.succeed()
    }

    private func sendAll(to connection: Connection) {
        var keys: [Key] = []
        for index in 0..<station.node.replica.live.capacity {
            guard let operation = station.node.replica.live[index], operation.kind == .write,
                let name = station.node.replica.live.name(of: operation),
                name.collection == .shared
            else { continue }
            keys.append(name.key)
        }
        keys.sort()
        for index in keys.indices where index == 0 || keys[index] != keys[index - 1] {
            guard let operation = station.node.replica.latest(KeyName(.shared, keys[index])) else {
                continue
            }
            connection.send(entry(operation, keys[index]))
        }
    }

    private func set(
        _ line: ControlRecord, _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        guard let key = Key(line.bytes("key") ?? []) else {
            return connection.fail(Self.keyTooLong)
        }
        guard !key.isEmpty else { return connection.fail("a key has at least one byte") }
        guard let value = Value(line.bytes("value") ?? []) else {
            return connection.fail("a value has at most 96 bytes; split it over several keys")
        }
        connection.request = request
        station.change(key, .set(value), .now, request, at: now, into: &output)
    }

    private static var keyTooLong: String { "a key has at most 31 bytes; choose a shorter one" }

    private func found(
        _ line: ControlRecord, _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        guard let mesh = Name(line.bytes("mesh") ?? []), !mesh.isEmpty else {
            return connection.fail("a mesh's name has 1 to 16 bytes; choose another")
        }
        connection.request = request
        station.found(mesh, request, at: now, into: &output)
    }

    private func sendCode(to connection: Connection) {
        if let membership = station.node.membership {
            return connection.fail(
                "this node already belongs to the mesh '\(membership.mesh.text)'; "
                    + "its code is spent")
        }
        guard let code = station.node.pairingCode else {
            return connection.fail(
                "the code is not on flash yet: "
                    + (station.node.diskFault?.sentence ?? "try again in a moment"))
        }
        var record = ControlRecord("code")
        record.add("code", code.text)
        connection.send(record)
        connection.succeed()
    }

    private func pair(
        _ line: ControlRecord, _ connection: Connection, _ request: Request,
        into output: inout Effects<StationEffect>
    ) {
        do throws(PairingCodeError) {
            let code = try PairingCode(typed: line.text("code"))
            connection.request = request
            station.pair(code, request, at: now, into: &output)
        } catch {
            connection.fail(error.sentence)
        }
    }
}
