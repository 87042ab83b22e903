import TestSupport
import Testing

/// What the compiler accepts, and Embedded mode gets wrong.
@Suite struct EmbeddedPitfallTests {
    // Why: FixedBytes.span tells. Found as keys on flash that were other records' bytes.
    @Test("a span of bytes held in place is inlined")
    func inlinedSpans() throws {
        for file in Repository.files(below: "Sources", ending: ".swift") {
            let text = try Repository.text(file)
            guard text.contains("InlineArray<") else { continue }
            for line in text.split(separator: "\n") where line.contains("@_lifetime(borrow self)") {
                #expect(line.contains("@inline(__always)"), "\(file): \(line)")
            }
        }
    }

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
