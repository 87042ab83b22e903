#pragma once
// epoll, timerfd and signalfd without their unions and named constants.
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

static inline int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

/// Watches `fd`: always for input, and for room to write where asked.
static inline int clinux_epoll_set(int epoll, int fd, int add, int writable, uint64_t token) {
    struct epoll_event event;
    memset(&event, 0, sizeof event);
    event.events = EPOLLIN | (writable ? EPOLLOUT : 0);
    event.data.u64 = token;
    return epoll_ctl(epoll, add ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
}

static inline int clinux_epoll_remove(int epoll, int fd) {
    return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
}

/// Waits for one event. Returns 1 with its token, 0 after `timeout_ms`, -1 with errno.
static inline int clinux_epoll_next(int epoll, int timeout_ms, uint64_t *token, int *writable) {
    struct epoll_event event;
    int count = epoll_wait(epoll, &event, 1, timeout_ms);
    if (count == 1) {
        *token = event.data.u64;
        *writable = (event.events & EPOLLOUT) != 0;
    }
    return count;
}

static inline int clinux_timer_create(void) {
    return timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
}

/// Lets the timer ring at a moment of clinux_monotonic_us; a moment that is past rings at once.
static inline int clinux_timer_set(int timer, int64_t us) {
    struct itimerspec spec;
    memset(&spec, 0, sizeof spec);
    if (us < 1) us = 1;
    spec.it_value.tv_sec = us / 1000000;
    spec.it_value.tv_nsec = (us % 1000000) * 1000;
    return timerfd_settime(timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

/// Takes a ring of the timer, if there was one.
static inline void clinux_timer_take(int timer) {
    uint64_t rings;
    while (read(timer, &rings, sizeof rings) < 0 && errno == EINTR) {
    }
}

/// A descriptor that SIGTERM, SIGINT and SIGHUP are read from; SIGPIPE is ignored.
static inline int clinux_signals_create(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0) return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/// The signal that came, or 0.
static inline int clinux_signals_take(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}
