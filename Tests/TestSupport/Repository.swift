import Foundation

/// The source tree that these tests were built from.
public enum Repository {
    /// Its root folder.
    public static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The path of a file or folder in it.
    public static func path(_ relative: String) -> String {
        root.appending(path: relative).path(percentEncoded: false)
    }

    /// Whether it has such a file or folder.
    public static func has(_ relative: String) -> Bool {
        FileManager.default.fileExists(atPath: path(relative))
    }

    /// The text of a file in it.
    public static func text(_ relative: String) throws -> String {
        try String(contentsOf: root.appending(path: relative), encoding: .utf8)
    }

    /// The names in a folder of it, in order.
    public static func names(in relative: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path(relative)).sorted()
    }

    /// The paths of all files below a folder whose names end so, relative to the root, in order.
    public static func files(below relative: String, ending suffix: String) -> [String] {
        let all = FileManager.default.enumerator(atPath: path(relative))
        return (all?.compactMap { $0 as? String } ?? [])
            .filter { $0.hasSuffix(suffix) }.map { relative + "/" + $0 }.sorted()
    }
}
