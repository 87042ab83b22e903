// Character devices that a process serves (CUSE, linux/fuse.h): /dev/spidevB.C and /dev/i2c-N as the
// kernel's own drivers would answer. Whoever serves them gives bytes, and sees no protocol.
#pragma once
#include <stdint.h>

enum cuse_kind { CUSE_SPI, CUSE_I2C };

enum {
    CUSE_NOTHING = 0,  // answered, or nothing was there
    CUSE_EXCHANGE = 1, // there are parts to be carried out; then call cuse_answer
    CUSE_FAILED = -1,  // the device is gone, with errno
};

// What belongs together on the bus.
struct cuse_part {
    uint8_t *bytes;   // SPI: go out, replaced by those that come in. I2C: to be read, or filled.
    uint32_t size;
    uint16_t address; // I2C
    uint8_t reads;    // I2C: whether the bytes are to be filled
    uint8_t last;     // SPI: whether chip select rises behind it; I2C: whether the bus is given up
};

struct cuse_device;

// A device /dev/NAME, which is there when this returns. NULL with errno where it cannot be.
struct cuse_device *cuse_serve(const char *name, enum cuse_kind kind);

// Readable while a request waits.
int cuse_descriptor(const struct cuse_device *device);

// Takes one request, and answers it where no chip is needed for that. Does not wait.
int cuse_take(struct cuse_device *device);

// The parts of the exchange that was taken.
int cuse_count(const struct cuse_device *device);
struct cuse_part cuse_part(const struct cuse_device *device, int index);

// Whether the client moves chip select itself (SPI_NO_CS).
int cuse_selects_itself(const struct cuse_device *device);

// Answers the exchange: `error` is 0 or an error number, such as ENXIO for an address of nobody.
void cuse_answer(struct cuse_device *device, int error);

// Ends the virtual machine with an exit status (Arm semihosting, SYS_EXIT_EXTENDED); returns where
// there is none.
void guest_end(int status);

// Opens a file for reading without waiting. -1 with errno.
int guest_open_to_poll(const char *path);

// The process goes before all others, and gives up the processor only to wait. 0, or -1 with errno.
int guest_take_precedence(void);

// The process becomes an ordinary user. 0, or -1 with errno.
int guest_become(unsigned user, unsigned group);
