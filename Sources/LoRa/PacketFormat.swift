/// What a modem puts around a frame's payload. Both ends must agree on all of it.
public struct PacketFormat: Equatable, Sendable {
    /// Whether a frame tells its own size.
    public enum Header: Equatable, Sendable {
        /// Size, coding rate and whether there is a checksum stand in front of the payload.
        case explicit
        /// They are agreed upon: every frame has `size` bytes of payload, `1...255`.
        case implicit(size: Int)
    }

    /// Whether a frame tells its own size.
    public var header: Header
    /// Whether two bytes of checksum follow the payload.
    public var hasChecksum: Bool
    /// Whether symbols are mirrored, as LoRaWAN does it towards devices: receivers that are not set
    /// to it hear nothing.
    public var invertsIQ: Bool

    /// A format; that of meshes unless said: explicit header, checksum, IQ as it is.
    public init(
        header: Header = .explicit, hasChecksum: Bool = true, invertsIQ: Bool = false
    ) {
        self.header = header
        self.hasChecksum = hasChecksum
        self.invertsIQ = invertsIQ
    }
}
