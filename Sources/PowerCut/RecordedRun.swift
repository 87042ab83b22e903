import Foundation

/// Runs a program with the recorder before it.
public struct RecordedRun {
    /// The recorder, and the folder that it watches.
    public let shim: String
    public let folder: String
    /// Where its record goes; none where it is only to spoil something.
    public var record: String?
    /// As `CDiskShim.h` spells them.
    public var fault: String?
    public var lie: String?

    public init(shim: String, folder: String) {
        self.shim = shim
        self.folder = folder
    }

    /// What the program needs in its environment.
    public var environment: [String: String] {
        [
            "LD_PRELOAD": shim, "LICHEN_DISK_FOLDER": folder, "LICHEN_DISK_RECORD": record ?? "",
            "LICHEN_DISK_FAULT": fault ?? "", "LICHEN_DISK_LIE": lie ?? "",
        ]
    }

    /// Runs a program with the recorder to its end, as the other one does.
    public func run(
        _ program: String, _ arguments: [String]
    ) throws -> (status: Int32, output: String) {
        guard FileManager.default.fileExists(atPath: shim) else {
            throw PowerCutError.program(
                "there is no \(shim); 'swift build --product CDiskShim' makes it")
        }
        return try Self.run(program, arguments, environment)
    }

    /// Runs a program to its end.
    ///
    /// - Returns: Its exit status, or the negative of the signal that ended it, and its output.
    public static func run(
        _ program: String, _ arguments: [String], _ environment: [String: String]
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let isExit = process.terminationReason == .exit
        return (
            isExit ? process.terminationStatus : -process.terminationStatus,
            String(decoding: data, as: UTF8.self)
        )
    }
}
