import Base
import HAL

/// Faults of chips and wires.
extension Air {
    /// From now on a chip has a fault, beside those that it has.
    public func inject(_ fault: ChipFault, into node: AirNode) {
        let index = node.index
        switch fault {
        case .busyStuck: faults[index].busyIsStuck = true
        case .busyStale(let duration): faults[index].busyStaleness = duration
        case .risesLost(let count): faults[index].risesToLose = count
        case .risesUnannounced(let count): faults[index].risesToHush = count
        case .bitsFlip(let probability): faults[index].flipProbability = probability
        case .busDead(let high): faults[index].deadBus = high ? 0xFF : 0x00
        case .brownOut:
            chips[index].brownOut(at: now)
            perform(.stop, of: index, at: now)
            trackInterrupt(of: index)
        case .oscillatorDead: chips[index].oscillatorIsDead = true
        case .deaf(let rssi):
            faults[index].isDeaf = true
            faults[index].frozenRSSI = rssi
            nodes[index].lock = nil
        case .transmitEndless: faults[index].transmitsForEver = true
        case .gainSticks(let level, let receptions):
            chips[index].makeGainFragile(above: level, afterReceptions: receptions)
        }
    }

    /// From now on a chip has no fault; what faults have done to its state stays.
    public func clearFaults(of node: AirNode) {
        let index = node.index
        var sound = FaultState()
        sound.wasHigh = faults[index].wasHigh
        faults[index] = sound
        chips[index].oscillatorIsDead = false
        chips[index].makeGainSound()
    }

    /// Whether a chip's interrupt is high by a rise that nobody is told of unasked.
    public func isUnannounced(_ node: AirNode) -> Bool { faults[node.index].isHushed }

    /// Notes whether the interrupt has risen or fallen, and whether a rise is one of those that a
    /// fault swallows.
    func trackInterrupt(of index: Int) {
        let isHigh = chips[index].interrupts.contains(.interrupt)
        guard isHigh != faults[index].wasHigh else { return }
        faults[index].wasHigh = isHigh
        faults[index].isHidden = false
        faults[index].isHushed = false
        guard isHigh else { return }
        if faults[index].risesToLose > 0 {
            faults[index].risesToLose -= 1
            faults[index].isHidden = true
        } else if faults[index].risesToHush > 0 {
            faults[index].risesToHush -= 1
            faults[index].isHushed = true
        }
    }

    /// The levels as they reach the host.
    func faulty(_ levels: WireLevels, of index: Int, at moment: Instant) -> WireLevels {
        var levels = levels
        let fault = faults[index]
        if let deselectedAt = fault.deselectedAt, moment < deselectedAt + fault.busyStaleness {
            levels.remove(.busy)
        }
        if fault.busyIsStuck { levels.insert(.busy) }
        if fault.isHidden { levels.remove(.interrupt) }
        return levels
    }

    /// A byte as it comes over the bus.
    func faulty(_ byte: UInt8, of index: Int) -> UInt8 {
        let probability = faults[index].flipProbability
        guard probability > 0, faultDice.unit() < probability else { return byte }
        return byte ^ 1 << UInt8(faultDice.roll(0..<8))
    }
}
