import CCuse
import CLinux
import LinuxHAL

/// A chip with 256 registers on the I2C bus, as clocks and small EEPROMs have them: the first byte
/// written names a register, more are stored from there on; reads go on where the last one ended.
final class RegisterChip {
    /// Where it answers.
    static var address: UInt16 { 0x50 }

    let port: OpaquePointer
    private var registers = [UInt8](repeating: 0, count: 256)
    private var pointer: UInt8 = 0

    /// Serves a bus that has this chip and no other.
    init(on bus: String) {
        guard let port = unsafe bus.withCString({ unsafe cuse_serve($0, CUSE_I2C) }) else {
            fail("\(bus): \(text(ofError: lichen_errno()))")
        }
        self.port = port
    }

    /// Carries out the exchange that the port has taken, and answers it.
    func exchange() {
        for index in 0..<cuse_count(port) {
            let part = cuse_part(port, index)
            guard part.address == Self.address else { return cuse_answer(port, ENXIO) }
            for offset in 0..<Int(part.size) {
                if part.reads != 0 {
                    unsafe part.bytes[offset] = registers[Int(pointer)]
                    pointer &+= 1
                } else if offset == 0 {
                    pointer = unsafe part.bytes[offset]
                } else {
                    registers[Int(pointer)] = unsafe part.bytes[offset]
                    pointer &+= 1
                }
            }
        }
        cuse_answer(port, 0)
    }
}
