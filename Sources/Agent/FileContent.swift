import CLinux
import LinuxHAL
import LoRa

extension Settings {
    /// The settings that a configuration file gives.
    public static func read(path: String) throws(ConfigurationError) -> Settings {
        try ConfigurationReader.read(content(of: path))
    }

    /// The region whose plan is in a file.
    static func region(path: String) throws(ConfigurationError) -> Region {
        let text = try content(of: path)
        do throws(RegionFileError) {
            return try Region(reading: text.span)
        } catch {
            throw .plan(sentence: error.sentence)
        }
    }

    private static func content(of path: String) throws(ConfigurationError) -> [UInt8] {
        let opened = lichen_open_read(path)
        guard opened >= 0 else { throw .unreadable(errno: lichen_errno()) }
        let file = FileDescriptor(owning: opened)
        var content: [UInt8] = []
        while content.count <= 65_536 {
            let count = file.read(into: &content, atMost: 4_096)
            if count == 0 { return content }
            guard count > 0 else { throw .unreadable(errno: lichen_errno()) }
        }
        throw .tooLarge
    }
}
