// Unix stream sockets, all close-on-exec. Results are descriptors or sizes, or -1 with errno.
#pragma once
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

// The address of a path, or its size 0 with errno where the path is too long (107 bytes).
static inline socklen_t lichen_unix_address(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return 0;
    }
    strcpy(address->sun_path, path);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1);
}

static inline int lichen_unix_connect(const char *path) {
    struct sockaddr_un address;
    socklen_t size = lichen_unix_address(path, &address);
    if (!size) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, size) == 0) return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// A non-blocking listener. A socket that nobody serves any more is replaced; one that somebody
// serves gives EADDRINUSE, and what is no socket EEXIST.
static inline int lichen_unix_listen(const char *path, mode_t mode) {
    struct sockaddr_un address;
    socklen_t size = lichen_unix_address(path, &address);
    if (!size) return -1;
    struct stat status;
    if (lstat(path, &status) == 0) {
        if (!S_ISSOCK(status.st_mode)) {
            errno = EEXIST;
            return -1;
        }
        int other = lichen_unix_connect(path);
        if (other >= 0) {
            close(other);
            errno = EADDRINUSE;
            return -1;
        }
        if (errno == ECONNREFUSED) unlink(path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&address, size) == 0 && chmod(path, mode) == 0 &&
        listen(fd, 16) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

// A non-blocking connection, or -1 with EAGAIN where nobody waits.
int lichen_accept(int listener);

// Never raises SIGPIPE.
static inline ssize_t lichen_send(int fd, const void *bytes, size_t size) {
    return send(fd, bytes, size, MSG_NOSIGNAL);
}

// Never waits.
static inline ssize_t lichen_receive(int fd, void *bytes, size_t capacity) {
    return recv(fd, bytes, capacity, MSG_DONTWAIT);
}
