import Base
import LoRa

/// One command with its parameters; the bytes of a buffer travel beside it (`SX126x+Bus.swift`).
enum Command {
    enum Standby: UInt8 { case rc = 0, crystal = 1 }

    /// §13.1.12, Table 13-18: RC 64 kHz, RC 13 MHz, PLL, ADC pulse, ADC bulk N and P, image.
    static let allBlocks: UInt8 = 0x7F
    /// §13.1.5: receive until told otherwise.
    static let continuously: UInt32 = 0xFF_FFFF

    case sleep(SleepDepth)
    case standby(Standby)
    case transmit(timeout: UInt32)
    case receive(timeout: UInt32)
    case receiveInTurns(listen: UInt32, sleep: UInt32)
    case senseChannel
    case regulator(Regulator)
    case calibrate(blocks: UInt8)
    case calibrateImage(ImageBand)
    case powerAmplifier(PowerSetting, device: UInt8)
    case fallBackToStandby
    case interrupts(IRQ)
    case clearInterrupts(IRQ)
    case dio2SwitchesAntenna
    case dio3SuppliesOscillator(TCXO)
    case frequency(hertz: Int)
    case packetTypeLoRa
    case transmitPower(PowerSetting)
    case modulation(ModulationBytes)
    case packet(preamble: Int, size: UInt8, PacketFormat)
    case cad(CADSetting)
    case bufferBases(transmit: UInt8, receive: UInt8)
    case clearDeviceErrors
    case write(Register, [3 of UInt8], count: Int)

    /// The bytes on the wire.
    func write(to out: inout OutputSpan<UInt8>) {
        switch self {
        case .sleep(let depth):
            out.append(.setSleep, depth == .warm ? 0b100 : 0)
        case .standby(let oscillator):
            out.append(.setStandby, oscillator.rawValue)
        case .transmit(let timeout):
            out.append(.setTx)
            out.append(bigEndian: timeout, size: 3)
        case .receive(let timeout):
            out.append(.setRx)
            out.append(bigEndian: timeout, size: 3)
        case .receiveInTurns(let listen, let sleep):
            out.append(.setRxDutyCycle)
            out.append(bigEndian: listen, size: 3)
            out.append(bigEndian: sleep, size: 3)
        case .senseChannel:
            out.append(.setCad)
        case .regulator(let regulator):
            out.append(.setRegulatorMode, regulator.rawValue)
        case .calibrate(let blocks):
            out.append(.calibrate, blocks)
        case .calibrateImage(let band):
            out.append(.calibrateImage, band.first)
            out.append(band.second)
        case .powerAmplifier(let setting, let device):
            out.append(.setPaConfig, setting.dutyCycle)
            out.append(setting.hpMax)
            out.append(device)
            out.append(0x01)
        case .fallBackToStandby:
            out.append(.setRxTxFallbackMode, 0x20)
        case .interrupts(let flags):
            out.append(.setDioIrqParams)
            out.append(bigEndian: UInt32(flags.union(.headerValid).rawValue), size: 2)
            out.append(bigEndian: UInt32(flags.rawValue), size: 2)
            out.append(bigEndian: 0, size: 4)
        case .clearInterrupts(let flags):
            out.append(.clearIrqStatus)
            out.append(bigEndian: UInt32(flags.rawValue), size: 2)
        case .dio2SwitchesAntenna:
            out.append(.setDio2AsRfSwitch, 1)
        case .dio3SuppliesOscillator(let tcxo):
            out.append(.setDio3AsTcxo, tcxo.voltage.rawValue)
            out.append(bigEndian: chipSteps(tcxo.startUp), size: 3)
        case .frequency(let hertz):
            out.append(.setRfFrequency)
            out.append(bigEndian: frequencySteps(hertz: hertz), size: 4)
        case .packetTypeLoRa:
            out.append(.setPacketType, 1)
        case .transmitPower(let setting):
            out.append(.setTxParams, UInt8(bitPattern: setting.parameter))
            out.append(rampTime200us)
        case .modulation(let bytes):
            out.append(.setModulationParams, bytes.spreadingFactor)
            out.append(bytes.bandwidth)
            out.append(bytes.codingRate)
            out.append(bytes.lowDataRateOptimize)
        case .packet(let preamble, let size, let format):
            out.append(.setPacketParams)
            out.append(bigEndian: UInt32(preamble), size: 2)
            out.append(format.header == .explicit ? 0 : 1)
            out.append(size)
            out.append(format.hasChecksum ? 1 : 0)
            out.append(format.invertsIQ ? 1 : 0)
        case .cad(let setting):
            out.append(.setCadParams, setting.symbols)
            out.append(setting.peak)
            out.append(setting.minimum)
            out.append(0)  // To standby afterwards, whatever it found.
            out.append(bigEndian: 0, size: 3)
        case .bufferBases(let transmit, let receive):
            out.append(.setBufferBaseAddress, transmit)
            out.append(receive)
        case .clearDeviceErrors:
            out.append(.clearDeviceErrors, 0)
            out.append(0)
        case .write(let register, let values, let count):
            out.append(.writeRegister)
            out.append(bigEndian: UInt32(register.rawValue), size: 2)
            for index in 0..<count { out.append(values[index]) }
        }
    }
}

/// One command that reads: how many bytes go out before the answer, and how many come.
enum Query {
    case interrupts, deviceErrors, receivedFrame, packetStatus, level, statistics
    case register(Register, count: Int)
    case buffer(offset: UInt8, count: Int)

    /// Bytes of the answer, the status before it not counted.
    var answerSize: Int {
        switch self {
        case .level: 1
        case .interrupts, .deviceErrors, .receivedFrame: 2
        case .packetStatus: 3
        case .statistics: 6
        case .register(_, let count), .buffer(_, let count): count
        }
    }

    /// The bytes on the wire: the command, then zeros that the answer replaces.
    func write(to out: inout OutputSpan<UInt8>) {
        switch self {
        case .interrupts: out.append(.getIrqStatus)
        case .deviceErrors: out.append(.getDeviceErrors)
        case .receivedFrame: out.append(.getRxBufferStatus)
        case .packetStatus: out.append(.getPacketStatus)
        case .level: out.append(.getRssiInst)
        case .statistics: out.append(.getStats)
        case .register(let register, _):
            out.append(.readRegister)
            out.append(bigEndian: UInt32(register.rawValue), size: 2)
        case .buffer(let offset, _): out.append(.readBuffer, offset)
        }
        out.append(0)  // The status comes here.
        for _ in 0..<answerSize { out.append(0) }
    }
}

/// §13.4.4, Table 13-41: how fast the amplifier comes up; slow enough not to splatter.
private let rampTime200us: UInt8 = 0x04

/// A duration in the chip's timer steps of 15.625 µs (1/64 ms), rounded up, at most 2²⁴ − 2.
func chipSteps(_ duration: Duration) -> UInt32 {
    let steps = (duration.wholeMicroseconds * 64 + 999) / 1_000
    return UInt32(min(max(steps, 0), 0xFF_FFFE))
}

/// A frequency in the synthesiser's steps of 32 MHz / 2²⁵, to the nearest (§13.4.1).
func frequencySteps(hertz: Int) -> UInt32 {
    UInt32((hertz << 25 + 16_000_000) / 32_000_000)
}

extension OutputSpan where Element == UInt8 {
    @_lifetime(self: copy self)
    fileprivate mutating func append(_ opcode: Opcode) { append(opcode.rawValue) }

    @_lifetime(self: copy self)
    fileprivate mutating func append(_ opcode: Opcode, _ parameter: UInt8) {
        append(opcode.rawValue)
        append(parameter)
    }

    @_lifetime(self: copy self)
    fileprivate mutating func append(bigEndian value: UInt32, size: Int) {
        for index in 0..<size {
            append(UInt8(truncatingIfNeeded: value >> UInt32(8 * (size - 1 - index))))
        }
    }
}
