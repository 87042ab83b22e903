import Foundation
import TestSupport
import Testing

@Suite struct PurityTests {
    private static let worldly: Set<String> = [
        "CLinux", "CLMDB", "CGpiod", "CI2C", "CInih", "CCuse", "Glibc", "Musl", "Foundation",
        "FoundationEssentials", "Dispatch", "Synchronization",
    ]

    /// What asks the machine for the time or for chance (law 6).
    private static let forbidden = [
        "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "Date(",
        "SystemRandomNumberGenerator", "arc4random", ".randomElement()", ".shuffled()",
        ".random(in: ",
    ]

    @Test("a pure module touches no system", arguments: FloorPlan.pure.sorted())
    func pureModules(module: String) throws {
        for file in FloorPlan.files(of: module) {
            let found = try FloorPlan.imports(in: file).filter { Self.worldly.contains($0) }
            #expect(found == [], "\(file) is pure, and imports \(found)")
            for (number, line) in try code(of: file) {
                for word in Self.forbidden where line.contains(word) {
                    Issue.record("\(file):\(number): '\(word)' reads the machine; let it come in")
                }
            }
        }
    }

    @Test("no file holds both a state machine and I/O", arguments: try FloorPlan.modules())
    func machinesApart(module: String) throws {
        for file in FloorPlan.files(of: module) {
            let touches = try FloorPlan.imports(in: file).contains { Self.worldly.contains($0) }
            let decides = try code(of: file).contains { $0.line.contains("inout Effects<") }
            #expect(!(touches && decides), "\(file): move the machine to a file of its own")
        }
    }

    /// A file's lines without their comments, numbered from 1.
    private func code(of file: String) throws -> [(number: Int, line: Substring)] {
        try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated().map { index, line in
                (index + 1, line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line)
            }
    }
}
