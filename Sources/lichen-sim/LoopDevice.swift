import CLinux
import Foundation

/// An ext4 file system on a block device of its own, which counts what is written to it.
///
/// A process's own count (`/proc/self/io`) is of no use: with large folios it charges megabytes for
/// a write of a hundred bytes. The device counts what a card would get.
final class LoopDevice {
    /// Where it is mounted.
    let folder: String
    private let image: String
    private let device: String
    private var isMounted = false

    /// Why there is none.
    struct Impossible: Error, CustomStringConvertible {
        let description: String
    }

    /// Attaches and mounts one. What is interrupted meanwhile leaves nothing behind.
    init(megabytes: Int = 256) throws {
        guard geteuid() == 0 else {
            throw Impossible(description: "only root may attach a loop device")
        }
        let tag = UUID().uuidString.prefix(8)
        let root = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : "/tmp"
        image = "\(root)/lichen-flash-\(tag)"
        folder = "/tmp/lichen-flash-\(tag)"
        try Self.run("truncate", "--size", "\(megabytes)M", image)
        do {
            device = try Self.run("losetup", "--find", "--show", image)
        } catch {
            unlink(image)
            throw error
        }
        LiveLoops.shared.add(self)
        do {
            // Tables that the kernel would fill later would be counted as ours.
            try Self.run(
                "mkfs.ext4", "-q", "-b", "4096", "-E", "lazy_itable_init=0,lazy_journal_init=0",
                device)
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
            try Self.run("mount", device, folder)
            isMounted = true
        } catch {
            detach()
            throw error
        }
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

    /// Takes all of it away.
    func detach() {
        guard LiveLoops.shared.remove(self) else { return }
        if isMounted { _ = try? Self.run("umount", folder) }
        _ = try? Self.run("losetup", "--detach", device)
        rmdir(folder)
        unlink(image)
    }

    @discardableResult
    private static func run(_ name: String, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        // mkfs and losetup are root's own.
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        process.environment = ["PATH": "\(path):/usr/sbin:/sbin", "LC_ALL": "C"]
        let output = Pipe()
        let errors = Pipe()
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let text = String(decoding: complaint, as: UTF8.self)
            throw Impossible(
                description: text.split(separator: "\n").first.map(String.init)
                    ?? "\(name) failed")
        }
        return String(decoding: said, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

/// The devices that are attached, so that an interrupted bench takes them away.
private final class LiveLoops: @unchecked Sendable {
    static let shared = LiveLoops()

    private let lock = NSLock()
    private var loops: [LoopDevice] = []
    private var sources: [any DispatchSourceSignal] = []

    func add(_ loop: LoopDevice) {
        lock.withLock {
            loops.append(loop)
            guard sources.isEmpty else { return }
            sources = [SIGINT, SIGTERM].map { number in
                signal(number, SIG_IGN)
                let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
                source.setEventHandler {
                    LiveLoops.shared.detachAll()
                    exit(128 + number)
                }
                source.resume()
                return source
            }
        }
    }

    func remove(_ loop: LoopDevice) -> Bool {
        lock.withLock {
            let isThere = loops.contains { $0 === loop }
            loops.removeAll { $0 === loop }
            if loops.isEmpty {
                for (source, number) in zip(sources, [SIGINT, SIGTERM]) {
                    source.cancel()
                    signal(number, SIG_DFL)
                }
                sources = []
            }
            return isThere
        }
    }

    private func detachAll() { for loop in lock.withLock({ loops }) { loop.detach() } }
}
