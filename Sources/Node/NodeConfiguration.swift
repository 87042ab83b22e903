import Base
import LoRa
import Mesh

/// What an operator decides of a node.
public struct NodeConfiguration: Sendable {
    /// Its name.
    public var name: Name
    /// How its mesh's signals are made.
    public var modulation: Modulation
    /// The beacon interval after a change.
    public var beaconAfterChange: Duration
    /// The beacon interval while nothing happens.
    public var beaconAtRest: Duration
    /// How long what is to be on flash within seconds may wait in RAM for its flush.
    public var flushDelay: Duration
    /// How long what is to be on flash within minutes may wait, and operations of others: these
    /// are also written before the next beacon tells of them.
    public var slowFlushDelay: Duration
    /// How long the founder waits for a member that does not answer before it leaves it out: what
    /// others have removed is forgotten then, and it must be let in anew. At least an hour.
    public var leaveOutAfter: Duration
    /// How many operations the replicated state may hold: registers, elements of sets, and each
    /// author's share of a counter.
    public var keyCapacity: Int
    /// How many neighbours are remembered.
    public var neighbourCapacity: Int
    /// The most bytes of a frame, tag included, `64...255`: longer frames save airtime, shorter
    /// ones are lost more rarely.
    public var frameLimit: Int

    /// A configuration with the usual values: beacons 5 s after a change and every 150 s at rest,
    /// flushes after 2 s or 5 minutes, members left out after 30 days, 512 keys, 64 neighbours,
    /// frames of 200 bytes.
    public init(name: Name, modulation: Modulation) {
        self.name = name
        self.modulation = modulation
        beaconAfterChange = .seconds(5)
        beaconAtRest = .seconds(150)
        flushDelay = .seconds(2)
        slowFlushDelay = .seconds(300)
        leaveOutAfter = .seconds(30 * 86_400)
        keyCapacity = 512
        neighbourCapacity = 64
        frameLimit = 200
    }

    /// One sensing of the channel, its turnaround, and as much of a preamble as others need to
    /// sense it: 8 symbols and 5 ms.
    public var slot: Duration { modulation.symbol * 8 + .milliseconds(5) }
}
