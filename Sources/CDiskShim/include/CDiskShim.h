// Sees, and if asked spoils, what a program writes below one folder. Preload it (LD_PRELOAD); a
// program that does not depend on it runs the same without.
//
// It is told by the environment:
//   LICHEN_DISK_FOLDER   the folder, as the program itself spells it
//   LICHEN_DISK_RECORD   the file that records are appended to; see struct disk_record
//   LICHEN_DISK_FAULT    "eio 12 3": the calls 12, 13 and 14 fail with EIO; also "enospc", and
//                        "short", which does half of a write. Counted from 1 over all calls that
//                        write, sync, make or rename, beginning at the mark DISK_MARK_ARMED.
//   LICHEN_DISK_LIE      "skip log": syncs of that file succeed without being done; "late log": they
//                        are done only after the next write; "half log": every second is skipped;
//                        "plain log": O_DSYNC is not heeded; "slow log": no lie, but a
//                        sync takes 50 ms, as on many cards. "*" is every file, "." the folder.
#pragma once
#include <stdint.h>

/// What a record tells. The file is its inode number's low 32 bits; 0 is the folder itself.
enum disk_record_kind {
    /// A file was opened: `value` is its size then, flags say how; the data is its name.
    DISK_OPEN = 1,
    /// The data was written at `offset`.
    DISK_WRITE = 2,
    /// What was written between `offset` and `value` (0: the end) is on the device.
    DISK_SYNC = 3,
    /// A sync failed: what it was to put on the device may be there or not, now and later.
    DISK_SYNC_FAILED = 4,
    /// The size became `value`.
    DISK_TRUNCATE = 5,
    /// The data is the old name, a zero byte, and the new one.
    DISK_RENAME = 6,
    /// The data is as of a renaming.
    DISK_LINK = 7,
    /// The data is the name.
    DISK_UNLINK = 8,
    /// The program wrote in a way that is not seen: no image can be made from this record.
    DISK_UNSEEN = 9,
    /// The program says `value`; `offset` tells what about it, enum disk_mark.
    DISK_MARK = 10,
};

/// Flags of DISK_OPEN.
enum { DISK_OPEN_CREATED = 1, DISK_OPEN_EMPTIED = 2 };

/// What a program may say between its calls.
enum disk_mark {
    /// It begins the batch of that number.
    DISK_MARK_BEGUN = 1,
    /// It has acknowledged that batch.
    DISK_MARK_ACKNOWLEDGED = 2,
    /// From here on calls are counted for faults.
    DISK_MARK_ARMED = 3,
    /// Nothing is to be read from the value: an event was injected here (a fault).
    DISK_MARK_FAULT = 4,
};

/// Before the data of each record; numbers are the machine's own.
struct disk_record {
    /// Bytes of data that follow.
    uint32_t size;
    uint8_t kind;
    uint8_t flags;
    uint16_t zero;
    uint32_t file;
    uint32_t zero2;
    uint64_t offset;
    uint64_t value;
};

/// Puts a mark into the record. Look it up by name: it is there only where the shim is preloaded.
void lichen_disk_mark(uint64_t what, uint64_t value);

/// How many calls were counted since DISK_MARK_ARMED.
uint64_t lichen_disk_calls(void);
