import Base
import LoRa

/// How a station's radio has done since the start.
public struct RadioHealth: Sendable {
    /// Why it does not work; `nil` while it does.
    public internal(set) var fault: ModemFault?
    /// How often it was started again after a fault.
    public internal(set) var restarts = 0
    /// How often its receiver was calibrated because it had heard nothing for long.
    public internal(set) var recalibrations = 0
    /// Interrupts that were found by asking, their edge having been lost.
    public internal(set) var lostInterrupts = 0
    /// When it last heard anything, also what it could not decode; `nil` before.
    public internal(set) var heardAt: Instant?
    /// How long the last recovery took, from the fault's discovery; `nil` before the first.
    public internal(set) var lastRecovery: Duration?

    private var counts = [13 of Int](repeating: 0)
    private var failedAt: Instant?

    init() {}

    /// How often there was a fault of this kind.
    public func count(of kind: ModemFault.Kind) -> Int { counts[kind.rawValue] }

    mutating func failed(_ fault: ModemFault, at now: Instant) {
        counts[fault.kind.rawValue] += 1
        self.fault = fault
        if failedAt == nil { failedAt = now }
    }

    /// It was started again.
    mutating func recovered(at now: Instant) {
        fault = nil
        restarts += 1
        if let failedAt { lastRecovery = now - failedAt }
        failedAt = nil
    }
}
