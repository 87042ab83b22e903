import CLinux
import Foundation

/// An ext4 file system on a block device of its own, which counts what is written to it.
///
/// A process's own count (`/proc/self/io`) is of no use: with large folios it charges megabytes for
/// a write of a hundred bytes. The device counts what a card would get.
///
/// A shell keeps it: that one takes all of it away when this process closes its input, however it
/// ends.
final class LoopDevice {
    /// Where it is mounted.
    let folder: String
    private let device: String
    private let keeper: Process
    private let input: Pipe

    /// Why there is none.
    struct Impossible: Error, CustomStringConvertible {
        let description: String
    }

    /// Tables that the kernel would fill later would be counted as ours, so mkfs fills them.
    private static let script = """
        trap '' INT TERM HUP
        image=$1 folder=$2
        clear() {
            ! mountpoint -q "$folder" || umount "$folder" || umount --lazy "$folder"
            [ -z "$device" ] || losetup --detach "$device"
            rm -f "$image"
            rmdir "$folder"
        }
        trap clear EXIT
        mkdir -p "$folder" && truncate --size "$3" "$image" || exit
        device=$(losetup --find --show "$image") || exit
        mkfs.ext4 -q -b 4096 -E lazy_itable_init=0,lazy_journal_init=0 "$device" || exit
        mount "$device" "$folder" || exit
        echo "$device"
        read -r _
        """

    /// Attaches and mounts one of 256 MiB.
    init() throws {
        guard geteuid() == 0 else {
            throw Impossible(description: "only root may attach a loop device")
        }
        let tag = UUID().uuidString.prefix(8)
        let root = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        folder = "/tmp/lichen-flash-\(tag)"
        input = Pipe()
        keeper = Process()
        keeper.executableURL = URL(fileURLWithPath: "/bin/sh")
        keeper.arguments = ["-c", Self.script, "sh", "\(root)/lichen-flash-\(tag)", folder, "256M"]
        // mkfs and losetup are root's own.
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        keeper.environment = ["PATH": "\(path):/usr/sbin:/sbin", "LC_ALL": "C"]
        let output = Pipe()
        let errors = Pipe()
        keeper.standardInput = input
        keeper.standardOutput = output
        keeper.standardError = errors
        try keeper.run()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard said.hasPrefix("/dev/") else {
            let text = String(
                decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            keeper.waitUntilExit()
            throw Impossible(
                description: text.split(separator: "\n").first.map(String.init)
                    ?? "no loop device could be attached")
        }
        device = said.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Bytes that have been written to the device, all that is in memory included.
    func written() throws -> Int {
        sync()
        let name = URL(fileURLWithPath: device).lastPathComponent
        // Documentation/block/stat.rst: the seventh field, in sectors of 512 B.
        let fields = try String(contentsOfFile: "/sys/block/\(name)/stat", encoding: .utf8)
            .split(whereSeparator: \.isWhitespace)
        guard fields.count > 6, let sectors = Int(fields[6]) else {
            throw Impossible(description: "the kernel does not count what \(name) writes")
        }
        return sectors * 512
    }

    /// Has all of it taken away.
    func detach() {
        try? input.fileHandleForWriting.close()
        keeper.waitUntilExit()
    }
}
