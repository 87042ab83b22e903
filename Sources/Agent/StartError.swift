import Base
import HAL
import LinuxHAL

/// Why an agent did not start. Nothing was changed.
public enum StartError: Error {
    case directory(path: String, errno: Int32)
    case directoryInUse(path: String)
    case store(path: String, DiskFault)
    case socketInUse(path: String)
    case socket(path: String, errno: Int32)
    case radio(device: String, BoardError)
    case device(DeviceError)
    case system(SystemError)

    /// What went wrong, and what to do about it.
    public var sentence: String {
        switch self {
        case .directory(let path, let errno):
            switch errno {
            case 2: "\(path): the directory above it does not exist; make it first"
            case 13, 30, 1: "\(path): \(DiskFault.readOnly.sentence)"
            case 28, 122: "\(path): \(DiskFault.full.sentence)"
            case 20: "\(path): this is a file; name a directory"
            default: "\(path): \(DiskFault.system(code: errno).sentence)"
            }
        case .directoryInUse(let path): "\(path): \(DiskFault.inUse.sentence)"
        case .store(let path, let fault): "\(path): \(fault.sentence)"
        case .socketInUse(let path):
            "\(path): another agent answers there; stop it, or give this one its own 'socket' "
                + "in [control]"
        case .socket(let path, 17):
            "\(path): there is a file that is no socket; remove it, or give 'socket' in [control] "
                + "another path"
        case .socket(let path, let errno):
            "\(path): the control socket cannot be made (error \(errno)); check that its "
                + "directory exists and may be written"
        case .radio(let device, let error): "\(device): \(error.sentence)"
        case .device(let error): error.sentence
        case .system(let error): "\(error.sentence); raise the limit of open files"
        }
    }
}
