import Base
import HAL
import LoRa

/// The only place where bytes meet wires: BUSY before each transaction, the status after it.
extension SX126x where Board: ~Copyable {
    /// The longest BUSY may last. The slowest command takes 3.5 ms and a TCXO's start-up (ST RM0453,
    /// Table 33); the rest is for an emulator on a busy machine.
    private var busyLimit: Duration { .milliseconds(100) }

    /// Where the status comes in every transaction of two bytes or more.
    private var statusIndex: Int { 1 }

    /// Carries out a command that answers nothing.
    mutating func run(_ command: Command) throws(ModemFault) {
        scratch.overwrite(scratch.indices, count: &scratchCount) { out in
            command.write(to: &out)
        }
        try exchange()
    }

    /// Carries out a command that answers: `answer(_:)` has the bytes until the next transaction.
    mutating func ask(_ query: Query) throws(ModemFault) {
        scratch.overwrite(scratch.indices, count: &scratchCount) { out in
            query.write(to: &out)
        }
        try exchange()
        answerStart = scratchCount - query.answerSize
    }

    /// A byte of the last answer.
    func answer(_ index: Int) -> UInt8 { scratch[answerStart + index] }

    /// Two bytes of the last answer, the high one first.
    func answer16(_ index: Int) -> UInt16 {
        UInt16(answer(index)) << 8 | UInt16(answer(index + 1))
    }

    /// The status that came with the last transaction, which had two bytes or more.
    var status: Status { Status(rawValue: scratch[statusIndex]) }

    /// Puts a frame at the start of the chip's buffer.
    mutating func writeBuffer(_ frame: Span<UInt8>) throws(ModemFault) {
        scratch.overwrite(scratch.indices, count: &scratchCount) { out in
            out.append(Opcode.writeBuffer.rawValue)
            out.append(0)
            out.append(contentsOf: frame)
        }
        try exchange()
    }

    mutating func read(_ register: Register) throws(ModemFault) -> UInt8 {
        try ask(.register(register, count: 1))
        return answer(0)
    }

    mutating func write(_ value: UInt8, to register: Register) throws(ModemFault) {
        try run(.write(register, [value, 0, 0], count: 1))
    }

    /// Names the registers that a warm sleep shall keep (AN1200.53).
    mutating func writeRetention() throws(ModemFault) {
        let registers = Register.kept
        scratch.overwrite(scratch.indices, count: &scratchCount) { out in
            out.append(Opcode.writeRegister.rawValue)
            out.append(UInt8(Register.retention.rawValue >> 8))
            out.append(UInt8(Register.retention.rawValue & 0xFF))
            out.append(UInt8(registers.count))
            for index in registers.indices {
                out.append(UInt8(registers[index].rawValue >> 8))
                out.append(UInt8(registers[index].rawValue & 0xFF))
            }
        }
        try exchange()
    }

    /// Wakes the chip: chip select first, which it hears asleep, then BUSY (datasheet §9.3). What
    /// comes back meanwhile is nobody's.
    mutating func wake() throws(ModemFault) {
        scratch[0] = Opcode.getStatus.rawValue
        scratch[1] = 0
        scratchCount = 2
        try transfer()
        try waitWhileBusy()
    }

    /// Moves the antenna switch's wires that this board has.
    mutating func moveAntenna(transmit: Bool, receive: Bool) throws(ModemFault) {
        do throws(BoardError) {
            if options.antennaSwitch.contains(.transmitEnable) {
                try board.drive(.transmitEnable, high: transmit)
            }
            if options.antennaSwitch.contains(.receiveEnable) {
                try board.drive(.receiveEnable, high: receive)
            }
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

    /// A chip whose oscillator stands still refuses what needs it.
    private mutating func whyRefused(_ status: Status) -> ModemFault {
        let refusal = ModemFault.refused(status: status.rawValue)
        scratch.overwrite(scratch.indices, count: &scratchCount) { out in
            Query.deviceErrors.write(to: &out)
        }
        guard (try? waitWhileBusy()) != nil, (try? transfer()) != nil, !self.status.isNobody else {
            return refusal
        }
        answerStart = scratchCount - Query.deviceErrors.answerSize
        let errors = DeviceErrors(rawValue: answer16(0))
        let isList = errors.isSubset(of: .all)  // Else it is anything.
        return isList && errors.contains(.oscillator) ? .deviceErrors(errors) : refusal
    }

    /// Whether a chip that was silent answers when it has had time: it was busy, and BUSY was low.
    private mutating func answersLater() -> Bool {
        board.pause(.milliseconds(10))
        guard (try? put(Opcode.getStatus.rawValue, 0)) != nil else { return false }
        return !status.isNobody
    }

    /// Two bytes, whatever BUSY says.
    mutating func put(_ first: UInt8, _ second: UInt8) throws(BoardError) {
        scratch[0] = first
        scratch[1] = second
        scratchCount = 2
        transactions += 1
        try Self.transfer(&scratch, count: scratchCount, over: &board)
    }

    private mutating func exchange() throws(ModemFault) {
        try waitWhileBusy()
        try transfer()
        guard scratchCount > statusIndex else { return }
        if status.isNobody { throw fail(answersLater() ? .missedCommand : .noChip) }
        if status.isRefusal { throw fail(whyRefused(status)) }
    }

    private mutating func waitWhileBusy() throws(ModemFault) {
        let isReady: Bool
        do throws(BoardError) {
            isReady = try board.waitUntilLow(.busy, for: busyLimit)
        } catch {
            throw fail(.board(error))
        }
        guard isReady else { throw fail(.busyStuck) }
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
