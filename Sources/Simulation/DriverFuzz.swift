import Base
import Emulation
import HAL
import LoRa
import SX126x
import SX127x
import Station

/// A driver of either family against a board that lies: random calls, random answers.
///
/// Some seeds answer pure noise, some corrupt what an emulated chip says, some break wires. Whatever
/// comes, a call must end, in an answer or a named fault, after a bounded number of transactions.
public struct DriverFuzz: ~Copyable {
    /// The most transactions that one call took.
    public private(set) var mostTransactions = 0
    /// How many calls ended in a fault.
    public private(set) var faults = 0

    /// What no call may need more of: a start, and a few looks at a stuck interrupt.
    public static var limit: Int { 120 }

    private var modem: ChipModem<LyingBoard>
    private var dice: Dice
    private let channel: Channel
    private var ledger = AirtimeLedger(
        SubBand(edges: 0...Int.max, budget: .seconds(3_600), maximumEIRP: 1_000), restoring: nil,
        at: .start)
    private var frame = ShortBytes<255>()

    /// Lives through random calls.
    /// - Returns: What was found; a trap or a hang does not return.
    public static func run(seed: UInt64, calls: Int = 100) -> (transactions: Int, faults: Int) {
        var fuzz = DriverFuzz(seed: seed)
        for _ in 0..<calls { fuzz.step() }
        return (fuzz.mostTransactions, fuzz.faults)
    }

    private init(seed: UInt64) {
        var dice = Dice(seed: seed)
        let model: ChipModel = dice.roll(0..<2) == 0 ? .sx1262 : .sx1276
        let air = Air(positions: [Position(x: 0, y: 0)], chips: [model], seed: seed)
        let board = LyingBoard(
            EmulatedBoard(air, AirNode(0)), dice: Dice(seed: dice.next()),
            lies: [0, 2, 20, 200, 1_000][dice.roll(0..<5)])
        modem =
            model == .sx1276
            ? ChipModem(SX127x(board: board)) : ChipModem(SX126x(board: board))
        let format = PacketFormat(
            header: dice.roll(0..<3) == 0 ? .implicit(size: dice.roll(1..<256)) : .explicit,
            hasChecksum: dice.roll(0..<2) == 0, invertsIQ: dice.roll(0..<2) == 0)
        channel = Channel(
            frequency: 868_100_000, modulation: Modulation(.sf7, .khz125), power: 14,
            format: format)
        self.dice = dice
        attempt { (modem, channel) throws(ModemFault) in try modem.start(channel) }
    }

    private mutating func step() {
        switch dice.roll(0..<14) {
        case 0: attempt { (modem, channel) throws(ModemFault) in try modem.start(channel) }
        case 1: attempt { (modem, _) throws(ModemFault) in try modem.receive(.continuous) }
        case 2:
            let limit = dice.roll(upTo: .seconds(1))
            attempt { (modem, _) throws(ModemFault) in try modem.receive(.once(limit: limit)) }
        case 3:
            attempt { (modem, _) throws(ModemFault) in
                try modem.receive(
                    .sampled(listen: .milliseconds(10), sleep: .milliseconds(30)))
            }
        case 4: attempt { (modem, _) throws(ModemFault) in try modem.senseChannel() }
        case 5: transmit()
        case 6:
            let depth = dice.roll(0..<2) == 0 ? SleepDepth.warm : .cold
            attempt { (modem, _) throws(ModemFault) in try modem.sleep(depth) }
        case 7: attempt { (modem, _) throws(ModemFault) in _ = try modem.checkUp() }
        case 8: attempt { (modem, _) throws(ModemFault) in try modem.recalibrate() }
        case 9: attempt { (modem, _) throws(ModemFault) in _ = try modem.report() }
        case 10: attempt { (modem, _) throws(ModemFault) in _ = try modem.isReceivingFrame() }
        case 11: attempt { (modem, _) throws(ModemFault) in _ = try modem.randomNumber() }
        case 12: attempt { (modem, _) throws(ModemFault) in _ = try modem.frequencyError() }
        default: fetch()
        }
    }

    private mutating func transmit() {
        let size = dice.roll(1..<256)
        let bytes = [UInt8](repeating: 0x5A, count: size)
        let permit = permit(channel.timeOnAir(payloadSize: size))
        let before = modem.transactions
        do throws(ModemFault) {
            try modem.transmit(bytes.span, spending: permit)
            ended(since: before, inFault: false)
        } catch {
            ended(since: before, inFault: true)
        }
    }

    private mutating func fetch() {
        let before = modem.transactions
        do throws(ModemFault) {
            _ = try frame.fill { (out) throws(ModemFault) in
                try modem.nextEvent(into: &out)
            }
            ended(since: before, inFault: false)
        } catch {
            ended(since: before, inFault: true)
        }
    }

    private mutating func attempt(
        _ call: (inout ChipModem<LyingBoard>, Channel) throws(ModemFault) -> Void
    ) {
        let before = modem.transactions
        do throws(ModemFault) {
            try call(&modem, channel)
            ended(since: before, inFault: false)
        } catch {
            ended(since: before, inFault: true)
        }
    }

    private mutating func ended(since before: Int, inFault: Bool) {
        mostTransactions = max(mostTransactions, modem.transactions - before)
        if inFault { recover() }
    }

    /// After a fault only a start makes sense; it may fail too.
    private mutating func recover() {
        faults += 1
        for _ in 0..<dice.roll(1..<4) {
            do throws(ModemFault) {
                return try modem.start(channel)
            } catch {}
        }
    }

    private mutating func permit(_ timeOnAir: Duration) -> AirtimePermit {
        var now = Instant.start
        while true {
            switch ledger.request(timeOnAir, at: now) {
            case .granted(let permit): return permit
            case .reserveFirst(let reservation): ledger.reserved(reservation, at: now)
            case .wait(let until): now = until
            case .never: preconditionFailure("a frame of an hour")
            }
        }
    }
}

/// A board whose bus and wires are not to be trusted.
public struct LyingBoard: RadioBoard, ~Copyable {
    private var board: EmulatedBoard
    private var dice: Dice
    /// How many bytes of a thousand are replaced.
    private let lies: Int

    init(_ board: consuming EmulatedBoard, dice: Dice, lies: Int) {
        self.board = board
        self.dice = dice
        self.lies = lies
    }

    public mutating func transfer(_ bytes: inout MutableSpan<UInt8>) throws(BoardError) {
        if dice.roll(0..<2_000) < lies / 10 { throw .gone }
        try board.transfer(&bytes)
        for index in bytes.indices where dice.roll(0..<1_000) < lies {
            bytes[index] = UInt8(dice.roll(0..<256))
        }
        // A status that makes sense, or nearly nothing would ever come behind it.
        if lies >= 200, bytes.count > 1, dice.roll(0..<4) > 0 { bytes[1] = 0xD2 }
    }

    public mutating func isHigh(_ input: RadioInput) throws(BoardError) -> Bool {
        let level = try board.isHigh(input)
        return dice.roll(0..<1_000) < lies ? dice.roll(0..<2) == 0 : level
    }

    public mutating func waitUntilLow(
        _ input: RadioInput, for limit: Duration
    ) throws(BoardError) -> Bool {
        let isLow = try board.waitUntilLow(input, for: limit)
        return dice.roll(0..<5_000) < lies ? !isLow : isLow
    }

    public mutating func drive(_ output: RadioOutput, high: Bool) throws(BoardError) {
        try board.drive(output, high: high)
    }

    public mutating func pause(_ duration: Duration) { board.pause(duration) }
}
