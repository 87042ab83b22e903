import Base
import LoRa

/// How a station's radio has done since the start.
public struct RadioHealth: Sendable {
    /// Why it does not work; `nil` while it does.
    public internal(set) var fault: ModemFault?
    /// The last fault, also after it has gone, and when it was last found; `nil` before.
    public internal(set) var lastFault: ModemFault?, lastFaultAt: Instant?
    /// Since when it works, or does not; the station's start at first.
    public internal(set) var changedAt = Instant.start
    /// How often it was started again after a fault.
    public internal(set) var restarts = 0
    /// How often its receiver was calibrated because it had heard nothing for long.
    public internal(set) var recalibrations = 0
    /// Interrupts that were found by asking, their edge having been lost.
    public internal(set) var lostInterrupts = 0
    /// When it last heard anything, also what it could not decode; `nil` before.
    public internal(set) var heardAt: Instant?
    /// When it was last started again; `nil` before.
    public internal(set) var recoveredAt: Instant?

    /// How often a fault was another one than that before it, since there was none for ten minutes.
    public internal(set) var changes = 0

    private var counts = [14 of Int](repeating: 0)
    init() {}

    /// How often there was a fault of this kind.
    public func count(of kind: ModemFault.Kind) -> Int { counts[kind.rawValue] }

    mutating func failed(_ fault: ModemFault, at now: Instant) {
        counts[fault.kind.rawValue] += 1
        if let time = lastFaultAt, now - time > .seconds(600) {
            changes = 0
        } else if let lastFault, lastFault != fault {
            changes += 1
        }
        if self.fault == nil { changedAt = now }
        self.fault = fault
        lastFault = fault
        lastFaultAt = now
    }

    /// It was started again.
    mutating func recovered(at now: Instant) {
        fault = nil
        restarts += 1
        recoveredAt = now
        changedAt = now
    }
}
