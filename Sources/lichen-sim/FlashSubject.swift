import Base
import CLMDB
import Foundation
import Store

/// A store whose writes to flash are counted.
protocol FlashSubject {
    /// For the table.
    var name: String { get }

    /// Opens it in a folder, or makes it there, and does these commits, each durable before the next.
    func run(_ commits: [[FlashWorkload.Change]], in folder: String) throws
}

/// What Lichen keeps its state in.
struct OwnStore: FlashSubject {
    let name = "lichen"

    func run(_ commits: [[FlashWorkload.Change]], in folder: String) throws {
        var store = try Store(in: folder)
        for commit in commits {
            for change in commit { try store.put(change.key.span, change.value.span) }
            try store.commit()
        }
    }
}

/// LMDB as it is by default: durable, one database.
struct PlainLMDB: FlashSubject {
    let name = "LMDB"

    func run(_ commits: [[FlashWorkload.Change]], in folder: String) throws {
        var environment: OpaquePointer?
        try check(mdb_env_create(&environment))
        defer { mdb_env_close(environment) }
        try check(mdb_env_set_mapsize(environment, 64 << 20))
        try check(mdb_env_open(environment, folder, 0, 0o600))
        for commit in commits {
            var transaction: OpaquePointer?
            try check(mdb_txn_begin(environment, nil, 0, &transaction))
            var database = MDB_dbi()
            try check(mdb_dbi_open(transaction, nil, 0, &database))
            for change in commit {
                var key = change.key
                var value = change.value
                try key.withUnsafeMutableBytes { key in
                    try value.withUnsafeMutableBytes { value in
                        var mdbKey = MDB_val(mv_size: key.count, mv_data: key.baseAddress)
                        var mdbValue = MDB_val(mv_size: value.count, mv_data: value.baseAddress)
                        try check(mdb_put(transaction, database, &mdbKey, &mdbValue, 0))
                    }
                }
            }
            try check(mdb_txn_commit(transaction))
        }
    }

    private func check(_ status: Int32) throws {
        guard status == 0 else {
            throw LoopDevice.Impossible(description: String(cString: mdb_strerror(status)))
        }
    }
}

/// SQLite with a write-ahead log that is synced at every commit, as Python has it.
struct SQLite: FlashSubject {
    let name = "SQLite"

    func run(_ commits: [[FlashWorkload.Change]], in folder: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, "\(folder)/sqlite.db"]
        let input = Pipe()
        process.standardInput = input
        process.standardError = FileHandle.nullDevice
        try process.run()
        let lines = commits.map { commit in
            commit.map { "\(hex($0.key)) \(hex($0.value))" }.joined(separator: ",")
        }
        try input.fileHandleForWriting.write(
            contentsOf: Data((lines.joined(separator: "\n") + "\n").utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw LoopDevice.Impossible(description: "python3 has no sqlite3")
        }
    }

    private func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    private static let program = """
        import sqlite3, sys
        db = sqlite3.connect(sys.argv[1], isolation_level=None)
        assert db.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE IF NOT EXISTS r (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID")
        for line in sys.stdin.read().splitlines():
            db.execute("BEGIN")
            for change in line.split(","):
                db.execute("REPLACE INTO r VALUES (?, ?)", [bytes.fromhex(x) for x in change.split()])
            db.execute("COMMIT")
        db.close()
        """
}
