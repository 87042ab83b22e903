// The C library's calls that change files, in place of its own. What concerns other files goes
// straight to the kernel.
#define _GNU_SOURCE
#include "CDiskShim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "Recorder.h"

// MARK: Opening and closing

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    const char *name = name_below(path);
    struct stat status;
    bool was = name && fstatat(AT_FDCWD, path, &status, 0) == 0;
    bool is_folder = name && *name == 0;
    bool creates = name && !was && (flags & O_CREAT);
    bool empties = was && (flags & O_TRUNC) && status.st_size > 0;
    if ((creates || empties) && fails()) return -1;
    int descriptor = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (descriptor < 0) return -1;
    forget(descriptor);
    if (!name) return descriptor;
    watch(descriptor, name, is_folder, (flags & O_DSYNC) != 0);
    if (!is_folder && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        uint8_t how = (creates ? DISK_OPEN_CREATED : 0) | (empties ? DISK_OPEN_EMPTIED : 0);
        record(DISK_OPEN, how, watched(descriptor)->file, 0, (uint64_t)status.st_size, name,
               strlen(name));
    } else if (!is_folder) {
        forget(descriptor);
    }
    return descriptor;
}

#define MODE(flags)                                                                                \
    mode_t mode = 0;                                                                               \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                         \
        va_list arguments;                                                                         \
        va_start(arguments, flags);                                                                \
        mode = va_arg(arguments, mode_t);                                                          \
        va_end(arguments);                                                                         \
    }

int open(const char *path, int flags, ...) {
    MODE(flags)
    return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE(flags)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int folder, const char *path, int flags, ...) {
    MODE(flags)
    return open_at(folder, path, flags, mode);
}
int openat64(int folder, const char *path, int flags, ...) {
    MODE(flags)
    return open_at(folder, path, flags, mode);
}
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) {
    return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int descriptor) {
    forget(descriptor);
    return (int)syscall(SYS_close, descriptor);
}

static int duplicated(int old, int new) {
    if (new < 0 || new == old) return new;
    forget(new);
    struct watched *file = watched(old);
    if (file) {
        struct watched copy = *file;
        watch(new, "", copy.is_folder, copy.is_synchronous);
        *watched(new) = copy;
    }
    return new;
}
int dup(int old) { return duplicated(old, (int)syscall(SYS_dup, old)); }
int dup2(int old, int new) {
    if (old == new) return fcntl(old, F_GETFD) < 0 ? -1 : new;
    return duplicated(old, (int)syscall(SYS_dup3, old, new, 0));
}
int dup3(int old, int new, int flags) {
    return duplicated(old, (int)syscall(SYS_dup3, old, new, flags));
}

// MARK: Writing

static void wrote(struct watched *file, uint64_t offset, const void *data, size_t size) {
    record(DISK_WRITE, 0, file->file, offset, 0, data, size);
    if (file->is_synchronous) record(DISK_SYNC, 0, file->file, offset, offset + size, NULL, 0);
    catch_up();
}

static ssize_t write_at(int descriptor, const void *data, size_t size, off_t offset) {
    struct watched *file = watched(descriptor);
    if (!file || file->is_folder) {
        return offset < 0 ? syscall(SYS_write, descriptor, data, size)
                          : syscall(SYS_pwrite64, descriptor, data, size, offset);
    }
    if (write_fails(&size)) return -1;
    ssize_t done = offset < 0 ? syscall(SYS_write, descriptor, data, size)
                              : syscall(SYS_pwrite64, descriptor, data, size, offset);
    if (done > 0) {
        if (offset < 0) offset = syscall(SYS_lseek, descriptor, 0, SEEK_CUR) - done;
        wrote(file, (uint64_t)offset, data, (size_t)done);
    }
    return done;
}

ssize_t write(int descriptor, const void *data, size_t size) {
    return write_at(descriptor, data, size, -1);
}
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
    return write_at(descriptor, data, size, offset);
}
ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
    return write_at(descriptor, data, size, offset);
}

// The whole of it is one call: it is recorded as a write a part, which tears it rather more.
static ssize_t write_parts(int descriptor, const struct iovec *parts, int count, off_t offset) {
    struct watched *file = watched(descriptor);
    struct iovec some[IOV_MAX];
    if (file && count > 0 && count <= IOV_MAX) {
        size_t size = 0, left;
        for (int i = 0; i < count; i++) size += parts[i].iov_len;
        left = size;
        if (write_fails(&left)) return -1;
        int used = 0;
        for (; used < count && left > 0; used++) {
            some[used] = parts[used];
            if (some[used].iov_len > left) some[used].iov_len = left;
            left -= some[used].iov_len;
        }
        parts = some;
        count = used;
    }
    ssize_t done = offset < 0 ? syscall(SYS_writev, descriptor, parts, count)
                              : syscall(SYS_pwritev, descriptor, parts, count, offset, 0);
    if (file && done > 0) {
        if (offset < 0) offset = syscall(SYS_lseek, descriptor, 0, SEEK_CUR) - done;
        size_t left = (size_t)done;
        for (int i = 0; i < count && left > 0; i++) {
            size_t size = parts[i].iov_len < left ? parts[i].iov_len : left;
            wrote(file, (uint64_t)offset, parts[i].iov_base, size);
            offset += (off_t)size;
            left -= size;
        }
    }
    return done;
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    return write_parts(descriptor, parts, count, -1);
}
ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t offset) {
    return write_parts(descriptor, parts, count, offset);
}
ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t offset) {
    return write_parts(descriptor, parts, count, offset);
}

// MARK: Syncing

static int sync_file(int descriptor, long call) {
    struct watched *file = watched(descriptor);
    if (!file) return (int)syscall(call, descriptor);
    if (fails()) {
        record(DISK_SYNC_FAILED, 0, file->file, 0, 0, NULL, 0);
        return -1;
    }
    switch (lie_about(file)) {
    case LIE_SKIP: return 0;
    case LIE_LATE: put_off(file); return 0;
    case LIE_SLOW: usleep(50000); break;
    default: break;
    }
    int status = (int)syscall(call, descriptor);
    record(status == 0 ? DISK_SYNC : DISK_SYNC_FAILED, 0, file->file, 0, 0, NULL, 0);
    return status;
}

int fsync(int descriptor) { return sync_file(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_file(descriptor, SYS_fdatasync); }

// MARK: Sizes

static int resize(int descriptor, off_t size) {
    struct watched *file = watched(descriptor);
    if (file && fails()) return -1;
    int status = (int)syscall(SYS_ftruncate, descriptor, size);
    if (file && status == 0) {
        record(DISK_TRUNCATE, 0, file->file, 0, (uint64_t)size, NULL, 0);
    }
    return status;
}
int ftruncate(int descriptor, off_t size) { return resize(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return resize(descriptor, size); }

static int allocate(int descriptor, int mode, off_t offset, off_t size) {
    struct watched *file = watched(descriptor);
    struct stat status;
    if (file && fails()) return -1;
    int result = (int)syscall(SYS_fallocate, descriptor, mode, offset, size);
    if (!file || result != 0) return result;
    if (mode & ~FALLOC_FL_KEEP_SIZE) {
        record(DISK_UNSEEN, 0, file->file, 0, 0, "fallocate", 9);
    } else if (!mode && fstat(descriptor, &status) == 0) {
        record(DISK_TRUNCATE, 0, file->file, 0, (uint64_t)status.st_size, NULL, 0);
    }
    return result;
}
int fallocate(int descriptor, int mode, off_t offset, off_t size) {
    return allocate(descriptor, mode, offset, size);
}
int fallocate64(int descriptor, int mode, off64_t offset, off64_t size) {
    return allocate(descriptor, mode, offset, size);
}
int posix_fallocate(int descriptor, off_t offset, off_t size) {
    return allocate(descriptor, 0, offset, size) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off64_t offset, off64_t size) {
    return posix_fallocate(descriptor, offset, size);
}

// MARK: Names

int rename(const char *old, const char *new) {
    const char *from = name_below(old), *to = name_below(new);
    if ((from || to) && fails()) return -1;
    int status = (int)syscall(SYS_renameat2, AT_FDCWD, old, AT_FDCWD, new, 0);
    if (status == 0 && from && to) record_names(DISK_RENAME, from, to);
    if (status == 0 && (from != NULL) != (to != NULL)) {
        record(DISK_UNSEEN, 0, 0, 0, 0, "rename", 6);
    }
    return status;
}

int link(const char *old, const char *new) {
    const char *from = name_below(old), *to = name_below(new);
    if (to && fails()) return -1;
    int status = (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
    if (status == 0 && to && from) record_names(DISK_LINK, from, to);
    if (status == 0 && to && !from) record(DISK_UNSEEN, 0, 0, 0, 0, "link", 4);
    return status;
}

int unlink(const char *path) {
    const char *name = name_below(path);
    if (name && fails()) return -1;
    int status = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (status == 0 && name) record(DISK_UNLINK, 0, 0, 0, 0, name, strlen(name));
    return status;
}
int remove(const char *path) {
    if (name_below(path)) return unlink(path);
    int status = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (status != 0 && errno == EISDIR) {
        status = (int)syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
    }
    return status;
}

// MARK: What is not seen, and must not be used unnoticed

static void *map(void *address, size_t size, int protection, int flags, int file, off_t offset) {
    if (watched(file) && (protection & PROT_WRITE) && (flags & MAP_SHARED)) {
        record(DISK_UNSEEN, 0, watched(file)->file, 0, 0, "mmap", 4);
    }
    return (void *)syscall(SYS_mmap, address, size, protection, flags, file, offset);
}
void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
    return map(address, size, protection, flags, file, offset);
}
void *mmap64(void *address, size_t size, int protection, int flags, int file, off64_t offset) {
    return map(address, size, protection, flags, file, offset);
}
ssize_t copy_file_range(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t size,
                        unsigned flags) {
    if (watched(to)) record(DISK_UNSEEN, 0, watched(to)->file, 0, 0, "copy_file_range", 15);
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, size, flags);
}
