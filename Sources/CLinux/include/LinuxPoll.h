// Waiting: epoll, poll, eventfd.
#pragma once
#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>

#define LICHEN_READABLE 1u
#define LICHEN_WRITABLE 2u
#define LICHEN_HUNG_UP 4u

// What lichen_epoll_wait found: the token given to lichen_epoll_set, and LICHEN_… bits.
struct lichen_ready {
    uint64_t token;
    uint32_t events;
};

static inline int lichen_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int lichen_epoll_change(int epoll, int operation, int fd, unsigned interest,
                                      uint64_t token) {
    struct epoll_event event = {0};
    if (interest & LICHEN_READABLE) event.events |= EPOLLIN;
    if (interest & LICHEN_WRITABLE) event.events |= EPOLLOUT;
    event.data.u64 = token;
    return epoll_ctl(epoll, operation, fd, &event);
}

static inline int lichen_epoll_add(int epoll, int fd, unsigned interest, uint64_t token) {
    return lichen_epoll_change(epoll, EPOLL_CTL_ADD, fd, interest, token);
}

static inline int lichen_epoll_modify(int epoll, int fd, unsigned interest, uint64_t token) {
    return lichen_epoll_change(epoll, EPOLL_CTL_MOD, fd, interest, token);
}

static inline int lichen_epoll_remove(int epoll, int fd) {
    return lichen_epoll_change(epoll, EPOLL_CTL_DEL, fd, 0, 0);
}

// Up to 32 at a time; nanoseconds < 0 waits for ever. Kernels before 5.11 lack epoll_pwait2: there
// it wakes up to a millisecond late.
static inline int lichen_epoll_wait(int epoll, struct lichen_ready *ready, int capacity,
                                    int64_t nanoseconds) {
    struct epoll_event events[32];
    if (capacity > 32) capacity = 32;
    struct timespec timeout = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    int count = epoll_pwait2(epoll, events, capacity, nanoseconds < 0 ? 0 : &timeout, 0);
    if (count < 0 && errno == ENOSYS) {
        int64_t milliseconds = nanoseconds < 0 ? -1 : (nanoseconds + 999999) / 1000000;
        if (milliseconds > INT32_MAX) milliseconds = INT32_MAX;
        count = epoll_wait(epoll, events, capacity, (int)milliseconds);
    }
    for (int i = 0; i < count; i++) {
        uint32_t found = events[i].events;
        ready[i].token = events[i].data.u64;
        ready[i].events = (found & EPOLLIN ? LICHEN_READABLE : 0) |
                          (found & EPOLLOUT ? LICHEN_WRITABLE : 0) |
                          (found & (EPOLLHUP | EPOLLERR) ? LICHEN_HUNG_UP : 0);
    }
    return count;
}

// 1 readable or closed, 0 the time is over, -1 errno.
int lichen_wait_readable(int fd, int64_t nanoseconds);

static inline int lichen_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
