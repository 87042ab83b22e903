import Base
import LoRa

/// LoRaSim's experiment 4 on these chips and this air: a gateway that hears all, and nodes that send
/// when they like, at SF12.
///
/// Bor, Roedig, Voigt, Alonso: "Do LoRa Low-Power Wide-Area Networks Scale?", 2016. Nodes lie evenly
/// in a disc of which the rim is just in reach, 10 m or more from each other, and wait exponentially
/// long between frames. The gateway is a chip that receives continuously; it leaves a frame for a
/// stronger one whenever that begins, as a gateway of several demodulators does.
public struct AlohaRun: Sendable {
    /// How many nodes send.
    public var nodes: Int
    /// Whether a frame that is 6 dB stronger survives, and overlaps of three symbols are harmless;
    /// else any overlap destroys both.
    public var captures: Bool
    /// For places and waits.
    public var seed: UInt64
    /// Mean wait between the end of a frame and the next.
    public var meanWait = Duration.seconds(1_000)
    /// How long it lasts.
    public var duration = Duration.seconds(86_400)
    /// Bytes of payload.
    public var payloadSize = 20
    /// How all send.
    public var modulation = Modulation(.sf12, .khz125)

    /// A run of the experiment.
    public init(nodes: Int, captures: Bool, seed: UInt64) {
        self.nodes = nodes
        self.captures = captures
        self.seed = seed
    }

    /// What became of the frames.
    public struct Outcome: Equatable, Sendable {
        /// Frames begun.
        public var sent: Int
        /// Frames that the gateway got whole.
        public var received: Int

        /// LoRaSim's "data extraction rate": how much of what was sent arrived.
        public var extractionRate: Double { sent == 0 ? 1 : Double(received) / Double(sent) }
    }

    /// What LoRaSim finds at its commit 1eddb96, with this experiment's settings.
    public static var reference: [6 of (nodes: Int, captures: Bool, rate: Double)] {
        [
            (50, false, 0.879), (100, false, 0.774), (300, false, 0.449),
            (50, true, 0.903), (100, true, 0.805), (300, true, 0.534),
        ]
    }

    /// Carries it out.
    public func run() -> Outcome {
        var dice = Dice(seed: seed)
        let air = Air(
            positions: places(using: &dice), propagation: propagation, seed: seed, logCapacity: 0)
        var bytes = Slab<UInt8>(repeating: 0, count: 16)
        for index in 0...nodes { setUp(AirNode(index), on: air, &bytes) }
        air.advance(to: .start + .milliseconds(100))
        send([0x82, 0xFF, 0xFF, 0xFF, 0, 0, 0], 4, to: AirNode(0), on: air, &bytes)

        let timeOnAir = modulation.timeOnAir(payloadSize: payloadSize)
        var sends = EventQueue(count: nodes)
        for index in 0..<nodes { sends[index] = air.now + wait(using: &dice) }
        let end = air.now + duration
        while let (index, moment) = sends.first, moment < end {
            air.advance(to: moment)
            while air.nextInterrupt() != nil {}
            send([0x83, 0, 0, 0, 0, 0, 0], 4, to: AirNode(index + 1), on: air, &bytes)
            sends[index] = moment + timeOnAir + .milliseconds(1) + wait(using: &dice)
        }
        air.advance(to: end + timeOnAir)
        var sent = 0
        for index in 1...nodes { sent += air.counters(of: AirNode(index)).sentFrames }
        return Outcome(sent: sent, received: air.counters(of: AirNode(0)).received)
    }

    private var propagation: Propagation {
        var propagation = Propagation()
        propagation.relocks = captures
        if !captures {
            propagation.captureMargin = .infinity
            propagation.lockSymbols = modulation.preamble
        }
        return propagation
    }

    /// In metres: there 14 dBm arrive with −134.5 dBm, the least of LoRaSim's sensitivities.
    private var radius: Double { 413 }

    private func places(using dice: inout Dice) -> [Position] {
        var places = [Position(x: 0, y: 0)]
        while places.count <= nodes {
            let place = Position(
                x: radius * (2 * dice.unit() - 1), y: radius * (2 * dice.unit() - 1))
            guard place.x * place.x + place.y * place.y <= radius * radius else { continue }
            var isFree = true
            for other in places {
                let (x, y) = (place.x - other.x, place.y - other.y)
                if x * x + y * y < 100 { isFree = false }
            }
            if isFree { places.append(place) }
        }
        return places
    }

    private func wait(using dice: inout Dice) -> Duration {
        .microseconds(Int64(Double(meanWait.wholeMicroseconds) * dice.exponential()))
    }

    /// LoRa at 868 MHz, 14 dBm, in the words of the SX1262 datasheet's chapter 13.
    private func setUp(_ node: AirNode, on air: Air, _ bytes: inout Slab<UInt8>) {
        let steps = UInt32((868_100_000 << 25 + 16_000_000) / 32_000_000)
        let factor = UInt8(modulation.spreadingFactor.rawValue)
        let optimize: UInt8 = modulation.lowDataRateOptimize ? 1 : 0
        let commands: [10 of (count: Int, bytes: [7 of UInt8])] = [
            (2, [0x80, 0, 0, 0, 0, 0, 0]),
            (2, [0x8A, 1, 0, 0, 0, 0, 0]),
            (
                5,
                [
                    0x86, UInt8(steps >> 24), UInt8(steps >> 16 & 0xFF), UInt8(steps >> 8 & 0xFF),
                    UInt8(steps & 0xFF), 0, 0,
                ]
            ),
            (5, [0x95, 2, 2, 0, 1, 0, 0]),
            (3, [0x8E, 22, 4, 0, 0, 0, 0]),
            (5, [0x8B, factor, 4, UInt8(modulation.codingRate.rawValue), optimize, 0, 0]),
            (7, [0x8C, 0, UInt8(modulation.preamble), 0, node.index == 0 ? 255 : size, 1, 0]),
            (4, [0x0D, 0x08, 0x89, 0x05, 0, 0, 0]),
            (4, [0x0D, 0x08, 0xAC, 0x96, 0, 0, 0]),
            (3, [0x02, 0xFF, 0xFF, 0, 0, 0, 0]),
        ]
        for index in commands.indices {
            send(commands[index].bytes, commands[index].count, to: node, on: air, &bytes)
            air.advance(to: max(air.now, air.busyUntil(node)))
        }
    }

    private var size: UInt8 { UInt8(payloadSize) }

    private func send(
        _ command: [7 of UInt8], _ count: Int, to node: AirNode, on air: Air,
        _ bytes: inout Slab<UInt8>
    ) {
        for index in 0..<count { bytes[index] = command[index] }
        var span = bytes.mutableRange(0..<count)
        air.transfer(&span, to: node, at: air.now)
    }
}
