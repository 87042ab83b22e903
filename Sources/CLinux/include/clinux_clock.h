#pragma once
// The kernel's clocks, as plain numbers.
#include <stdint.h>
#include <time.h>

/// Microseconds of a clock that never jumps and goes on while the machine is suspended.
static inline int64_t clinux_monotonic_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/// Milliseconds since 1970, as far as the machine knows.
static inline int64_t clinux_wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
