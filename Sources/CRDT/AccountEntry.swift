import Base

/// One line of an author's account in a bounded counter: all that it ever gave to a peer.
///
/// The escrow method (O'Neil: "The Escrow Transactional Method", 1986; as a CRDT: Balegas et al.,
/// "Extending Eventually Consistent Cloud Databases for Enforcing Numeric Invariants", 2015): each
/// author holds rights of its own, and spends or gives away only what it holds. So the sum of what
/// all have spent never passes the sum of what was minted, whoever is apart from whom.
struct AccountEntry {
    /// Where rights go that are spent.
    static var spent: Actor { Actor(raw: 0) }

    /// Who was given; `spent`, or the author itself for what it minted.
    var peer: Actor
    /// All that ever went there.
    var amount: UInt64

    init(peer: Actor, amount: UInt64) {
        self.peer = peer
        self.amount = amount
    }

    /// As the value of an operation: the peer, then the amount.
    var value: Value {
        var value = Value()
        value.fill { out in
            out.append(peer.raw)
            out.append(varint: amount)
        }
        return value
    }

    init?(_ value: Value) {
        var reader = ByteReader(value.span)
        guard let peer = try? reader.byte(), let amount = try? reader.varint(), reader.isAtEnd
        else { return nil }
        self.init(peer: Actor(raw: peer), amount: amount)
    }
}
