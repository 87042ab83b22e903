#define _GNU_SOURCE
#include "Recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DESCRIPTORS = 1024 };
static struct watched table[DESCRIPTORS];

static int record_descriptor = -1;
static const char *folder;
static size_t folder_size;

static uint64_t calls, first_fault, last_fault;
static int fault_number;
static bool fault_is_short, is_armed;

static enum lie lie;
static char lie_name[64];
static uint64_t lies_told;
static bool is_put_off;
static uint32_t put_off_file;

static void read_fault(const char *text) {
    if (strncmp(text, "eio ", 4) == 0) fault_number = EIO;
    else if (strncmp(text, "enospc ", 7) == 0) fault_number = ENOSPC;
    else if (strncmp(text, "short ", 6) == 0) fault_is_short = true;
    else _exit(97);
    char *end;
    first_fault = strtoull(strchr(text, ' '), &end, 10);
    uint64_t count = strtoull(end, NULL, 10);
    last_fault = first_fault + (count ? count : 1) - 1;
}

static void read_lie(const char *text) {
    static const char *names[] = {"none", "skip", "late", "half", "plain", "slow"};
    const char *name = strchr(text, ' ');
    for (int i = 1; i < 6 && name; i++)
        if (strncmp(text, names[i], (size_t)(name - text)) == 0) lie = (enum lie)i;
    if (lie == LIE_NONE || strlen(name + 1) >= sizeof lie_name) _exit(97);
    strcpy(lie_name, name + 1);
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("LICHEN_DISK_RECORD"), *fault = getenv("LICHEN_DISK_FAULT");
    const char *told = getenv("LICHEN_DISK_LIE");
    if (fault && *fault) read_fault(fault);
    if (told && *told) read_lie(told);
    if (path && *path) {
        record_descriptor = (int)syscall(SYS_openat, AT_FDCWD, path,
                                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (record_descriptor < 0) _exit(97);
    }
    const char *named = getenv("LICHEN_DISK_FOLDER");
    if (named && *named) {
        folder_size = strlen(named);
        folder = named;
    }
}

const char *name_below(const char *path) {
    if (!folder || !path || strncmp(path, folder, folder_size) != 0) return NULL;
    const char *rest = path + folder_size;
    if (*rest == 0) return rest;
    return *rest == '/' ? rest + strspn(rest, "/") : NULL;
}

struct watched *watched(int descriptor) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS || !table[descriptor].is_watched) return NULL;
    return &table[descriptor];
}

void watch(int descriptor, const char *name, bool is_folder, bool is_synchronous) {
    if (descriptor < 0 || descriptor >= DESCRIPTORS) _exit(97);
    struct stat status;
    if (fstat(descriptor, &status) != 0) _exit(97);
    table[descriptor] = (struct watched){
        .is_watched = true,
        .is_folder = is_folder,
        .is_synchronous = is_synchronous && !is_lied_about(name, is_folder, LIE_PLAIN),
        .is_lied_about = is_lied_about(name, is_folder, LIE_NONE),
        .file = is_folder ? 0 : (uint32_t)status.st_ino,
    };
}

void forget(int descriptor) {
    if (descriptor >= 0 && descriptor < DESCRIPTORS) table[descriptor].is_watched = false;
}

void record(uint8_t kind, uint8_t flags, uint32_t file, uint64_t offset, uint64_t value,
            const void *data, size_t size) {
    if (record_descriptor < 0) return;
    int before = errno;
    struct disk_record header = {.size = (uint32_t)size, .kind = kind, .flags = flags,
                                 .file = file, .offset = offset, .value = value};
    struct iovec parts[] = {{&header, sizeof header}, {(void *)data, size}};
    ssize_t written = syscall(SYS_writev, record_descriptor, parts, 2);
    // Half a record would be read as another one.
    if (written != (ssize_t)(sizeof header + size)) _exit(97);
    errno = before;
}

void record_names(uint8_t kind, const char *old, const char *new) {
    char data[8192];
    size_t size = strlen(old) + 1, more = strlen(new);
    if (size + more > sizeof data) _exit(97);
    memcpy(data, old, size);
    memcpy(data + size, new, more);
    record(kind, 0, 0, 0, 0, data, size + more);
}

// MARK: Marks, faults

void lichen_disk_mark(uint64_t what, uint64_t value) {
    if (what == DISK_MARK_ARMED) is_armed = true;
    record(DISK_MARK, 0, 0, what, value, NULL, 0);
}

uint64_t lichen_disk_calls(void) { return calls; }

static bool is_hit(void) {
    if (!is_armed) return false;
    calls++;
    bool is = first_fault <= calls && calls <= last_fault;
    if (is) record(DISK_MARK, 0, 0, DISK_MARK_FAULT, calls, NULL, 0);
    return is;
}

bool fails(void) {
    if (!is_hit() || fault_is_short) return false;
    errno = fault_number;
    return true;
}

bool write_fails(size_t *size) {
    if (!is_hit()) return false;
    if (fault_is_short) {
        if (*size > 1) *size /= 2;
        return false;
    }
    errno = fault_number;
    return true;
}

// MARK: Lies

bool is_lied_about(const char *name, bool is_folder, enum lie only) {
    if (lie == LIE_NONE || (only != LIE_NONE && lie != only)) return false;
    if (is_folder) return strcmp(lie_name, ".") == 0;
    return strcmp(lie_name, "*") == 0 || strcmp(lie_name, name) == 0;
}

enum lie lie_about(const struct watched *file) {
    if (!file->is_lied_about || lie == LIE_PLAIN) return LIE_NONE;
    if (lie == LIE_HALF) return ++lies_told % 2 ? LIE_NONE : LIE_SKIP;
    return lie;
}

void put_off(const struct watched *file) {
    is_put_off = true;
    put_off_file = file->file;
}

void catch_up(void) {
    if (!is_put_off) return;
    is_put_off = false;
    record(DISK_SYNC, 0, put_off_file, 0, 0, NULL, 0);
}
