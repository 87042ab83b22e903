import CLinux

/// The names of groups. `/etc/group` is read here: `getgrnam` of a static program would load
/// libraries that the board may lack.
enum GroupFile {
    /// The group that may read and write a file beside its owner: its name, or its number where it
    /// has none. `nil` where it may not, or is root's own.
    static func groupThatMayUse(_ path: String) -> String? {
        let (group, mayUse) = unsafe path.withCString {
            unsafe (lichen_group($0), lichen_group_may_use($0) != 0)
        }
        guard group > 0, mayUse else { return nil }
        return name(of: group, in: contents("/etc/group")) ?? "\(group)"
    }

    /// Lines are "name:password:number:members" (group(5)).
    static func name(of group: Int64, in text: [UInt8]) -> String? {
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(
                separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            if fields.count >= 3, Int64(String(decoding: fields[2], as: UTF8.self)) == group {
                return String(decoding: fields[0], as: UTF8.self)
            }
        }
        return nil
    }

    private static func contents(_ path: String) -> [UInt8] {
        let raw = unsafe path.withCString { unsafe lichen_open_read($0) }
        guard raw >= 0 else { return [] }
        let file = FileDescriptor(owning: raw)
        var text: [UInt8] = []
        while text.count < 1 << 20, file.read(into: &text, atMost: 4_096) > 0 {}
        return text
    }
}
