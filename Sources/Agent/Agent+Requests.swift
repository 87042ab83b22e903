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
///     init mesh=M                 found a mesh
///     code                        the code by which this node may be admitted
///     pair code=C                 admit the node of that code; `progress` lines on the way
///
/// and what stands at `handleState`, `handleStore` and `handleRadio`.
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
        } else if line.isWord("init") {
            found(line, connection, request, into: &output)
        } else if line.isWord("code") {
            sendCode(to: connection)
        } else if line.isWord("pair") {
            pair(line, connection, request, into: &output)
        } else if handleState(line, from: connection, request, into: &output) {
            return
        } else if handleStore(line, from: connection, request) {
            return
        } else if handleRadio(line, from: connection, request, into: &output) {
            return
        } else {
            connection.fail(
                "this agent does not know '\(line.word)'; is the client of the same version?")
        }
    }

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
