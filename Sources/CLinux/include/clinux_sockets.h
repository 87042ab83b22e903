#pragma once
// Unix stream sockets, by path.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static inline int clinux_unix_address(struct sockaddr_un *address, const char *path) {
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    strcpy(address->sun_path, path);
    return 0;
}

/// Connects to the socket at `path`, blocking.
static inline int clinux_unix_connect(const char *path) {
    struct sockaddr_un address;
    if (clinux_unix_address(&address, path) < 0) return -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/// Listens at `path`, for its owner and group, not blocking. A socket that nobody serves any more
/// is replaced; one that is served is left alone, with errno EADDRINUSE.
static inline int clinux_unix_listen(const char *path) {
    struct sockaddr_un address;
    if (clinux_unix_address(&address, path) < 0) return -1;
    int other = clinux_unix_connect(path);
    if (other >= 0) {
        close(other);
        errno = EADDRINUSE;
        return -1;
    }
    if (errno == ECONNREFUSED) unlink(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || chmod(path, 0660) < 0 ||
        listen(fd, 16) < 0) {
        int saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }
    return fd;
}

/// The next connection, not blocking; -1 where there is none.
static inline int clinux_accept(int listener) {
    // accept4 would need _GNU_SOURCE in whoever imports this header.
    int fd = accept(listener, NULL, NULL);
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
}

/// Sends without a signal where the other end is gone.
static inline ssize_t clinux_send(int fd, const void *bytes, size_t size) {
    return send(fd, bytes, size, MSG_NOSIGNAL);
}

/// Waits until there is something to read. Returns 1, 0 after `timeout_ms`, -1 with errno.
static inline int clinux_wait_readable(int fd, int timeout_ms) {
    struct pollfd entry = {fd, POLLIN, 0};
    return poll(&entry, 1, timeout_ms);
}
