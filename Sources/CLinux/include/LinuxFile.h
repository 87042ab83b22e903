#pragma once
// Files: those calls that are variadic, or whose flags Swift cannot import.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/// Opens a file for reading.
static inline int lichen_open_read(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }

/// Opens a file for writing, and makes it where it is missing, for its owner only.
static inline int lichen_open_write(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/// Takes the whole file for this process. Returns 0, or -1 with errno EWOULDBLOCK if it is taken.
static inline int lichen_lock(int fd) { return flock(fd, LOCK_EX | LOCK_NB); }

/// Makes a directory for its owner only. Returns 0 also where there is one.
static inline int lichen_make_directory(const char *path) {
    return mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

/// The group that a file belongs to; -1 where there is no such file.
static inline int64_t lichen_group(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 ? (int64_t)status.st_gid : -1;
}

/// Whether that group may read and write it.
static inline int lichen_group_may_use(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && (status.st_mode & 060) == 060;
}
