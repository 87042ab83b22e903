// Signals as readable events. Masks have bit n - 1 set for signal n.
#pragma once
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>
#include <unistd.h>

static inline sigset_t lichen_signal_set(uint64_t mask) {
    sigset_t set;
    sigemptyset(&set);
    for (int number = 1; number < 64; number++)
        if (mask >> (number - 1) & 1) sigaddset(&set, number);
    return set;
}

// Blocks the signals in this thread (and those it makes later) and gives a descriptor for them.
static inline int lichen_signalfd(uint64_t mask) {
    sigset_t set = lichen_signal_set(mask);
    int error = pthread_sigmask(SIG_BLOCK, &set, 0);
    if (error) {
        errno = error;
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

// The next signal's number, 0 where none waits, -1 errno.
static inline int lichen_next_signal(int fd) {
    struct signalfd_siginfo info;
    ssize_t size = read(fd, &info, sizeof info);
    if (size == (ssize_t)sizeof info) return (int)info.ssi_signo;
    return size < 0 && errno == EAGAIN ? 0 : -1;
}
