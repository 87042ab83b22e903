import Foundation
import TestSupport
import Testing

/// What `make arm64` and `make amd64` leave for the board.
@Suite(.enabled(if: Build.deviceBuildsAreFresh, "\(Build.hint)"))
struct BinaryTests {
    static let programs = ["lichen", "self-test"]

    /// The constants are those of elf(5).
    @Test(
        "binaries are static, stripped, and for their machine",
        arguments: [Build.arm64, .amd64], programs)
    func shape(build: Build, program: String) throws {
        let file = try Data(contentsOf: URL(filePath: build.path(program)))
        func number(at offset: Int, size: Int) -> Int {
            (0..<size).reduce(0) { $0 | Int(file[offset + $1]) << (8 * $1) }
        }
        #expect(file.prefix(4) == Data([0x7F] + "ELF".utf8))
        #expect(number(at: 18, size: 2) == (build == .arm64 ? 183 : 62), "e_machine")

        let segments = number(at: 32, size: 8)
        let kinds = (0..<number(at: 56, size: 2)).map { number(at: segments + 56 * $0, size: 4) }
        #expect(!kinds.contains(3), "PT_INTERP: it asks for a dynamic linker")

        let sections = number(at: 40, size: 8)
        let types = (0..<number(at: 60, size: 2)).map {
            number(at: sections + 64 * $0 + 4, size: 4)
        }
        #expect(!types.contains(2), "SHT_SYMTAB: it is not stripped")
    }

    @Test("symbols are kept beside them", arguments: [Build.arm64, .amd64], programs)
    func symbols(build: Build, program: String) throws {
        let stripped = try Data(contentsOf: URL(filePath: build.path(program)))
        let whole = try Data(contentsOf: URL(filePath: build.path(program + ".debug")))
        #expect(whole.count > stripped.count)
        #expect(whole.range(of: Data(".symtab".utf8)) != nil)
    }
}
