import Base
import CRDT

/// The keys of a node's records on flash; in the order in which they are read at start.
///
///     00                    format: 1 byte, 2
///     01                    identity: seed 32
///     02                    pairing code: 12
///     03                    membership: as in `radio/wire.md` §6, founder's seed 32 behind it
///     04                    frame counters given away: up to, 8 bytes
///     05                    airtime reservation: µs, 8 bytes
///     06                    doubt: the own head that others must tell again 4, whether they
///                           are to tell all 1
///     07                    who was left out when this node was admitted: a bit each, up to 32
///     10 actor              heads: head 4, sender's frame counter 8, the latest stamp then 3
///     20 actor sequence     operation: its body, as in `radio/wire.md` §4
///
/// Numbers little-endian, but for the sequence in a key: four bytes, highest first, so that an
/// author's operations come in their order, and what gives a key a short code before its use.
public struct NodeRecord: Sendable {
    /// The record's key.
    public private(set) var key: ShortBytes<6>

    private init(_ first: UInt8) {
        var key = ShortBytes<6>()
        key.append(first)
        self.key = key
    }

    /// The version of this format.
    public static var formatVersion: UInt8 { 2 }

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

    /// That a card has lost some of what was on it.
    static var doubt: NodeRecord { NodeRecord(0x06) }

    /// Who was left out.
    static var leftOut: NodeRecord { NodeRecord(0x07) }

    static let heads: UInt8 = 0x10
    static let operation: UInt8 = 0x20

    static func heads(of actor: Actor) -> NodeRecord {
        var record = NodeRecord(heads)
        record.append(actor.raw)
        return record
    }

    static func operation(_ dot: Dot) -> NodeRecord {
        var record = NodeRecord(operation)
        record.append(dot.actor.raw)
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            record.append(UInt8(truncatingIfNeeded: dot.sequence >> shift))
        }
        return record
    }

    /// The operation that a record's key names.
    static func dot(_ key: Span<UInt8>) -> Dot? {
        guard key.count == 6, key[0] == operation, key[1] > 0 else { return nil }
        var sequence: UInt32 = 0
        for index in 2..<6 { sequence = sequence << 8 | UInt32(key[index]) }
        return sequence > 0 ? Dot(Actor(raw: key[1]), sequence) : nil
    }

    private mutating func append(_ byte: UInt8) { key.append(byte) }

    /// Whether these bytes are this record's key.
    public func isKey(_ bytes: Span<UInt8>) -> Bool { key.span.elementsEqual(bytes) }
}
