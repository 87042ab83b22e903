// Clocks and timers in nanoseconds. CLOCK_BOOTTIME goes on while the computer is suspended.
#pragma once
#include <errno.h>
#include <stdint.h>
#include <sys/timerfd.h>
#include <time.h>

static inline int64_t lichen_boot_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int64_t lichen_wall_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline int lichen_timerfd(void) {
    return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

// Rings at that moment of CLOCK_BOOTTIME, at once where it has passed; never where it is 0.
static inline int lichen_timerfd_arm(int fd, int64_t nanoseconds) {
    struct itimerspec setting = {{0, 0}, {nanoseconds / 1000000000, nanoseconds % 1000000000}};
    return timerfd_settime(fd, TFD_TIMER_ABSTIME, &setting, 0);
}

static inline void lichen_sleep(int64_t nanoseconds) {
    struct timespec rest = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
}
