import HAL
import LinuxHAL
import SX126x

/// Where the radio is, and what is known of its chip.
extension Agent {
    static func open(_ settings: Settings) throws(StartError) -> LinuxBoard {
        if let wiring = settings.wiring {
            do throws(DeviceError) {
                return .spidev(try SpidevBoard(wiring))
            } catch {
                throw .device(error)
            }
        }
        let device = settings.device ?? ""
        do throws(BoardError) {
            return .emulator(
                try EmulatorBoard(connectingTo: suffix(of: device, behind: "emulator:") ?? ""))
        } catch {
            throw .radio(device: device, error)
        }
    }

    static func options(_ settings: Settings) throws(StartError) -> SX126xOptions {
        guard let variant = settings.chip.variant else { throw .noDriver(settings.chip) }
        var antennaSwitch: AntennaSwitch = settings.dio2Switch ? .dio2 : []
        if let wiring = settings.wiring {
            if wiring.transmitEnable != nil { antennaSwitch.insert(.transmitEnable) }
            if wiring.receiveEnable != nil { antennaSwitch.insert(.receiveEnable) }
        }
        return SX126xOptions(
            variant: variant, tcxo: settings.tcxo.map { TCXO($0) }, antennaSwitch: antennaSwitch)
    }
}
