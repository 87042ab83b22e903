import Foundation
import TestSupport
import Testing

/// Real processes in real time, as people run them: one test at a time, for two cores.
@Suite(.serialized) struct EndToEnd {}

/// All files below a folder, with their content.
func contents(of folder: String) -> [String: Data] {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    var files: [String: Data] = [:]
    for name in names { files[name] = FileManager.default.contents(atPath: "\(folder)/\(name)") }
    return files
}

/// Whether something is at that path.
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

extension Outcome {
    /// Whether it gave up with this status and this one sentence on standard error, and no data.
    func refuses(_ status: Int32, _ sentence: String) -> Bool {
        ending == .exited(status) && output == "" && errors == "lichen: \(sentence)\n"
    }

    /// Its output as JSON.
    var json: Any? { try? JSONSerialization.jsonObject(with: Data(output.utf8)) }
}
