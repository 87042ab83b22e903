/// Where and how a mesh speaks: all that its modems must have in common, and this node's power.
public struct Channel: Equatable, Sendable {
    /// Centre frequency in hertz.
    public var frequency: Int
    /// How bits become a signal.
    public var modulation: Modulation
    /// Conducted transmit power in dBm.
    public var power: Int
    /// The LoRa sync word: 0x12 for private networks, 0x34 for LoRaWAN.
    public var syncWord: UInt8
    /// What stands around a frame's payload.
    public var format: PacketFormat

    /// A channel; sync word and format of private networks unless said.
    public init(
        frequency: Int, modulation: Modulation, power: Int, syncWord: UInt8 = 0x12,
        format: PacketFormat = PacketFormat()
    ) {
        self.frequency = frequency
        self.modulation = modulation
        self.power = power
        self.syncWord = syncWord
        self.format = format
    }

    /// How long a frame of that many bytes is on the air.
    public func timeOnAir(payloadSize: Int) -> Duration {
        modulation.timeOnAir(payloadSize: payloadSize, format: format)
    }
}
