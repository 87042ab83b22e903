#pragma once
// Files: those calls that are variadic, or whose flags Swift cannot import.
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <unistd.h>

/// Opens a file for reading.
static inline int lichen_open_read(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }

/// Opens a file for writing, and makes it where it is missing, for its owner only.
static inline int lichen_open_write(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

/// Opens a file for reading and writing; makes it anew, for its owner only, where `create` is not 0.
static inline int lichen_open_file(const char *path, int create) {
    return open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0), 0600);
}

/// Makes the names in a directory durable. Returns 0, or -1 and `errno`.
static inline int lichen_sync_directory(const char *path) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return -1;
    int status = fsync(fd);
    close(fd);
    return status;
}

/// Gives a file another name, in place of what had that. Returns 0, or -1 and `errno`.
static inline int lichen_rename(const char *old, const char *new) { return rename(old, new); }

/// How many bytes its file system has room for, or -1.
static inline int64_t lichen_free_bytes(const char *path) {
    struct statvfs status;
    return statvfs(path, &status) == 0 ? (int64_t)status.f_bavail * (int64_t)status.f_bsize : -1;
}

/// How many bytes a file has, or -1.
static inline int64_t lichen_file_size(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? (int64_t)status.st_size : -1;
}

/// Has what is read of a file come from the device again, not from memory.
static inline void lichen_forget_cache(int fd) { posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED); }

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
