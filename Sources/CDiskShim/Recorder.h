// What the interposed calls share. Only raw system calls: the C library's own are ours.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CDiskShim.h"

/// Where a descriptor leads, if to something below the folder.
struct watched {
    bool is_watched;
    bool is_folder;
    /// O_DSYNC or O_SYNC, and heeded.
    bool is_synchronous;
    /// The lie about its syncs holds for this file.
    bool is_lied_about;
    uint32_t file;
};

/// `NULL` where it is none of ours.
struct watched *watched(int descriptor);
void watch(int descriptor, const char *name, bool is_folder, bool is_synchronous);
void forget(int descriptor);

/// The name below the folder, "" for the folder itself, `NULL` where it is elsewhere.
const char *name_below(const char *path);

void record(uint8_t kind, uint8_t flags, uint32_t file, uint64_t offset, uint64_t value,
            const void *data, size_t size);
void record_names(uint8_t kind, const char *old, const char *new);

/// Whether this call is to fail; then errno is set. Counts it.
bool fails(void);
/// The same for a write: also how much of `size` is to be done.
bool write_fails(size_t *size);

enum lie { LIE_NONE, LIE_SKIP, LIE_LATE, LIE_HALF, LIE_PLAIN, LIE_SLOW };
/// The lie to be told about this sync.
enum lie lie_about(const struct watched *file);
bool is_lied_about(const char *name, bool is_folder, enum lie only);

/// A sync that was put off.
void put_off(const struct watched *file);
/// Now it happens.
void catch_up(void);
