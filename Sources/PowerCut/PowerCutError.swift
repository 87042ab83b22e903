/// Why a trial could not be made; not that a store failed it.
public enum PowerCutError: Error, CustomStringConvertible {
    /// This file is no record.
    case record(String)
    /// The store changed files with this call, which is not recorded.
    case unseen(call: String)
    /// A file or a folder of the trial cannot be made or read.
    case file(String, errno: Int32)
    /// A program of the trial is not there, or did not do its part.
    case program(String)

    public var description: String {
        switch self {
        case .record(let path): "\(path) is no record of a disk's events"
        case .unseen(let call): "the store used \(call), which the recorder does not see"
        case .file(let path, let code): "\(path): error \(code)"
        case .program(let text): text
        }
    }
}
