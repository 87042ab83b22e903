import HAL
import LinuxHAL

/// Where the radio is.
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
}
