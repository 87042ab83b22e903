import Foundation
import TestSupport
import Testing

@Suite struct FloorTests {
    @Test("every module stands in the design's table")
    func table() throws {
        let strangers = try FloorPlan.modules().filter { FloorPlan.floors[$0] == nil }
        #expect(strangers == [], "add them to DESIGN's table and to FloorPlan")
    }

    @Test("a module imports only what stands on a lower floor", arguments: try FloorPlan.modules())
    func order(module: String) throws {
        let own = FloorPlan.floors[module] ?? 0
        for file in FloorPlan.files(of: module) {
            for imported in try FloorPlan.imports(in: file) {
                guard let floor = FloorPlan.floors[imported] else { continue }
                #expect(floor < own, "\(file) imports \(imported)")
            }
        }
    }

    // Method: a module that uses another by way of a third compiles, but hides what it rests on.
    @Test("what the package says a module needs is what its files import")
    func dependencies() async throws {
        for (module, declared) in try await Manifest.load().dependencies
        where FloorPlan.floors[module] != nil {
            let files = FloorPlan.files(of: module)
            let imported = try Set(files.flatMap { try FloorPlan.imports(in: $0) })
                .intersection(FloorPlan.floors.keys)
            let known = declared.intersection(FloorPlan.floors.keys)
            let unnamed = imported.subtracting(known).sorted()
            let idle = known.subtracting(imported).sorted()
            #expect(unnamed == [], "Package.swift must name what \(module) imports")
            #expect(idle == [], "Package.swift names what no file of \(module) imports")
        }
    }

    @Test("imports are found in all their forms")
    func parser() async throws {
        try await withWorkbench { bench in
            let text = """
                import Base
                @testable import Mesh
                @_implementationOnly public import HAL
                import struct Foundation.Date
                // import Nothing
                let important = "import Text"
                """
            let file = try bench.write(text, to: "a.swift")
            // Paths are relative to the root of the repository.
            let up = String(repeating: "../", count: Repository.root.pathComponents.count)
            #expect(
                try FloorPlan.imports(in: up + file) == ["Base", "Mesh", "HAL", "Foundation"])
        }
    }
}

/// What SwiftPM reads from Package.swift.
private struct Manifest {
    /// The names that each target depends on.
    var dependencies: [String: Set<String>]

    static func load() async throws -> Manifest {
        var describe = Program(
            "/usr/bin/env", ["swift", "package", "--scratch-path", ".", "dump-package"])
        describe.folder = Repository.path("")
        let outcome = try await withWorkbench { bench in
            describe.arguments[3] = bench.folder  // The build's own folder is locked by the tests.
            return try await bench.start(describe).end()
        }
        let package = try JSONDecoder().decode(Package.self, from: Data(outcome.output.utf8))
        return Manifest(
            dependencies: Dictionary(
                uniqueKeysWithValues: package.targets.map { target in
                    (target.name, Set(target.dependencies.flatMap(\.names)))
                }))
    }

    private struct Package: Decodable { var targets: [Target] }

    private struct Target: Decodable {
        var name: String
        var dependencies: [Dependency]
    }

    /// `{"byName": ["Base", null]}`, `{"target": …}` or `{"product": …}`.
    private struct Dependency: Decodable {
        var names: [String]

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            names = try container.decode([String: [Part]].self).values.compactMap { parts in
                if case .name(let name) = parts.first { name } else { nil }
            }
        }
    }

    private enum Part: Decodable {
        case name(String), other

        init(from decoder: any Decoder) throws {
            let name = try? decoder.singleValueContainer().decode(String.self)
            self = name.map { .name($0) } ?? .other
        }
    }
}
