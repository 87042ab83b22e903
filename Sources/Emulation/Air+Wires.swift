import Base
import HAL
import LoRa

/// The wires of one chip. Moments may not be before the last `advance(to:)`.
extension Air {
    /// One transaction: chip select falls, bytes both ways, chip select rises.
    public func transfer(_ bytes: inout MutableSpan<UInt8>, to node: AirNode, at moment: Instant) {
        select(node, at: moment)
        for index in bytes.indices { bytes[index] = exchange(bytes[index], with: node) }
        deselect(node, at: moment)
    }

    /// Chip select falls.
    public func select(_ node: AirNode, at moment: Instant) {
        guard faults[node.index].deadBus == nil else { return }
        selectedAt[node.index] = moment
        tellPhase(of: node.index, by: moment)
        guard let action = chips[node.index].select(at: moment) else { return }
        perform(action, of: node.index, at: moment)
    }

    /// One byte each way, chip select being low.
    public func exchange(_ byte: UInt8, with node: AirNode) -> UInt8 {
        let index = node.index
        if let byte = faults[index].deadBus { return byte }
        let chip = chips[index]
        if chip.asksForLevel { chip.instantRSSI = reading(at: index, selectedAt[index]) }
        return faulty(chip.exchange(faulty(byte, of: index)), of: index)
    }

    /// Chip select rises, and the command is carried out.
    public func deselect(_ node: AirNode, at moment: Instant) {
        let index = node.index
        guard faults[index].deadBus == nil else { return }
        faults[index].deselectedAt = moment
        if let action = chips[index].deselect(at: moment) {
            perform(action, of: index, at: moment)
        }
        trackInterrupt(of: index)
    }

    /// The host moves one of its wires; the antenna switch's have no effect here.
    public func drive(_ output: RadioOutput, high: Bool, of node: AirNode, at moment: Instant) {
        guard output == .reset,
            let action = chips[node.index].drive(reset: high, at: moment)
        else { return }
        perform(action, of: node.index, at: moment)
        trackInterrupt(of: node.index)
    }

    /// The level of a wire at a moment.
    public func isHigh(_ input: RadioInput, of node: AirNode, at moment: Instant) -> Bool {
        levels(of: node, at: moment).contains(input == .busy ? .busy : .interrupt)
    }

    /// The levels of all wires of a chip at a moment.
    public func levels(of node: AirNode, at moment: Instant) -> WireLevels {
        let chip = chips[node.index]
        let levels =
            chip.isBusy(at: moment) ? chip.interrupts.union(.busy) : chip.interrupts
        return faulty(levels, of: node.index, at: moment)
    }

    /// When BUSY falls by itself; `distantFuture` while only NSS or NRESET can make it fall.
    public func busyUntil(_ node: AirNode) -> Instant {
        faults[node.index].busyIsStuck ? .distantFuture : chips[node.index].busyUntil
    }

    /// A register of a chip, for tests of drivers.
    public func register(_ address: Int, of node: AirNode) -> UInt8 {
        chips[node.index].register(address)
    }

    /// Transactions that a chip could not hear: begun while BUSY was high, or too soon after a reset.
    public func unheardTransactions(of node: AirNode) -> Int { chips[node.index].unheard }
}
