import Foundation
import TestSupport

/// The house as the design draws it: which floor a module stands on, and whether it may do I/O.
enum FloorPlan {
    /// A module imports only what stands on a lower floor.
    static let floors: [String: Int] = [
        "CSodium": 0, "CLMDB": 0, "CGpiod": 0, "CI2C": 0, "CLinux": 0, "CInih": 0,
        "CAllocationCounter": 0, "CCuse": 0, "CDiskShim": 0,
        "Base": 1,
        "HAL": 2, "Crypto": 2, "CRDT": 2,
        "Reconcile": 3, "LoRa": 3, "Power": 3, "Store": 3, "LinuxHAL": 3,
        "SX126x": 4, "SX127x": 4, "Zigbee": 4, "PowerChips": 4, "Emulation": 4, "Mesh": 4,
        "DataMesh": 5,
        "Node": 6,
        "Station": 7,
        "Agent": 8, "Simulation": 8, "PowerCut": 8,
        "lichen": 9, "lichen-sim": 9, "self-test": 9, "guest-air": 9,
    ]

    /// Modules that never touch the world: no system library, no clock, no chance of their own.
    static let pure: Set<String> = [
        "Base", "HAL", "Crypto", "CRDT", "Reconcile", "LoRa", "Power", "SX126x", "SX127x",
        "Zigbee", "PowerChips", "Emulation", "Mesh", "DataMesh", "Node", "Station",
    ]

    /// The folders in `Sources`.
    static func modules() throws -> [String] { try Repository.names(in: "Sources") }

    /// The Swift files of a module.
    static func files(of module: String) -> [String] {
        Repository.files(below: "Sources/\(module)", ending: ".swift")
    }

    /// What a file imports, in the order of its lines.
    static func imports(in file: String) throws -> [String] {
        try Repository.text(file).split(separator: "\n").compactMap { line in
            let words = line.split(whereSeparator: { $0 == " " || $0 == "." })
            guard let position = words.firstIndex(of: "import"), position + 1 < words.count,
                words[..<position].allSatisfy({ $0.hasPrefix("@") || accessWords.contains($0) })
            else { return nil }
            let kind = words[position + 1]
            return String(kindWords.contains(kind) ? words[position + 2] : kind)
        }
    }

    private static let accessWords: Set<Substring> = ["public", "package", "internal", "private"]
    private static let kindWords: Set<Substring> = ["struct", "enum", "class", "func", "protocol"]
}
