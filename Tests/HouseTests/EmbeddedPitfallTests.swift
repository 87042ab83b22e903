import TestSupport
import Testing

/// What the compiler accepts, and Embedded mode gets wrong.
@Suite struct EmbeddedPitfallTests {
    // Why: the optimiser duplicates it, and whoever reads it in another module has an own copy.
    @Test("no global holds an instance of a class")
    func globals() throws {
        let classes = try Repository.files(below: "Sources", ending: ".swift").flatMap { file in
            try Repository.text(file).matches(of: /final class (\w+)/).map { String($0.output.1) }
        }
        for file in Repository.files(below: "Sources", ending: ".swift") {
            for line in try Repository.text(file).split(separator: "\n")
            where line.hasPrefix("let ") || line.hasPrefix("var ") || line.contains("static let ") {
                for name in classes {
                    #expect(!line.contains("\(name)("), "\(file): pass the object: \(line)")
                }
            }
        }
    }
}
