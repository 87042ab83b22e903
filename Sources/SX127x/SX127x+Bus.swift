import Base
import HAL
import LoRa

/// The only place where bytes meet wires: registers one by one or in a row (datasheet §2.2).
extension SX127x where Board: ~Copyable {
    /// Set in an address that is written.
    private var writeBit: UInt8 { 0x80 }

    mutating func write(_ value: UInt8, to register: Register) throws(ModemFault) {
        scratch[0] = register.rawValue | writeBit
        scratch[1] = value
        scratchCount = 2
        try transfer()
    }

    mutating func write(_ values: [2 of UInt8], to register: Register) throws(ModemFault) {
        scratch[0] = register.rawValue | writeBit
        for index in values.indices { scratch[1 + index] = values[index] }
        scratchCount = 3
        try transfer()
    }

    mutating func write(_ values: [3 of UInt8], to register: Register) throws(ModemFault) {
        scratch[0] = register.rawValue | writeBit
        for index in values.indices { scratch[1 + index] = values[index] }
        scratchCount = 4
        try transfer()
    }

    /// A frame into the buffer, from `fifoAddress` on.
    mutating func writeFIFO(_ frame: Span<UInt8>) throws(ModemFault) {
        scratch.overwrite(scratch.indices, count: &scratchCount) { out in
            out.append(Register.fifo.rawValue | 0x80)
            out.append(contentsOf: frame)
        }
        try transfer()
    }

    mutating func read(_ register: Register) throws(ModemFault) -> UInt8 {
        try ask(register, count: 1)
        return answer(0)
    }

    /// Reads a row of registers: `answer(_:)` has them until the next transaction.
    mutating func ask(_ register: Register, count: Int) throws(ModemFault) {
        scratch[0] = register.rawValue
        for index in 0..<count { scratch[1 + index] = 0 }
        scratchCount = 1 + count
        try transfer()
    }

    /// A byte of the last answer.
    func answer(_ index: Int) -> UInt8 { scratch[1 + index] }

    /// The mode register for a mode, in LoRa and on this band.
    func modeByte(_ mode: OperatingMode) -> UInt8 {
        0x80 | (isBelow525MHz ? 0x08 : 0) | mode.rawValue
    }

    mutating func enter(_ mode: OperatingMode) throws(ModemFault) {
        try write(modeByte(mode), to: .mode)
    }

    /// Which of the chip's two receivers it is (datasheet §4.1.6).
    var isBelow525MHz: Bool { channel.frequency < 525_000_000 }

    /// What register `level` counts from, in dBm (§5.5.5).
    var levelOffset: Int { isBelow525MHz ? -164 : -157 }

    /// Moves the antenna switch's wires, where the board has them.
    mutating func moveAntenna(transmit: Bool, receive: Bool) throws(ModemFault) {
        guard options.movesAntennaSwitch else { return }
        do throws(BoardError) {
            try board.drive(.transmitEnable, high: transmit)
            try board.drive(.receiveEnable, high: receive)
        } catch {
            throw fail(.board(error))
        }
    }

    mutating func interruptIsHigh() throws(ModemFault) -> Bool {
        do throws(BoardError) {
            return try board.isHigh(.interrupt)
        } catch {
            throw fail(.board(error))
        }
    }

    /// Remembers a fault, so that nothing but `start` is tried on this chip again.
    mutating func fail(_ fault: ModemFault) -> ModemFault {
        progress.mode = .failed(fault)
        return fault
    }

    private mutating func transfer() throws(ModemFault) {
        transactions += 1
        do throws(BoardError) {
            try Self.transfer(&scratch, count: scratchCount, over: &board)
        } catch {
            throw fail(.board(error))
        }
    }

    private static func transfer(
        _ scratch: inout Slab<UInt8>, count: Int, over board: inout Board
    ) throws(BoardError) {
        var bytes = scratch.mutableRange(0..<count)
        try board.transfer(&bytes)
    }
}
