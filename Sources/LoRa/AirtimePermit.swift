/// The right to be on the air once. Only `AirtimeLedger` makes one, and sending uses it up (law 3).
public struct AirtimePermit: ~Copyable {
    /// How long the frame may last.
    public let timeOnAir: Duration

    init(timeOnAir: Duration) { self.timeOnAir = timeOnAir }
}
