import HAL

/// Why a modem does not do what it should.
public enum ModemFault: Error, Equatable {
    /// The board's bus or a pin failed.
    case board(BoardError)
    /// BUSY stayed high for longer than any command may take.
    case busyStuck
    /// Nothing answers on the bus: all bytes read 0x00 or 0xFF.
    case noChip
    /// Something answers that is not the chip it should be: its version.
    case unknownChip(version: UInt8)
    /// The chip answered that it cannot do what it was told: its status byte.
    case refused(status: UInt8)
    /// The chip's own list of errors.
    case deviceErrors(DeviceErrors)
    /// A frame was not over when it should have been.
    case transmitTimeout
    /// Channel sensing was not over when it should have been.
    case senseTimeout
    /// The chip has something to tell, and its interrupt pin stays low, again and again.
    case noInterrupt
    /// The interrupt pin stays high, and the chip has nothing to tell.
    case interruptStuck
    /// The chip has lost its configuration: it was reset, by its supply or by somebody else.
    case restarted
    /// The chip knows its configuration and is in another mode than it was told to be.
    case missedCommand
    /// The receiver is on and hears nothing, not even noise that moves.
    case deaf
    /// Channel and chip do not fit.
    case unsupported(Unsupported)

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .board(let error): error.sentence
        case .busyStuck:
            "the radio stays busy; check the BUSY and RESET pins, and its supply"
        case .noChip:
            "no radio answers; check the SPI device, the chip select and the supply"
        case .unknownChip(let version):
            "the chip on the bus is of version 0x\(hexadecimal(version)), which is not the one "
                + "that 'chip' names; correct 'chip' in [radio], or check the wiring"
        case .refused(let status):
            "the radio refused a command (status 0x\(hexadecimal(status))); "
                + "check its model and its TCXO setting"
        case .deviceErrors(let errors) where errors.contains(.oscillator):
            "the radio's oscillator did not start (\(errors.names)); set 'tcxo' to the voltage in "
                + "the module's data sheet, or to none where it has a plain crystal"
        case .deviceErrors(let errors):
            "the radio found errors in itself (\(errors.names)); check its supply, and replace it "
                + "if they stay"
        case .transmitTimeout:
            "a transmission did not end; check the antenna, the supply and the interrupt pin"
        case .senseTimeout:
            "channel sensing did not end; check the supply and the interrupt pin"
        case .noInterrupt:
            "the radio's interrupts do not arrive; check that 'interrupt-pin' is the line of its DIO1 "
                + "(DIO0 on an SX127x) and that its wire is whole"
        case .interruptStuck:
            "the radio's interrupt pin stays high with nothing to tell; check that 'interrupt-pin' is "
                + "the line of its DIO1 (DIO0 on an SX127x), and that nothing else drives it"
        case .restarted:
            "the radio has restarted by itself; check its supply (a transmission takes 120 mA and "
                + "more) and that nothing else moves its RESET pin"
        case .missedCommand:
            "the radio missed a command; check the BUSY pin and the SPI wires, or lower the SPI "
                + "speed"
        case .deaf:
            "the radio's receiver hears nothing, not even noise; check the antenna and its switch"
        case .unsupported(let what): what.sentence
        }
    }

    /// What kind it is, for those who count.
    public var kind: Kind {
        switch self {
        case .board: .board
        case .busyStuck: .busyStuck
        case .noChip: .noChip
        case .unknownChip: .unknownChip
        case .refused: .refused
        case .deviceErrors: .deviceErrors
        case .transmitTimeout: .transmitTimeout
        case .senseTimeout: .senseTimeout
        case .noInterrupt: .noInterrupt
        case .interruptStuck: .interruptStuck
        case .restarted: .restarted
        case .missedCommand: .missedCommand
        case .deaf: .deaf
        case .unsupported: .unsupported
        }
    }

    /// The kinds of faults.
    public enum Kind: Int, CaseIterable, Sendable {
        case board, busyStuck, noChip, unknownChip, refused, deviceErrors, transmitTimeout
        case senseTimeout, noInterrupt, interruptStuck, restarted, missedCommand, deaf, unsupported

        /// Its name in reports.
        public var name: StaticString {
            switch self {
            case .board: "bus or pin failed"
            case .busyStuck: "stayed busy"
            case .noChip: "did not answer"
            case .unknownChip: "is another chip"
            case .refused: "refused a command"
            case .deviceErrors: "found errors in itself"
            case .transmitTimeout: "did not end a transmission"
            case .senseTimeout: "did not end sensing"
            case .noInterrupt: "interrupts did not arrive"
            case .interruptStuck: "interrupts did not end"
            case .restarted: "restarted by itself"
            case .missedCommand: "missed a command"
            case .deaf: "was deaf"
            case .unsupported: "cannot do the channel"
            }
        }
    }

    private func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

/// What of a channel a chip cannot do.
public enum Unsupported: Equatable, Sendable {
    case frequency, power, bandwidth, preamble, spreadingFactor
    /// SF5 and SF6 of an SX127x (which lacks the first) are not those of an SX126x.
    case spreadingFactorBetweenFamilies
    /// An SX127x does not wake by itself to listen.
    case sampledReception

    /// What it cannot do, and what to do about it.
    public var sentence: String {
        switch self {
        case .frequency:
            "the radio cannot be tuned to this frequency; choose another 'frequency', or a module "
                + "for this band"
        case .power:
            "the radio's amplifier cannot do this power; choose another 'power'"
        case .bandwidth:
            "the radio cannot do this bandwidth with this spreading factor; choose another "
                + "'bandwidth'"
        case .preamble:
            "the radio needs a longer preamble at this spreading factor: at least 12 symbols at SF5 "
                + "and SF6, and 6 otherwise"
        case .spreadingFactor:
            "the radio cannot do this spreading factor at this bandwidth; choose another "
                + "'spreading-factor'"
        case .spreadingFactorBetweenFamilies:
            "an SX127x has no SF5, and its SF6 has no header and is not that of an SX126x; choose "
                + "'spreading-factor' 7 to 12 on all nodes of the mesh"
        case .sampledReception:
            "an SX127x cannot sleep and listen in turns by itself; let it listen all the time, or "
                + "use an SX126x"
        }
    }
}
