import Base
import CRDT
import Crypto

/// Who belongs to the mesh, and what each claims to have, as the replicated state tells.
///
///     collection  key        value
///     members     number     MemberRecord: who it is
///     members     number 0   Absence: it was left out
///     members     number 1   signature 64: the certificate of one that was let in again
///     state       –          by each member: Claim; by the founder: Call
extension Replica {
    /// What is known of a member; `nil` where there is none of that number.
    public func member(_ number: Actor) -> MemberRecord? {
        latest(MemberRecord.name(of: number)).flatMap { MemberRecord($0.value) }
    }

    /// Who has a number, and is waited for.
    public var members: ActorSet {
        var set = ActorSet()
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            guard absence(of: actor) == nil, latest(MemberRecord.name(of: actor)) != nil else {
                continue
            }
            set.insert(actor)
        }
        return set
    }

    /// The number of the member with that identity, of those that were not left out.
    public func number(of key: PublicKey) -> Actor? {
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            if absence(of: actor) == nil, member(actor)?.publicKey == key { return actor }
        }
        return nil
    }

    /// The lowest number that nobody has or has had.
    public var freeNumber: Actor? {
        for raw in UInt8(2)...254 {
            let actor = Actor(raw: raw)
            if latest(MemberRecord.name(of: actor)) == nil { return actor }
        }
        return nil
    }

    /// Who was left out.
    public var leftOut: ActorSet {
        var set = ActorSet()
        for raw in UInt8(1)...254 where absence(of: Actor(raw: raw)) != nil {
            set.insert(Actor(raw: raw))
        }
        return set
    }

    /// The certificate of a member that was let in again.
    public func certificate(of number: Actor) -> Signature? {
        latest(MemberRecord.name(of: number, .certificate)).flatMap { Signature($0.value.span) }
    }

    /// Learns who was left out, and what every member has, of what came in.
    public mutating func learnStability() {
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            guard let record = latest(MemberRecord.name(of: actor, .absence)),
                record.dot.actor == Membership.founderNumber, actor != Membership.founderNumber,
                let absence = Absence(record)
            else { continue }
            leaveOut(actor, absence)
        }
        settle(before: call.cut)
    }

    /// Whether to take an operation, or word that it and later ones are superseded, from a sender: from
    /// one that was left out only what is its own, and new.
    ///
    /// - Parameter leftOut: Who had been left out when this node was admitted.
    public func takes(_ first: Dot, from sender: Actor, leftOut: ActorSet) -> Bool {
        guard absence(of: sender) != nil || leftOut.contains(sender) else { return true }
        return first.actor == sender && takesFromItself(sender, from: first.sequence)
    }

    // MARK: Claims

    /// What the founder has called for.
    public var call: Call {
        report(Call.name, by: Membership.founderNumber).flatMap { Call($0.value) } ?? Call()
    }

    /// Before when all that members stamped is on that member's flash, as far as it has told.
    public func claim(of member: Actor) -> Stamp {
        report(Call.name, by: member).flatMap { Call.stamp($0.value) } ?? Stamp(raw: 0)
    }

    /// Before when nothing is lacking at any member, as far as they have claimed; for the founder.
    public var leastClaim: Stamp {
        let members = members
        var least = covered(of: members)
        for raw in UInt8(1)...254 {
            let actor = Actor(raw: raw)
            guard actor != Membership.founderNumber, members.contains(actor) else { continue }
            least = min(least, claim(of: actor))
        }
        return least
    }

    /// What a member owes to the founder's call: that it has written since, then that it has what was
    /// stamped before; `nil` where it owes nothing.
    public func owedClaim(of own: Actor) -> Stamp? {
        let wanted = call.wanted
        let isSilent = lastStamp(of: own) < wanted
        guard isSilent || claim(of: own) < wanted else { return nil }
        let covered = covered(of: members)
        return isSilent || covered >= wanted ? covered : nil
    }
}

/// What the founder tells for the sake of stability: the cut, and what members are to claim next.
///
///       0          3
///     ┌──────────┬──────────
///     │ cut      │ wanted
///     └──────────┴──────────
public struct Call: Equatable, Sendable {
    /// Before when nothing that was stamped is lacking anywhere.
    public var cut = Stamp(raw: 0)
    /// What the next cut is to be: no earlier than this.
    public var wanted = Stamp(raw: 0)

    /// Nothing is settled, nothing called for.
    public init() {}

    init?(_ value: Value) {
        var reader = ByteReader(value.span)
        guard let cut = try? reader.littleEndian(size: 3),
            let wanted = try? reader.littleEndian(size: 3)
        else { return nil }
        self.cut = Stamp(raw: UInt32(cut))
        self.wanted = Stamp(raw: UInt32(wanted))
    }

    /// As a report's value.
    public var value: Value {
        var value = Value()
        value.fill { out in
            out.append(littleEndian: UInt64(cut.raw), size: 3)
            out.append(littleEndian: UInt64(wanted.raw), size: 3)
        }
        return value
    }

    /// The key of reports on what members have.
    public static var name: KeyName { KeyName(.state, Key()) }

    static func stamp(_ value: Value) -> Stamp? {
        var reader = ByteReader(value.span)
        return (try? reader.littleEndian(size: 3)).map { Stamp(raw: UInt32($0)) }
    }

    /// A member's claim as a report's value.
    public static func claim(_ stamp: Stamp) -> Value {
        var value = Value()
        value.fill { $0.append(littleEndian: UInt64(stamp.raw), size: 3) }
        return value
    }
}

extension KeyReference {
    /// Whether it is of what tells who is a member, or what members have.
    public var isOfMembers: Bool {
        switch self {
        case .code(let code): code == 0
        case .literal(let name): name.collection == .members || name.collection == .state
        }
    }
}
