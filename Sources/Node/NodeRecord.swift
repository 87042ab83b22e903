import Base
import CRDT

/// The keys of a node's records on flash; in the order in which they are read at start.
///
///     00                    format: 1 byte, 1
///     01                    identity: seed 32
///     02                    pairing code: 12
///     03                    membership: as in `radio/wire.md` §6, founder's seed 32 behind it
///     04                    frame counters given away: up to, 8 bytes
///     05                    airtime reservation: µs, 8 bytes
///     10 actor              heads: head 4, ahead 8, sender's frame counter 8
///     20 collection key     operation: actor 1, sequence 4, body as in `radio/wire.md` §4
///
/// Numbers little-endian.
public struct NodeRecord: Sendable {
    /// The record's key.
    public let key: ShortBytes<33>

    private init(_ first: UInt8) {
        var key = ShortBytes<33>()
        key.append(first)
        self.key = key
    }

    /// The version of this format.
    public static var formatVersion: UInt8 { 1 }

    /// The format's version.
    public static var format: NodeRecord { NodeRecord(0x00) }
    /// The node's own key pair.
    public static var identity: NodeRecord { NodeRecord(0x01) }
    /// The code by which the node may be admitted.
    public static var pairingCode: NodeRecord { NodeRecord(0x02) }
    /// What it knows as a member.
    public static var membership: NodeRecord { NodeRecord(0x03) }
    /// Frame counters that are given away.
    public static var counters: NodeRecord { NodeRecord(0x04) }
    /// Time on air that counts as spent.
    public static var airtime: NodeRecord { NodeRecord(0x05) }

    static let heads: UInt8 = 0x10
    static let operation: UInt8 = 0x20

    static func heads(of actor: Actor) -> NodeRecord {
        var record = ShortBytes<33>()
        record.append(heads)
        record.append(actor.raw)
        return NodeRecord(record)
    }

    static func operation(_ collection: Collection, _ key: Key) -> NodeRecord {
        var record = ShortBytes<33>()
        record.append(operation)
        record.append(collection.rawValue)
        for index in 0..<key.count { record.append(key[index]) }
        return NodeRecord(record)
    }

    private init(_ key: ShortBytes<33>) { self.key = key }

    /// Whether these bytes are this record's key.
    public func isKey(_ bytes: Span<UInt8>) -> Bool { key.span.elementsEqual(bytes) }
}
