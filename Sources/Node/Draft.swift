import Base
import CRDT

/// Names a question of the node's surroundings, so that its answer finds back: a connection of the
/// control socket, say. Chosen by whoever asks.
public struct Request: Equatable, Sendable {
    /// Any number.
    public let id: Int

    /// A request.
    public init(id: Int) { self.id = id }
}

/// Why a request was not carried out.
public enum Refusal: Error, Equatable, Sendable {
    case notMember
    case alreadyMember
    case mapFull(capacity: Int)
    case tooManyDrafts
    case flash(DiskFault)

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .notMember:
            "this node belongs to no mesh; found one with 'lichen init', or have it admitted "
                + "with the code that 'lichen code' prints"
        case .alreadyMember: "this node already belongs to a mesh; a node has one"
        case .mapFull(let capacity):
            "the replicated map is full (\(capacity) keys); write existing keys, "
                + "or raise 'keys' in [state] on all nodes"
        case .tooManyDrafts: "too many writes wait for the disk; try again in a moment"
        case .flash(let fault): "the state directory failed: \(fault.sentence)"
        }
    }
}

/// An own write that is not on flash yet: it has no sequence number, and nobody has heard of it.
struct Draft {
    enum Purpose: Equatable {
        case write(Request)
        case founding(Request)
        case admission
    }

    var purpose: Purpose
    var time: HybridTime
    var collection: Collection
    var key: Key
    var value: Value

    func operation(_ dot: Dot) -> Operation {
        Operation(dot: dot, time: time, collection: collection, key: key, value: value)
    }
}
