import Base
import Emulation
import HAL
import LoRa
import Testing

/// Chips on one air, driven by raw bytes: what no driver does can be done here too.
final class Bench {
    let air: Air
    /// Nodes whose interrupt has been announced, oldest first.
    var announced: [Int] = []
    fileprivate var narrowOffsets: [Int: Int] = [:]
    fileprivate var frequencies: [Int: Int] = [:]

    init(
        _ models: [ChipModel], at distances: [Double]? = nil,
        propagation: Propagation = Propagation(), oscillator: Oscillator = .crystal,
        seed: UInt64 = 1
    ) {
        let places = distances ?? models.indices.map { Double($0) * 10 }
        air = Air(
            positions: places.map { Position(x: $0, y: 0) }, propagation: propagation,
            chips: models, oscillator: oscillator, seed: seed)
        run(.milliseconds(10))
    }

    /// Lets time pass.
    func run(_ duration: Duration) {
        air.advance(to: air.now + duration)
        while let node = air.nextInterrupt() { announced.append(node.index) }
    }

    /// One transaction, and as long as BUSY then is high, if that has an end.
    @discardableResult
    func send(_ node: Int, _ bytes: [UInt8]) -> [UInt8] {
        let answer = transfer(node, bytes)
        settle(node)
        return answer
    }

    /// One transaction and nothing else.
    @discardableResult
    func transfer(_ node: Int, _ bytes: [UInt8]) -> [UInt8] {
        var slab = Slab<UInt8>(repeating: 0, count: bytes.count)
        for (index, byte) in bytes.enumerated() { slab[index] = byte }
        var span = slab.mutableSpan
        air.transfer(&span, to: AirNode(node), at: air.now)
        return (0..<bytes.count).map { slab[$0] }
    }

    /// Lets BUSY fall.
    func settle(_ node: Int) {
        let end = air.busyUntil(AirNode(node))
        if end != .distantFuture, end > air.now { run(end - air.now) }
    }

    func levels(_ node: Int) -> WireLevels { air.levels(of: AirNode(node), at: air.now) }

    func isBusy(_ node: Int) -> Bool { levels(node).contains(.busy) }

    func reset(_ node: Int) {
        air.drive(.reset, high: false, of: AirNode(node), at: air.now)
        run(.microseconds(200))
        air.drive(.reset, high: true, of: AirNode(node), at: air.now)
        run(.milliseconds(10))
    }
}

/// How both families are set for a test.
struct Setting {
    var modulation = Modulation(.sf7, .khz125)
    var format = PacketFormat()
    var syncWord: UInt8 = 0x12
    var frequency = 868_100_000
    /// Erratum 15.4 as the datasheet wants it.
    var setsPolarity = true

    init() {}
    init(_ change: (inout Setting) -> Void) { change(&self) }

    fileprivate var size: UInt8 {
        if case .implicit(let size) = format.header { UInt8(size) } else { 255 }
    }
}

// MARK: SX126x

extension Bench {
    /// Two SX1262, both set.
    static func pair126(_ setting: Setting = Setting()) -> Bench {
        let bench = Bench([.sx1262, .sx1262])
        bench.setUp126(0, setting)
        bench.setUp126(1, setting)
        return bench
    }

    /// To standby, set, with all interrupts on DIO1.
    func setUp126(_ node: Int, _ setting: Setting = Setting()) {
        let modulation = setting.modulation
        send(node, [0x80, 0])
        send(node, [0x8A, 1])
        let steps = UInt32((setting.frequency << 25 + 16_000_000) / 32_000_000)
        send(node, [0x86] + (0..<4).map { UInt8(truncatingIfNeeded: steps >> (24 - 8 * $0)) })
        let sync = setting.syncWord
        send(node, [0x0D, 0x07, 0x40, sync & 0xF0 | 4, sync << 4 | 4])
        send(node, [0x95, 2, 2, model(node) == .sx1261 ? 1 : 0, 1])
        send(node, [0x8E, 22, 4])
        let bandwidths: [Bandwidth: UInt8] = [
            .khz7: 0, .khz10: 8, .khz15: 1, .khz20: 9, .khz31: 2, .khz41: 0xA, .khz62: 3,
            .khz125: 4, .khz250: 5, .khz500: 6,
        ]
        send(
            node,
            [
                0x8B, UInt8(modulation.spreadingFactor.rawValue), bandwidths[modulation.bandwidth]!,
                UInt8(modulation.codingRate.rawValue), modulation.lowDataRateOptimize ? 1 : 0,
            ])
        send(node, [0x0D, 0x08, 0x89, modulation.bandwidth == .khz500 ? 0x01 : 0x05])
        setPacket126(node, setting, size: setting.size)
        if setting.setsPolarity {
            send(node, [0x0D, 0x07, 0x36, setting.format.invertsIQ ? 0x09 : 0x0D])
        }
        send(node, [0x08, 0x03, 0xFF, 0x03, 0xE3, 0, 0, 0, 0])
        send(node, [0x02, 0xFF, 0xFF])
    }

    func setPacket126(_ node: Int, _ setting: Setting, size: UInt8) {
        let preamble = setting.modulation.preamble
        send(
            node,
            [
                0x8C, UInt8(preamble >> 8), UInt8(preamble & 0xFF),
                setting.format.header == .explicit ? 0 : 1, size,
                setting.format.hasChecksum ? 1 : 0, setting.format.invertsIQ ? 1 : 0,
            ])
    }

    func listen126(_ node: Int, timeout: UInt32 = 0xFF_FFFF) {
        send(node, [0x82] + steps(timeout))
    }

    func transmit126(_ node: Int, _ frame: [UInt8], _ setting: Setting = Setting()) {
        setPacket126(node, setting, size: UInt8(frame.count))
        send(node, [0x0E, 0] + frame)
        send(node, [0x83, 0, 0, 0])
    }

    /// The flags; they stay.
    func flags126(_ node: Int) -> UInt16 {
        let answer = send(node, [0x12, 0, 0, 0])
        return UInt16(answer[2]) << 8 | UInt16(answer[3])
    }

    func clear126(_ node: Int) { send(node, [0x02, 0xFF, 0xFF]) }

    /// The last frame received.
    func frame126(_ node: Int) -> [UInt8] {
        let status = send(node, [0x13, 0, 0, 0])
        let size = Int(status[2])
        return Array(send(node, [0x1E, status[3], 0] + [UInt8](repeating: 0, count: size))[3...])
    }

    /// Mode and command status.
    func status126(_ node: Int) -> (mode: UInt8, command: UInt8) {
        let status = send(node, [0xC0, 0])[1]
        return (status >> 4 & 7, status >> 1 & 7)
    }

    func steps(_ count: UInt32) -> [UInt8] {
        [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)]
    }

    func read126(_ node: Int, _ address: UInt16) -> UInt8 {
        send(node, [0x1D, UInt8(address >> 8), UInt8(address & 0xFF), 0, 0])[4]
    }

    func write126(_ node: Int, _ address: UInt16, _ value: UInt8) {
        send(node, [0x0D, UInt8(address >> 8), UInt8(address & 0xFF), value])
    }

    private func model(_ node: Int) -> ChipModel { air.model(of: AirNode(node)) }
}

// MARK: SX1276

extension Bench {
    func read(_ node: Int, _ address: UInt8) -> UInt8 { transfer(node, [address, 0])[1] }

    func write(_ node: Int, _ address: UInt8, _ values: UInt8...) {
        transfer(node, [address | 0x80] + values)
    }

    /// To standby, set; DIO0 tells of frames received.
    func setUp1276(_ node: Int, _ setting: Setting = Setting()) {
        let modulation = setting.modulation
        write(node, 0x01, 0x00)
        write(node, 0x01, 0x80)
        write(node, 0x01, 0x81)
        tune1276(node, to: setting.frequency)
        write(node, 0x09, 0x8C)  // 14 dBm at PA_BOOST.
        let isImplicit: UInt8 = setting.format.header == .explicit ? 0 : 1
        let bandwidth = UInt8(Bandwidth.allCases.firstIndex(of: modulation.bandwidth)!)
        let factor = UInt8(modulation.spreadingFactor.rawValue)
        write(
            node, 0x1D, bandwidth << 4 | UInt8(modulation.codingRate.rawValue) << 1 | isImplicit,
            factor << 4 | (setting.format.hasChecksum ? 4 : 0), 0x64)
        write(node, 0x26, modulation.lowDataRateOptimize ? 0x0C : 0x04)
        write(
            node, 0x20, UInt8(modulation.preamble >> 8), UInt8(modulation.preamble & 0xFF),
            setting.size)
        let narrow = modulation.bandwidth.hertz < 50_000
        let isWide = modulation.bandwidth == .khz500
        write(node, 0x31, (factor == 6 ? 0x45 : 0x43) | (isWide ? 0x80 : 0))
        write(node, 0x2F, modulation.bandwidth == .khz7 ? 0x48 : narrow ? 0x44 : 0x40, 0x00)
        write(node, 0x36, isWide ? 0x02 : 0x03)
        write(node, 0x3A, isWide ? 0x64 : 0x52)
        write(node, 0x37, factor == 6 ? 0x0C : 0x0A)
        write(node, 0x33, setting.format.invertsIQ ? 0x66 : 0x27)
        write(node, 0x3B, setting.format.invertsIQ ? 0x19 : 0x1D)
        write(node, 0x39, setting.syncWord)
        write(node, 0x12, 0xFF)
        // Erratum 2.3: a narrow receiver is tuned one bandwidth above.
        narrowOffsets[node] = narrow ? modulation.bandwidth.hertz : 0
        frequencies[node] = setting.frequency
    }

    private func tune1276(_ node: Int, to hertz: Int) {
        let steps = (hertz << 19 + 16_000_000) / 32_000_000
        write(
            node, 0x06, UInt8(steps >> 16 & 0xFF), UInt8(steps >> 8 & 0xFF), UInt8(steps & 0xFF))
    }

    func listen1276(_ node: Int, single: Bool = false) {
        if let offset = narrowOffsets[node], offset != 0 {
            tune1276(node, to: frequencies[node]! + offset)
        }
        write(node, 0x40, 0x00)
        write(node, 0x01, single ? 0x86 : 0x85)
    }

    func transmit1276(_ node: Int, _ frame: [UInt8]) {
        write(node, 0x01, 0x81)
        write(node, 0x0D, read(node, 0x0E))
        transfer(node, [0x80] + frame)
        write(node, 0x22, UInt8(frame.count))
        write(node, 0x40, 0x40)
        write(node, 0x01, 0x83)
    }

    func frame1276(_ node: Int) -> [UInt8] {
        let size = Int(read(node, 0x13))
        write(node, 0x0D, read(node, 0x10))
        return Array(transfer(node, [0x00] + [UInt8](repeating: 0, count: size))[1...])
    }

    func setUp(_ node: Int, _ setting: Setting = Setting()) {
        is1276(node) ? setUp1276(node, setting) : setUp126(node, setting)
    }

    func listen(_ node: Int) { is1276(node) ? listen1276(node) : listen126(node) }

    func transmit(_ node: Int, _ frame: [UInt8], _ setting: Setting = Setting()) {
        is1276(node) ? transmit1276(node, frame) : transmit126(node, frame, setting)
    }

    /// The frame that was received whole since flags were last cleared.
    func wholeFrame(_ node: Int) -> [UInt8]? {
        if is1276(node) {
            let flags = read(node, 0x12)
            write(node, 0x12, 0xFF)
            return flags & 0x60 == 0x40 ? frame1276(node) : nil
        }
        let flags = flags126(node)
        clear126(node)
        return flags & 0x62 == 0x02 ? frame126(node) : nil
    }

    private func is1276(_ node: Int) -> Bool { air.model(of: AirNode(node)) == .sx1276 }
}
