import Base
import CRDT

/// What a frame is for.
public enum FrameKind: UInt8, CaseIterable, Sendable {
    /// The root of what its sender has on flash.
    case beacon = 1
    /// New operations, to be forwarded.
    case wave = 2
    /// Operations that somebody lacked, by name; not to be forwarded.
    case repair = 3
    /// The sketch of its sender's heads, of which some differ from a neighbour's.
    case heads = 4
    /// A step of admitting a new node: not sealed with the mesh's key.
    case pairing = 5
    /// A question how well one node hears this one, and how soon it answers.
    case probe = 6
    /// The answer to a probe.
    case echo = 7
    /// Text for whoever listens, from anybody: not sealed.
    case test = 8
    /// How many operations its sender lacks of those under a root.
    case need = 9
    /// Operations coded together, for all that lack some of them.
    case cells = 10
    /// The heads of a stretch of actors.
    case page = 11

    /// The sketch of the slots: for finding out what differs where heads are the same.
    case slots = 12
    /// What holds in slots that differ.
    case values = 13

    /// Its name in reports.
    public var name: StaticString {
        switch self {
        case .beacon: "beacon"
        case .wave: "wave"
        case .repair: "repair"
        case .heads: "heads"
        case .pairing: "pairing"
        case .probe: "probe"
        case .echo: "echo"
        case .test: "test"
        case .need: "need"
        case .cells: "cells"
        case .page: "page"
        case .slots: "slots"
        case .values: "values"
        }
    }

    /// Whether it begins with the root of what its sender has on flash.
    public var hasRoot: Bool {
        switch self {
        case .beacon, .wave, .repair, .heads, .probe, .echo, .cells, .page, .values: true
        case .need, .slots, .pairing, .test: false
        }
    }

    /// Whether it is sealed with the mesh's key, so that only members send and read it.
    public var isSealed: Bool {
        switch self {
        case .beacon, .wave, .repair, .heads, .probe, .echo, .need, .cells, .page, .slots,
            .values:
            true
        case .pairing, .test: false
        }
    }
}

/// Why a frame was not taken.
public enum FrameError: Error, Equatable {
    case truncated(size: Int)
    case unknownKind(UInt8)
    case unknownVersion(UInt8)
    /// A sealed frame, while this node belongs to no mesh.
    case noKey
    /// The tag does not fit: another mesh's, or forged.
    case notAuthentic
    /// Its counter was seen before.
    case replayed
    /// It names this node as its sender: an echo, or a stranger of the same number.
    case own
    /// Authentic, and its payload makes no sense: a newer version, or a fault of ours.
    case malformed
}

/// Ahead of every payload. Specified in `radio/wire.md` §2.
///
///        0                 1         2 … 4            5 …
///     ┌───────┬─────────┬─────────┬────────────────┬────────
///     │ kind  │ version │ sender  │ counter        │ sealed
///     │ 4 bit │  4 bit  │         │ little-endian  │
///     └───────┴─────────┴─────────┴────────────────┴────────
public struct FrameHeader: Equatable, Sendable {
    /// Bytes of a header.
    public static let size = 5
    /// Bytes of the tag at a sealed frame's end.
    public static let tagSize = 8
    /// The version of the wire format that this is.
    public static let version: UInt8 = 1

    /// What the frame is for.
    public var kind: FrameKind
    /// Who sent it; 0 in pairing frames, and in test frames of nodes without a mesh.
    public var sender: Actor
    /// The low 24 bits of the sender's frame counter; of the session in pairing frames; how many
    /// test frames went before, in test frames.
    public var counter: UInt32

    /// Sender and counter in one number: no two frames of a mesh that are heard within days of each
    /// other have the same.
    public var number: UInt32 { UInt32(sender.raw) << 24 | counter }

    /// A header.
    public init(kind: FrameKind, sender: Actor, counter: UInt32) {
        self.kind = kind
        self.sender = sender
        self.counter = counter
    }

    /// Total: any bytes give a header or a named error.
    public init(reading bytes: Span<UInt8>) throws(FrameError) {
        guard bytes.count >= Self.size else { throw .truncated(size: bytes.count) }
        guard let kind = FrameKind(rawValue: bytes[0] >> 4) else {
            throw .unknownKind(bytes[0] >> 4)
        }
        guard bytes[0] & 0x0F == Self.version else { throw .unknownVersion(bytes[0] & 0x0F) }
        self.kind = kind
        sender = Actor(raw: bytes[1])
        counter = UInt32(bytes[2]) | UInt32(bytes[3]) << 8 | UInt32(bytes[4]) << 16
    }

    /// Appends the header.
    public func write(to out: inout OutputSpan<UInt8>) {
        precondition(counter < 1 << 24, "counter exceeds its field")
        out.append(kind.rawValue << 4 | Self.version)
        out.append(sender.raw)
        out.append(littleEndian: UInt64(counter), size: 3)
    }
}
