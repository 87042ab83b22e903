import Base
import CRDT
import LoRa

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
    /// The card has lost records, and others have not told them yet.
    case inDoubt
    /// This node was silent for too long, and is not let in again yet.
    case leftOut
    /// The change makes no sense here.
    case change(ChangeError)
    /// The number to probe is this node's own, or nobody's.
    case ownNumber
    case unknownMember(number: Int)
    /// A probe or a test frame of an earlier request is not over.
    case underWay
    case tooLong(limit: Int)
    /// The probe went out, and no echo came in.
    case noAnswer
    /// The channel was in use, or airtime was lacking, all the time.
    case notSent
    /// The ledger has none before then.
    case noAirtime(wait: Duration)
    case radioFailed(ModemFault)

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .notMember:
            "this node belongs to no mesh; found one with 'lichen init', or have it admitted "
                + "with the code that 'lichen code' prints"
        case .alreadyMember: "this node already belongs to a mesh; a node has one"
        case .mapFull(let capacity):
            "the replicated state is full (\(capacity) entries); write existing keys, remove "
                + "some, or raise 'keys' in [state] on all nodes"
        case .tooManyDrafts: "too many writes wait for the disk; try again in a moment"
        case .flash(let fault): "the state directory failed: \(fault.sentence)"
        case .inDoubt:
            "this node's card has lost some of its records; it takes writes again when another node "
                + "of the mesh has told it what is missing"
        case .leftOut:
            "the mesh has gone on without this node, which was silent for too long; it takes writes "
                + "again when the node that founded the mesh has let it in anew"
        case .change(let error): error.sentence
        case .ownNumber: "that is this node itself; 'lichen nodes' lists the others"
        case .unknownMember(let number):
            "the mesh has no node \(number); 'lichen nodes' lists its members"
        case .underWay: "another request is on the air; try again when it is over"
        case .tooLong(let limit): "a test frame has at most \(limit) bytes of text; shorten it"
        case .noAnswer: "no answer; see with 'lichen nodes' whether it is heard at all"
        case .notSent:
            "the frame could not be sent in time: others are on the air, or the airtime is spent; "
                + "'lichen radio airtime' tells which"
        case .noAirtime(let wait):
            "the airtime is spent; there is some for this frame again in "
                + "\((wait.wholeMilliseconds + 999) / 1_000) s"
        case .radioFailed(let fault): fault.sentence
        }
    }
}

/// An own change that is not on flash yet: it has no sequence number, and nobody has heard of it.
struct Draft {
    enum Purpose: Equatable {
        case write(Request)
        case founding(Request)
        case admission
        /// The node's own doing: nobody waits for it.
        case upkeep
    }

    var purpose: Purpose
    var name: KeyName
    /// What is to be written; `nil` where an earlier draft says it too.
    var change: Change?
    /// Why it became no operation in the batch at hand.
    var failure: Refusal?
}
