import Base

/// What stands where, and what is between.
extension Air {
    /// Puts a chip elsewhere; frames under way are heard from there.
    public func move(_ node: AirNode, to position: Position) {
        nodes[node.index].position = position
        measure(node.index)
    }

    /// Where a chip is.
    public func position(of node: AirNode) -> Position { nodes[node.index].position }

    /// Lets nothing pass between two chips, in either direction, or lets it pass again.
    public func setBlocked(_ isBlocked: Bool, between a: AirNode, and b: AirNode) {
        blocked[a.index * count + b.index] = isBlocked
        blocked[b.index * count + a.index] = isBlocked
    }

    /// Sets the loss of a link in dB, whatever the distance, antennas and shadowing included; `nil`
    /// lets those count again.
    public func setLoss(_ loss: Double?, between a: AirNode, and b: AirNode) {
        overrides[a.index * count + b.index] = loss
        overrides[b.index * count + a.index] = loss
        measure(a.index)
    }

    /// The loss between two chips in dB, antennas and shadowing included.
    public func loss(from a: AirNode, to b: AirNode) -> Double {
        losses[a.index * count + b.index]
    }

    /// Sets what a chip's antenna gains in all directions, in dBi; 0 at first.
    public func setAntennaGain(_ gain: Double, of node: AirNode) {
        nodes[node.index].antennaGain = gain
        measure(node.index)
    }

    /// Sets by how much a chip's crystal is off, in parts per million; what it then begins to send
    /// or to hear is off by as much. Receivers bear a quarter of their bandwidth (SX1262 datasheet
    /// §6.1.1.1; more than that is not heard).
    public func setCrystalError(ppm: Double, of node: AirNode) {
        nodes[node.index].crystalError = ppm
    }

    /// Puts up something that makes noise.
    public func add(_ interferer: Interferer) { interferers.append(interferer) }

    /// Takes away all that makes noise.
    public func removeInterferers() { interferers.removeAll() }

    /// Lets a receiver lose frames in bursts, or no longer.
    public func setBursts(_ bursts: BurstLoss?, of node: AirNode) {
        self.bursts[node.index] = bursts.map {
            BurstState($0, from: now, dice: Dice(seed: faultDice.next()))
        }
    }

    func isBlocked(_ a: Int, _ b: Int) -> Bool { blocked[a * count + b] }

    /// Finds the losses of all links of a node.
    func measure(_ index: Int) {
        for other in nodes.indices {
            let loss = overrides[index * count + other] ?? measuredLoss(index, other)
            losses[index * count + other] = loss
            losses[other * count + index] = loss
        }
    }

    private func measuredLoss(_ a: Int, _ b: Int) -> Double {
        let loss = propagation.loss(from: nodes[a].position, to: nodes[b].position)
        return loss + shadow(a, b) - nodes[a].antennaGain - nodes[b].antennaGain
    }

    /// The link's own share of the loss: the same whenever and in whatever order it is asked for.
    private func shadow(_ a: Int, _ b: Int) -> Double {
        guard propagation.shadowing > 0, a != b else { return 0 }
        let link = UInt64(min(a, b)) << 32 | UInt64(max(a, b))
        var dice = Dice(seed: seed ^ link &* 0x9E37_79B9_7F4A_7C15)
        return propagation.shadowing * dice.normal()
    }

    /// How strongly the frame of one node arrives at another, in dBm.
    func power(of transmitter: Int, at receiver: Int) -> Double {
        nodes[transmitter].flight!.power - losses[transmitter * count + receiver]
    }

    /// By how many hertz a node's crystal moves a frequency.
    func crystalOffset(of index: Int, at frequency: Int) -> Int {
        let error = nodes[index].crystalError
        return error == 0 ? 0 : Int((Double(frequency) * error / 1e6).rounded())
    }
}
