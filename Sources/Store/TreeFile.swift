import Base
import CLinux

/// LMDB's file, byte by byte, as far as Lichen has to know it: LMDB 0.9, `mdb.c`, structures
/// `MDB_page`, `MDB_meta`, `MDB_db` and `MDB_node`, on 64-bit little-endian machines.
///
///     page:  number 8, pad 2, flags 2, lower 2, upper 2 (or pages 4), then offsets of nodes, 2 each
///     meta:  magic 4, version 4, address 8, map size 8, free db, main db, last page 8, txn 8
///     db:    pad 4 (of the free db: page size), flags 2, depth 2, branch 8, leaf 8, overflow 8,
///            entries 8, root 8
///     node:  low 2, high 2, flags 2, key size 2, key, data (of a branch: low, high and flags are
///            the child's number)
enum TreeFile {
    /// Pages are made of this size whatever the kernel's own: a Raspberry Pi 5 has 16 KiB, and a
    /// commit would cost four times as much.
    static let pageSize = 4_096
    static let magic: UInt64 = 0xBEEF_C0DE
    static let version: UInt64 = 1
    static let noPage = UInt64.max

    /// Page flags.
    static let branch: UInt64 = 1, leaf: UInt64 = 2, overflow: UInt64 = 4, meta: UInt64 = 8
    /// Node flag: the data is the number of an overflow page.
    static let bigData: UInt64 = 1
    /// Database flag of the free list: keys are numbers.
    static let integerKey: UInt64 = 8

    static let pageHeader = 16, nodeHeader = 8
    static let freeDatabase = 40, mainDatabase = 88, lastPage = 136, transaction = 144
    static let rootOffset = 40

    /// Makes an empty file, as LMDB itself does (`mdb_env_init_meta`) where pages have 4 KiB.
    static func create(at path: String, in directory: String, mapSize: Int) throws(DiskFault) {
        let new = "\(path).new"
        do throws(DiskFault) {
            let file = try File(new, create: true)
            var pages = Slab<UInt8>(repeating: 0, count: 2 * pageSize)
            for number in 0..<2 {
                let start = number * pageSize
                pages.put(UInt64(number), at: start, size: 8)
                pages.put(meta, at: start + 10, size: 2)
                pages.put(magic, at: start + 16, size: 4)
                pages.put(version, at: start + 20, size: 4)
                pages.put(UInt64(mapSize), at: start + 32, size: 8)
                pages.put(UInt64(pageSize), at: start + freeDatabase, size: 4)
                pages.put(integerKey, at: start + freeDatabase + 4, size: 2)
                pages.put(noPage, at: start + freeDatabase + rootOffset, size: 8)
                pages.put(noPage, at: start + mainDatabase + rootOffset, size: 8)
                pages.put(1, at: start + lastPage, size: 8)
            }
            try file.write(pages, count: pages.count, at: 0)
            try file.sync()
        } catch {
            unlink(new)
            throw error
        }
        try Directory.rename(new, to: path, in: directory)
    }
}
