// The kernel's i2c-dev. Functions of ours are named lichen_i2c_…; where they fail they return -1,
// with errno.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdint.h>
#include <sys/ioctl.h>

static inline int lichen_i2c_open(const char *path) { return open(path, O_RDWR | O_CLOEXEC); }

// Whether what is open is an I2C adapter that carries plain messages, not SMBus ones alone.
static inline int lichen_i2c_carries_messages(int fd) {
    unsigned long functions = 0;
    if (ioctl(fd, I2C_FUNCS, &functions) < 0) return -1;
    return (functions & I2C_FUNC_I2C) != 0;
}

// Writes, then reads after a repeated start; either may be of no bytes, not both.
static inline int lichen_i2c_exchange(int fd, uint16_t address, const uint8_t *out, uint16_t out_size,
                                      uint8_t *in, uint16_t in_size) {
    struct i2c_msg messages[2];
    struct i2c_rdwr_ioctl_data both = {messages, 0};
    if (out_size) {
        struct i2c_msg write = {address, 0, out_size, (uint8_t *)out};
        messages[both.nmsgs++] = write;
    }
    if (in_size) {
        struct i2c_msg read = {address, I2C_M_RD, in_size, in};
        messages[both.nmsgs++] = read;
    }
    return ioctl(fd, I2C_RDWR, &both) < 0 ? -1 : 0;
}
