import Base
import CRDT
import Crypto

/// As it travels in a welcome, and, with the founder's seed behind it, as it lies on flash.
/// Specified in `radio/wire.md` §6.
///
///     authority 32, key 32, epoch 1, number 2, certificate 64, valid until 4, name size 1, name
extension Membership {
    /// The most bytes `write` appends.
    public static let mostBytes = 32 + 32 + 1 + 2 + 64 + 4 + 1 + 16

    /// Appends all but the founder's key pair.
    public func write(to out: inout OutputSpan<UInt8>) {
        out.append(contentsOf: authority.span)
        out.append(contentsOf: key.bytes.span)
        out.append(epoch)
        out.append(littleEndian: UInt64(number.raw), size: 2)
        out.append(contentsOf: certificate.span)
        out.append(littleEndian: UInt64(validUntil), size: 4)
        out.append(UInt8(mesh.count))
        out.append(contentsOf: mesh.span)
    }

    /// Reads what `write` wrote. Total: any bytes give a membership or an error.
    public init(reading reader: inout ByteReader) throws(Truncated) {
        guard let authority = PublicKey(try reader.take(32)),
            let key = FixedBytes<32>(try reader.take(32))
        else { throw Truncated() }
        self.authority = authority
        self.key = SecretKey(key)
        epoch = try reader.byte()
        let number = try reader.littleEndian(size: 2)
        guard (1...254).contains(number), let certificate = Signature(try reader.take(64)) else {
            throw Truncated()
        }
        self.number = Actor(raw: UInt8(number))
        self.certificate = certificate
        validUntil = UInt32(try reader.littleEndian(size: 4))
        let size = Int(try reader.byte())
        guard let mesh = Name(try reader.take(size)) else { throw Truncated() }
        self.mesh = mesh
        founder = nil
    }
}

/// What the mesh knows of a member: the value of its number in the collection `members`.
///
///     public key 32, name
public struct MemberRecord: Sendable {
    /// The member's identity.
    public var publicKey: PublicKey
    /// The member's name.
    public var name: Name

    /// A record.
    public init(publicKey: PublicKey, name: Name) {
        self.publicKey = publicKey
        self.name = name
    }

    /// The record that a value holds, or `nil` where it holds none.
    public init?(_ value: Value) {
        guard value.count >= 32, let key = PublicKey(value.span.extracting(0..<32)),
            let name = Name(value.span.extracting(32..<value.count))
        else { return nil }
        publicKey = key
        self.name = name
    }

    /// The record as a value.
    public var value: Value {
        var value = Value()
        for index in 0..<32 { value.append(publicKey[index]) }
        for index in 0..<name.count { value.append(name[index]) }
        return value
    }

    /// What else is told of a member.
    public enum Part: UInt8, Sendable {
        /// That it was left out: see `Absence`.
        case absence = 0
        /// The certificate of one that was let in again.
        case certificate = 1
    }

    /// The key of a member's record.
    public static func key(of number: Actor) -> Key {
        var key = Key()
        key.append(number.raw)
        return key
    }

    /// The key of a member's record, or of what else is told of it, with its collection.
    public static func name(of number: Actor, _ part: Part? = nil) -> KeyName {
        var key = key(of: number)
        if let part { key.append(part.rawValue) }
        return KeyName(.members, key)
    }
}
