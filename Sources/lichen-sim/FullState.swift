import Agent
import Base
import CLMDB
import CLinux
import CRDT
import Crypto
import Foundation
import LoRa
import Mesh
import Node
import Store

/// A state directory as a node has it after years in a large mesh: 200 members, 10,000 keys.
struct FullState {
    static let members = 200
    static let keys = 10_000
    /// Room for all of it.
    static let capacity = 10_500

    let directory: String

    /// Makes it in a directory that exists: a node founds a mesh, and has then merged what the
    /// others wrote.
    init(in directory: String) throws {
        self.directory = directory
        var store = try Store(in: directory)
        try Self.found(&store)
        let founder = Membership.founderNumber
        var sequences: [UInt8: UInt32] = [founder.raw: 1]
        func next(_ raw: UInt8) -> Dot {
            sequences[raw, default: 0] += 1
            return Dot(Actor(raw: raw), sequences[raw] ?? 0)
        }
        for raw in UInt8(2)...UInt8(Self.members) {
            let record = MemberRecord(
                publicKey: PublicKey(repeating: raw), name: Name("hut-\(raw)") ?? Name())
            try Self.put(
                next(founder.raw), KeyName(.members, MemberRecord.key(of: Actor(raw: raw))),
                record.value, &store)
        }
        for number in 0..<Self.keys {
            let raw = UInt8(number % Self.members + 1)
            try Self.put(
                next(raw), KeyName(.shared, Key("key \(number)") ?? Key()),
                Value("value \(number)") ?? Value(), &store)
        }
        for (raw, sequence) in sequences {
            var head = ShortBytes<12>()
            head.fill { out in
                out.append(littleEndian: UInt64(sequence), size: 4)
                out.append(littleEndian: 1, size: 8)
            }
            try store.put(([0x10, raw] as [UInt8]).span, head.span)
        }
        try store.commit()
        try store.compact()
    }

    static func configuration() -> NodeConfiguration {
        var configuration = NodeConfiguration(
            name: Name("hut-1") ?? Name(), modulation: Modulation(.sf9, .khz125))
        configuration.keyCapacity = capacity
        return configuration
    }

    private static func found(_ store: inout Store) throws {
        var node = Node(configuration(), seed: FixedBytes(repeating: 1), at: .start)
        var effects = Effects<NodeEffect>(capacity: Node.effectCapacity)
        node.start(wallClock: 1_800_000_000_000, at: .start, into: &effects)
        node.found(Name("valley") ?? Name(), Request(id: 1), at: .start, into: &effects)
        while let effect = effects.popFirst() {
            guard effect == .persist else { continue }
            try node.write(to: &store)
            try store.commit()
            node.handle(.persisted, at: .start, into: &effects)
        }
    }

    private static func put(
        _ dot: Dot, _ name: KeyName, _ value: Value, _ store: inout Store
    ) throws {
        guard
            let operation = CRDT.Operation(
                dot, .write, .literal(name), Stamp(raw: 1_000), value: value)
        else { throw DemoError.claim("a key of the bench fits an operation") }
        var key: [UInt8] = [0x20, dot.actor.raw]
        for shift in stride(from: UInt32(24), through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: dot.sequence >> shift))
        }
        try store.put(key.span, operation.body.span)
    }

    // MARK: Start

    /// From the files to a node that has a root to tell.
    func startNode() throws -> UInt32 {
        var store = try Store(in: directory)
        var node = Node(Self.configuration(), seed: FixedBytes(repeating: 2), at: .start)
        try store.forEach { (key, value) throws(DiskFault) in
            if !NodeRecord.airtime.isKey(key) { try node.restore(key, value) }
        }
        try node.wasRestored(isDamaged: store.isDamaged)
        var effects = Effects<NodeEffect>(capacity: Node.effectCapacity)
        node.start(wallClock: 1_800_000_000_000, at: .start, into: &effects)
        guard node.replica.live.count == Self.keys + Self.members else {
            throw DemoError.claim("all is restored, not \(node.replica.live.count)")
        }
        return node.root
    }

    /// Has the next reading come from the device.
    func forgetCache() throws {
        for name in ["data.mdb", "log"] {
            let descriptor = open("\(directory)/\(name)", O_RDONLY)
            guard descriptor >= 0 else { throw DemoError.claim("\(name) is there") }
            defer { close(descriptor) }
            guard fsync(descriptor) == 0, posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0
            else { throw DemoError.claim("the cache can be emptied") }
        }
    }

    /// LMDB alone: opens the same file and reads all of it.
    func scan() throws -> Int {
        var environment: OpaquePointer?
        var transaction: OpaquePointer?
        var cursor: OpaquePointer?
        var database = MDB_dbi()
        guard mdb_env_create(&environment) == 0,
            mdb_env_set_mapsize(environment, 64 << 20) == 0,
            mdb_env_open(
                environment, "\(directory)/data.mdb",
                UInt32(MDB_NOSUBDIR | MDB_NOTLS | MDB_NOLOCK | MDB_RDONLY), 0o600) == 0,
            mdb_txn_begin(environment, nil, UInt32(MDB_RDONLY), &transaction) == 0,
            mdb_dbi_open(transaction, nil, 0, &database) == 0,
            mdb_cursor_open(transaction, database, &cursor) == 0
        else { throw DemoError.claim("LMDB opens the file") }
        defer {
            mdb_cursor_close(cursor)
            mdb_txn_abort(transaction)
            mdb_env_close(environment)
        }
        var sum = 0
        var key = MDB_val()
        var value = MDB_val()
        while mdb_cursor_get(cursor, &key, &value, MDB_NEXT) == 0 {
            let bytes = UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
            for byte in bytes { sum &+= Int(byte) }
        }
        return sum
    }
}

/// Rows about a node with a full state.
struct FullStateBench {
    let builds: String

    private func withState<Result>(_ body: (FullState, String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "lichen-bench-\(UUID().uuidString.prefix(8))"
        ).path
        try FileManager.default.createDirectory(
            atPath: "\(folder)/node/state", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try body(FullState(in: "\(folder)/node/state"), folder)
    }

    /// Both sides from the same state of the kernel's cache: all of the files there, as after a crash
    /// of the agent, or nothing of them, as after power-on.
    func start(isCold: Bool) throws -> BenchRow {
        try withState { state, _ in
            let clock = ContinuousClock()
            var ours: [Duration] = []
            var bare: [Duration] = []
            for _ in 0..<15 {
                if isCold { try state.forgetCache() }
                bare.append(try clock.measure { _ = try state.scan() })
                if isCold { try state.forgetCache() }
                ours.append(try clock.measure { _ = try state.startNode() })
            }
            ours.sort()
            bare.sort()
            let ratio = ours[7] / bare[7]
            return BenchRow(
                id: isCold ? "store.start.cold" : "store.start",
                title: "restart with 10,000 keys, to a bare LMDB scan"
                    + (isCold ? ", nothing cached" : ""),
                value: (ratio * 100).rounded() / 100, unit: "×", better: .lower, goal: 3,
                rival: "LMDB scan", rivalValue: 1,
                how: "medians of 15: opening, checking, restoring and the root of the first "
                    + "beacon, \(ours[7].wholeMicroseconds) µs against "
                    + "\(bare[7].wholeMicroseconds) µs; files "
                    + (isCold ? "read from the device" : "in the kernel's cache"))
        }
    }

    func residentMemory() throws -> BenchRow {
        func row(_ value: Double?, _ how: String) -> BenchRow {
            BenchRow(
                id: "rss.10k", title: "resident memory with 10,000 keys and 200 members",
                value: value, unit: "kB", better: .lower, goal: 6_000, how: how)
        }
        let program = URL(fileURLWithPath: "\(builds)/amd64/lichen").path
        guard FileManager.default.isExecutableFile(atPath: program) else {
            return row(nil, "there is no \(program); 'make amd64' makes it")
        }
        return try withState { _, folder in
            let air = Process()
            air.executableURL = URL(fileURLWithPath: "/proc/self/exe")
            air.arguments = ["air", "--nodes", "1", "--directory", folder]
            air.standardOutput = FileHandle.nullDevice
            try air.run()
            defer {
                _ = kill(air.processIdentifier, SIGKILL)
                air.waitUntilExit()
            }
            let agent = try AgentProcess(
                1, program: program, folder: "\(folder)/node", radio: "\(folder)/node-1.sock",
                keys: FullState.capacity)
            for _ in 0..<100 where ControlConnection("\(folder)/node-1.sock") == nil {
                usleep(20_000)
            }
            try agent.start()
            defer { agent.kill() }
            for _ in 0..<250 {
                usleep(20_000)
                if let connection = ControlConnection(agent.socket) {
                    connection.send(ControlRecord("nodes"))
                    usleep(500_000)
                    // LMDB takes memory of its own once it writes.
                    connection.send(ControlRecord("store-compact"))
                    usleep(1_000_000)
                    return row(
                        agent.residentKilobytes.map { Double($0) },
                        "VmRSS of the amd64 Embedded agent, once it has answered 'nodes' and written its tree anew"
                    )
                }
            }
            throw DemoError.ended(node: 1, log: agent.log)
        }
    }
}
