import Base
import HAL
import LoRa

/// Emulated chips and the air between them, in the time that the caller says it is.
///
/// Nothing happens by itself: `nextEvent` says when something will, `advance(to:)` lets it. The
/// wires of a chip (`Air+Wires.swift`) may be used at any moment that is not before the last
/// `advance`; they do not move the others. The same calls and the same seed give the same bytes.
///
/// - Path loss by distance, shadowing, links that can be blocked or have a loss of their own; noise,
///   interferers, bursts, fading (`Propagation`, `Air+Scene.swift`).
/// - A receiver locks on a preamble of which enough is left; a frame that is stronger by the capture
///   margin takes the lock over while that is still so, and destroys the locked one afterwards.
/// - A chip that transmits hears nothing.
public final class Air {
    struct Node {
        var position: Position
        /// In dBi.
        var antennaGain = 0.0
        /// In parts per million.
        var crystalError = 0.0
        var activity = Activity.idle
        /// When its chip is asked whether it goes on hearing.
        var deadline = Instant.distantFuture
        var lock: Lock?
        var flight: Flight?
        var counters = AirCounters()
        var isQueued = false
    }

    /// How signals fade.
    public let propagation: Propagation

    var chips: [Chip] = []
    var nodes: Slab<Node>
    var events: EventQueue
    var transmitters: NodeList
    var listeners: NodeList
    var payloads: Slab<UInt8>
    let seed: UInt64
    var losses: Slab<Double>
    var overrides: Slab<Double?>
    var blocked: Slab<Bool>
    var interferers: [Interferer] = []
    var bursts: Slab<BurstState?>
    var log: AirLog
    var dice: Dice
    var faults: Slab<FaultState>
    var faultDice: Dice
    /// When a node's chip select last fell.
    var selectedAt: Slab<Instant>

    /// Nodes whose interrupt has risen and whom nobody has asked for yet.
    private var interrupts: Slab<Int>
    private var interruptHead = 0
    private var interruptCount = 0

    /// The moment of the last `advance`.
    public private(set) var now = Instant.start

    /// Chips at their places, all powered and in standby.
    ///
    /// - Parameters:
    ///   - positions: One for each chip.
    ///   - chips: One for each position, or none: then all are SX1262.
    ///   - oscillator: What all their boards have.
    ///   - logCapacity: Records kept for those who watch.
    public init(
        positions: [Position], propagation: Propagation = Propagation(),
        chips models: [ChipModel] = [], oscillator: Oscillator = .crystal, seed: UInt64 = 0,
        logCapacity: Int = 1_024
    ) {
        let count = positions.count
        precondition(models.isEmpty || models.count == count, "one chip for each position")
        self.propagation = propagation
        nodes = Slab(repeating: Node(position: Position(x: 0, y: 0)), count: count)
        events = EventQueue(count: count)
        transmitters = NodeList(capacity: count)
        listeners = NodeList(capacity: count)
        payloads = Slab(repeating: 0, count: count * 256)
        self.seed = seed
        losses = Slab(repeating: 0, count: count * count)
        overrides = Slab(repeating: nil, count: count * count)
        bursts = Slab(repeating: nil, count: count)
        blocked = Slab(repeating: false, count: count * count)
        interrupts = Slab(repeating: 0, count: max(count, 1))
        log = AirLog(capacity: logCapacity)
        dice = Dice(seed: seed)
        faults = Slab(repeating: FaultState(), count: count)
        selectedAt = Slab(repeating: .start, count: count)
        faultDice = Dice(seed: seed ^ 0x6661_756C_7473)  // Not the air's own: "faults".
        var seeds = Dice(seed: seed ^ 0x6368_6970)  // Not the air's own: "chip".
        for index in 0..<count {
            let model = models.isEmpty ? .sx1262 : models[index]
            chips.append(model.makeChip(oscillator, seed: seeds.next()))
            nodes[index].position = positions[index]
        }
        for index in 0..<count { measure(index) }
    }

    /// How many chips there are.
    public var count: Int { nodes.count }

    /// What chip a node has.
    public func model(of node: AirNode) -> ChipModel { chips[node.index].model }

    /// What a chip has done so far.
    public func counters(of node: AirNode) -> AirCounters { nodes[node.index].counters }

    /// The oldest record that nobody has taken yet.
    public func nextRecord() -> AirRecord? { log.popFirst() }

    /// The oldest node whose interrupt (DIO1 of an SX126x, DIO0 of an SX127x) has risen since it
    /// was last returned.
    public func nextInterrupt() -> AirNode? {
        guard interruptCount > 0 else { return nil }
        let index = interrupts[interruptHead]
        interruptHead = (interruptHead + 1) % interrupts.count
        interruptCount -= 1
        nodes[index].isQueued = false
        return AirNode(index)
    }

    func noteInterrupt(of index: Int) {
        trackInterrupt(of: index)
        let fault = faults[index]
        guard fault.wasHigh, !fault.isHidden, !fault.isHushed, !nodes[index].isQueued else {
            return
        }
        nodes[index].isQueued = true
        interrupts[(interruptHead + interruptCount) % interrupts.count] = index
        interruptCount += 1
    }

    // MARK: Time

    /// When something will happen by itself, if anything will.
    public var nextEvent: Instant? { events.first?.moment }

    /// Lets all happen that is due by then, in order.
    public func advance(to moment: Instant) {
        while let (index, event) = events.first, event <= moment {
            now = max(now, event)
            events[index] = .distantFuture
            proceed(index, at: event)
        }
        now = max(now, moment)
    }

    private func proceed(_ index: Int, at event: Instant) {
        switch nodes[index].activity {
        case .idle: break
        case .rampingUp: startFlight(of: index, at: event)
        case .transmitting: endTransmission(of: index, at: event)
        case .settling: openReceiver(of: index, at: event)
        case .receiving: goOnReceiving(index, at: event)
        case .waiting:
            begin(.idle, of: index, until: .distantFuture)
            let next = chips[index].waited(at: event)
            noteInterrupt(of: index)
            if let next { perform(next, of: index, at: event) }
        case .sensing(let from, let until):
            endSensing(of: index, from: from, until: until, at: event)
        }
    }

    /// Carries out what a chip asks of the air.
    func perform(_ action: ChipAction, of index: Int, at moment: Instant) {
        if case .goOn(let deadline) = action {
            nodes[index].deadline = deadline
            return armReceiver(index)
        }
        breakOff(index, at: moment)
        switch action {
        case .stop, .goOn: break
        case .wait(let end): begin(.waiting, of: index, until: end)
        case .transmit(let start, let deadline):
            detune(index)
            begin(.rampingUp, of: index, until: start)
            nodes[index].deadline = deadline
        case .receive(let from, let deadline):
            detune(index)
            begin(.settling, of: index, until: from)
            nodes[index].deadline = deadline
        case .sense(let from, let until, let end):
            detune(index)
            begin(.sensing(from: from, until: until), of: index, until: end)
        }
    }

    /// Moves what a chip has just been set to by what its crystal is off.
    private func detune(_ index: Int) {
        guard let frequency = chips[index].radio?.frequency else { return }
        chips[index].radio?.frequency += crystalOffset(of: index, at: frequency)
    }

    private func breakOff(_ index: Int, at moment: Instant) {
        let before = nodes[index].activity
        begin(.idle, of: index, until: .distantFuture)
        nodes[index].lock = nil
        if case .transmitting = before {
            nodes[index].flight?.end = moment
            release(index, isCutOff: true)
        }
    }

    /// A node does something else from now on.
    func begin(_ activity: Activity, of index: Int, until event: Instant) {
        switch nodes[index].activity {
        case .transmitting: transmitters.remove(index)
        case .receiving: listeners.remove(index)
        case .idle, .rampingUp, .settling, .sensing, .waiting: break
        }
        nodes[index].activity = activity
        switch activity {
        case .transmitting: transmitters.insert(index)
        case .receiving: listeners.insert(index)
        case .idle, .rampingUp, .settling, .sensing, .waiting: break
        }
        events[index] = event
    }
}
