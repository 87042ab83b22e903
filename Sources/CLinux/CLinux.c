// What only GNU's headers declare: _GNU_SOURCE would have to be the first word that the compiler
// sees, and in a header that Swift imports it is not.
#define _GNU_SOURCE
#include "CLinux.h"

#include <poll.h>

int lichen_wait_readable(int fd, int64_t nanoseconds) {
    struct pollfd entry = {fd, POLLIN, 0};
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    return ppoll(&entry, 1, &timeout, 0);
}

int lichen_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_CLOEXEC | SOCK_NONBLOCK);
}
