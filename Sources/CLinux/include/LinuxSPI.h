// spidev. Results are 0 or a descriptor, or -1 with errno.
#pragma once
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdint.h>
#include <sys/ioctl.h>

static inline int lichen_spi_open(const char *path) { return open(path, O_RDWR | O_CLOEXEC); }

// SPI mode 0, words of eight bits, most significant bit first. `own_select`: the driver shall leave
// its chip select alone.
static inline int lichen_spi_set_up(int fd, uint32_t hertz, int own_select) {
    uint8_t bits = 8;
    uint32_t mode = SPI_MODE_0 | (own_select ? SPI_NO_CS : 0);
    if (ioctl(fd, SPI_IOC_WR_MODE32, &mode) < 0) return -1;
    if (ioctl(fd, SPI_IOC_WR_BITS_PER_WORD, &bits) < 0) return -1;
    return ioctl(fd, SPI_IOC_WR_MAX_SPEED_HZ, &hertz) < 0 ? -1 : 0;
}

// One transaction: the bytes go out and are replaced by those that came in meanwhile.
static inline int lichen_spi_transfer(int fd, uint8_t *bytes, uint32_t size) {
    struct spi_ioc_transfer transfer = {0};
    transfer.tx_buf = (uintptr_t)bytes;
    transfer.rx_buf = (uintptr_t)bytes;
    transfer.len = size;
    return ioctl(fd, SPI_IOC_MESSAGE(1), &transfer) < 0 ? -1 : 0;
}
