// swift-tools-version: 6.2
import PackageDescription

// One package, three builds of one source: ordinary Swift on the host, and Embedded Swift for
// arm64 and amd64 (`make arm64`, `make amd64`). `device` modules are compiled in all three.

/// Warnings stop the build in CI; elsewhere a newer compiler's new warning must not.
let strictness: [SwiftSetting] =
    Context.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]

let common: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableExperimentalFeature("Lifetimes"),
        .enableExperimentalFeature("AddressableParameters"),
    ] + strictness

/// What Embedded Swift refuses is an error in the host build too, as far as the compiler can tell.
let embeddable: [SwiftSetting] =
    common + [.treatWarning("EmbeddedRestrictions", as: .error)]

/// A module that reaches the device.
///
/// - Parameter embedded: Files that become part of the program.
func device(
    _ name: String, _ dependencies: [String] = [], libraries: [String] = [],
    embedded: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies.map { .byName(name: $0) },
        resources: embedded.map { .embedInCode($0) },
        swiftSettings: embeddable, linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// The plans in `radio/regions`.
let regions = [
    "EU868", "EU433", "US915", "AU915", "AS923-1", "AS923-2", "AS923-3", "AS923-4", "AS923-JP",
    "IN865", "KR920", "RU864",
]

/// A module of the host only: it may use the full runtime and packages.
func host(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common)
}

/// A program that reaches the device.
func deviceProgram(_ name: String, _ dependencies: [String]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies.map { .byName(name: $0) },
        swiftSettings: embeddable)
}

/// The tests of one module.
func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: common)
}

let package = Package(
    name: "lichen",
    products: [
        // Preloaded into programs whose writes a test wants to see, or to spoil.
        .library(name: "CDiskShim", type: .dynamic, targets: ["CDiskShim"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        // Floor 0: C libraries and kernel headers, as they are.
        .systemLibrary(name: "CSodium"),
        .systemLibrary(name: "CLMDB"),
        .systemLibrary(name: "CInih"),
        .systemLibrary(name: "CGpiod"),
        .systemLibrary(name: "CI2C"),
        .target(name: "CLinux"),
        .target(name: "CCuse"),
        .target(name: "CAllocationCounter"),
        .target(name: "CDiskShim"),

        // Floor 1: the words that all share.
        device("Base"),

        // Floor 2
        device("HAL", ["Base"]),
        device("Crypto", ["CSodium", "Base"], libraries: ["sodium"]),
        device("CRDT", ["Base"]),

        // Floor 3
        device("LoRa", ["HAL", "Base"], embedded: regions.map { "Plans/\($0).ini" }),
        device("Reconcile", ["CRDT", "Base"]),
        device(
            "LinuxHAL", ["HAL", "Base", "CLinux", "CGpiod", "CI2C"], libraries: ["gpiod"]),
        device("Store", ["CLMDB", "CLinux", "Base"], libraries: ["lmdb"]),

        // Floor 4
        device("SX126x", ["LoRa", "HAL", "Base"]),
        device("SX127x", ["LoRa", "HAL", "Base"]),
        device("Emulation", ["LoRa", "HAL", "Base"], libraries: ["m"]),
        device("Mesh", ["LoRa", "Crypto", "CRDT", "Base"]),

        // Floor 6
        device("Node", ["Mesh", "LoRa", "Crypto", "CRDT", "Reconcile", "Base"]),

        // Floor 7
        device(
            "Station",
            ["Node", "Mesh", "SX126x", "SX127x", "LoRa", "Crypto", "CRDT", "HAL", "Base"]),

        // Floor 8
        device(
            "Agent",
            [
                "Station", "Node", "Store", "LinuxHAL", "SX126x", "SX127x", "Mesh", "LoRa", "CRDT",
                "Crypto",
                "HAL", "Base", "CInih", "CLinux",
            ], libraries: ["inih"]),

        device(
            "Simulation",
            [
                "Station", "Node", "Emulation", "SX126x", "SX127x", "Mesh", "Reconcile", "LoRa",
                "HAL", "Crypto", "CRDT", "Base",
            ]),

        host("PowerCut", ["Store", "Base"]),

        // Floor 9
        deviceProgram("lichen", ["Agent", "Crypto", "Mesh", "LinuxHAL", "Base", "CLinux"]),
        deviceProgram("self-test", ["Simulation", "Emulation", "LoRa", "Base", "CLinux"]),

        deviceProgram(
            "guest-air", ["Emulation", "Store", "LinuxHAL", "HAL", "Base", "CLinux", "CCuse"]),

        .executableTarget(
            name: "lichen-sim",
            dependencies: [
                "Agent", "Simulation", "PowerCut", "Station", "Node", "Mesh", "CRDT", "Reconcile",
                "Store", "Emulation", "LinuxHAL", "LoRa", "Crypto", "HAL", "Base", "CLMDB",
                "CLinux",
                "CAllocationCounter",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: common),

        // What tests share, and the tests.
        .target(name: "CTestSupport", path: "Tests/CTestSupport"),
        .target(
            name: "TestSupport", dependencies: ["Base", "CAllocationCounter", "CTestSupport"],
            path: "Tests/TestSupport", swiftSettings: common),
        tests("HouseTests", ["TestSupport"]),
        tests("DeviceTests", ["TestSupport", "lichen", "lichen-sim", "self-test"]),
        tests("GuestTests", ["TestSupport"]),
        tests("BaseTests", ["Base", "TestSupport"]),
        tests("StoreTests", ["Store", "PowerCut", "lichen-sim", "Base", "TestSupport"]),
        tests("CryptoTests", ["Crypto", "Base", "TestSupport"]),
        tests("CRDTTests", ["CRDT", "Base", "TestSupport"]),
        tests("MeshTests", ["Mesh", "LoRa", "Crypto", "CRDT", "Base", "TestSupport"]),
        tests("ReconcileTests", ["Reconcile", "CRDT", "Base", "TestSupport"]),
        tests("LoRaTests", ["LoRa", "Simulation", "Base", "TestSupport"]),
        tests(
            "SimulationTests",
            [
                "Simulation", "Station", "Node", "Emulation", "Mesh", "LoRa", "Crypto", "CRDT",
                "Base",
                "TestSupport",
            ]),
        tests("HALTests", ["HAL", "Base", "TestSupport"]),
        tests("LinuxHALTests", ["LinuxHAL", "HAL", "TestSupport", "CTestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "lichen", "lichen-sim", "Agent", "LinuxHAL", "Crypto", "Base", "CLinux",
                "TestSupport",
            ],
            exclude: ["Snapshots"], swiftSettings: common),
        tests("AgentTests", ["Agent", "LinuxHAL", "LoRa", "Base", "TestSupport"]),
        .testTarget(
            name: "AirServerTests",
            dependencies: [
                "lichen-sim", "LinuxHAL", "SX126x", "Emulation", "LoRa", "HAL", "Base", "CLinux",
                "RadioSupport", "TestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["LoRaRF"], swiftSettings: common),
        .target(
            name: "RadioSupport",
            dependencies: ["Emulation", "SX126x", "SX127x", "LoRa", "HAL", "Base"],
            path: "Tests/RadioSupport", swiftSettings: common),
        tests("SX126xTests", ["SX126x", "Emulation", "LoRa", "HAL", "Base", "RadioSupport"]),
        tests(
            "SX127xTests",
            ["SX127x", "SX126x", "Emulation", "LoRa", "HAL", "Base", "RadioSupport"]),
        tests(
            "EmulationTests",
            ["Emulation", "SX126x", "LoRa", "HAL", "Base", "RadioSupport", "TestSupport"]),
    ]
)
