import Foundation

/// What a program did to the files below one folder, as `CDiskShim.h` records it.
public enum DiskEvent {
    /// A file was opened under a name below the folder, and made or emptied with that.
    case open(file: UInt32, name: String, wasCreated: Bool, wasEmptied: Bool)
    case write(file: UInt32, offset: Int, data: ArraySlice<UInt8>)
    /// What was written to a part of it is on the device; file 0 is the folder, whose names are.
    case sync(file: UInt32, range: Range<Int>)
    case syncFailed(file: UInt32)
    case truncate(file: UInt32, size: Int)
    case rename(old: String, new: String)
    case link(old: String, new: String)
    case unlink(name: String)
    /// The program used a call that is not recorded.
    case unseen(call: String)
    /// The program begins a batch, or has acknowledged it.
    case begun(Int), acknowledged(Int)
    /// A mark that says nothing of the disk.
    case remark

    /// Reads a record file.
    ///
    /// - Throws: Where it cannot be read, or is none.
    public static func read(_ path: String) throws -> [DiskEvent] {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var events: [DiskEvent] = []
        var offset = 0
        while offset < bytes.count {
            guard offset + headerSize <= bytes.count else { throw PowerCutError.record(path) }
            let header = bytes[offset..<(offset + headerSize)]
            let start = offset + headerSize
            let end = start + Int(header.number(at: 0, as: UInt32.self))
            guard end <= bytes.count, let event = DiskEvent(header, data: bytes[start..<end])
            else { throw PowerCutError.record(path) }
            events.append(event)
            offset = end
        }
        return events
    }

    /// Whether data was written.
    var isWrite: Bool { if case .write = self { true } else { false } }

    private static let headerSize = 32

    /// `nil` for a kind that does not exist.
    private init?(_ header: ArraySlice<UInt8>, data: ArraySlice<UInt8>) {
        let flags = header[header.startIndex + 5]
        let file = header.number(at: 8, as: UInt32.self)
        let offset = Int(header.number(at: 16, as: UInt64.self))
        let value = Int(header.number(at: 24, as: UInt64.self))
        let names = data.split(separator: 0, omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        switch (header[header.startIndex + 4], names.count) {
        case (1, 1):
            self = .open(
                file: file, name: names[0], wasCreated: flags & 1 != 0, wasEmptied: flags & 2 != 0)
        case (2, _): self = .write(file: file, offset: offset, data: data)
        case (3, _): self = .sync(file: file, range: offset..<(value == 0 ? .max : value))
        case (4, _): self = .syncFailed(file: file)
        case (5, _): self = .truncate(file: file, size: value)
        case (6, 2): self = .rename(old: names[0], new: names[1])
        case (7, 2): self = .link(old: names[0], new: names[1])
        case (8, 1): self = .unlink(name: names[0])
        case (9, 1): self = .unseen(call: names[0])
        case (10, _):
            self = offset == 1 ? .begun(value) : offset == 2 ? .acknowledged(value) : .remark
        default: return nil
        }
    }
}

extension ArraySlice<UInt8> {
    /// A number in the machine's own order, `offset` bytes from the slice's beginning.
    fileprivate func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }
}
