/// Why a bus or a pin could not be used.
public enum BoardError: Error, Equatable {
    /// The other side closed the connection: an emulator that ended, a device that was unplugged.
    case gone
    /// The kernel refused `call` with the error number `errno`.
    case system(call: BoardCall, errno: Int32)
    /// The device answered something other than the protocol allows.
    case garbled
    /// The other side is there and does not answer: an emulator that is stopped or hangs.
    case silent
    /// No chip on the I2C bus acknowledges this address.
    case absent(address: UInt8)

    /// What happened, and what to do about it.
    public var sentence: String {
        switch self {
        case .gone:
            "the radio's connection is gone; check that the emulator or the device is still there, "
                + "and that no other agent has it"
        case .system(let call, let errno):
            "\(call.name) failed with error \(errno); check the device and its permissions"
        case .garbled:
            "the radio's connection carried something that is not its protocol; "
                + "check that both ends are of the same version"
        case .silent:
            "the emulator does not answer; check that it is neither stopped nor overloaded"
        case .absent(let address):
            "no chip answers at I2C address 0x\(address < 16 ? "0" : "")"
                + "\(String(address, radix: 16)); check its wires, its supply and its address pins"
        }
    }
}

/// The kernel's calls that a board's buses and pins are made of.
public enum BoardCall: Equatable, Sendable {
    case open, connect, read, write, control, poll

    /// As a manual page names it.
    public var name: String {
        switch self {
        case .open: "open"
        case .connect: "connect"
        case .read: "read"
        case .write: "write"
        case .control: "ioctl"
        case .poll: "poll"
        }
    }
}
