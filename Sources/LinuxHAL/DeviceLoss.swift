import CLinux

/// Error numbers by which the kernel says that a device is not there any more.
enum DeviceLoss {
    static func isMeant(by errno: Int32) -> Bool {
        switch errno {
        case ENODEV, ENXIO, ENOTCONN, ECONNABORTED, ESHUTDOWN, EPIPE: true
        default: false
        }
    }
}
