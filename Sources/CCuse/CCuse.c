// The kernel's side is fs/fuse/cuse.c and fs/fuse/ioctl.c. One read is one request, one writev its
// answer: a header, then what it carries.
//
// An ioctl names buffers of its caller by pointers in other buffers. With CUSE_UNRESTRICTED_IOCTL
// the server answers "again, with these", and the request comes anew with all of them joined, until
// nothing is missing: once for an SPI message's array, once more for its bytes.
#define _GNU_SOURCE
#include "CCuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <linux/spi/spidev.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    most_parts = 64,
    most_bytes = 4096, // spidev's bufsiz
    buffer_size = FUSE_MIN_READ_BUFFER + 65536 + 4096,
};

struct cuse_device {
    int fd;
    enum cuse_kind kind;
    char name[32];
    uint32_t mode, bits, lsb_first, hertz; // spidev's settings
    // The exchange that waits for its answer.
    uint64_t unique;
    int count, result;
    struct cuse_part parts[most_parts];
    uint8_t bytes[2 * most_bytes];
    _Alignas(8) uint8_t buffer[buffer_size];
};

// MARK: answers

static void send_back(struct cuse_device *device, uint64_t unique, int error, const void *head,
                      size_t head_size, const void *tail, size_t tail_size) {
    struct fuse_out_header header = {(uint32_t)(sizeof header + head_size + tail_size), error,
                                     unique};
    struct iovec parts[3] = {
        {&header, sizeof header}, {(void *)head, head_size}, {(void *)tail, tail_size}};
    ssize_t ignored = writev(device->fd, parts, 3); // ENOENT: the caller was killed meanwhile
    (void)ignored;
}

static void finish(struct cuse_device *device, uint64_t unique, int result, const void *bytes,
                   size_t size) {
    struct fuse_ioctl_out out = {.result = result};
    send_back(device, unique, 0, &out, sizeof out, bytes, size);
}

// "Again, with these": first those to be read, then those to be written to.
static void ask_again(struct cuse_device *device, uint64_t unique, struct fuse_ioctl_iovec *buffers,
                      unsigned in, unsigned out) {
    struct fuse_ioctl_out answer = {
        .flags = FUSE_IOCTL_RETRY, .in_iovs = in, .out_iovs = out};
    send_back(device, unique, 0, &answer, sizeof answer, buffers, (in + out) * sizeof *buffers);
}

// MARK: spidev

static void spi_setting(struct cuse_device *device, uint64_t unique,
                        const struct fuse_ioctl_in *request, const uint8_t *data,
                        uint32_t *setting) {
    uint32_t size = _IOC_SIZE(request->cmd);
    struct fuse_ioctl_iovec buffer = {request->arg, size};
    if (size > sizeof *setting) return finish(device, unique, -ENOTTY, NULL, 0);
    if (_IOC_DIR(request->cmd) == _IOC_READ) {
        if (request->out_size != size) return ask_again(device, unique, &buffer, 0, 1);
        return finish(device, unique, 0, setting, size); // little-endian: the low bytes
    }
    if (request->in_size != size) return ask_again(device, unique, &buffer, 1, 0);
    *setting = 0;
    memcpy(setting, data, size);
    finish(device, unique, 0, NULL, 0);
}

// Transfers without `cs_change` share one assertion of chip select, and are one part here.
static int spi_message(struct cuse_device *device, uint64_t unique,
                       const struct fuse_ioctl_in *request, const uint8_t *data) {
    uint32_t array = _IOC_SIZE(request->cmd);
    unsigned count = array / sizeof(struct spi_ioc_transfer), in = 1, out = 0;
    struct fuse_ioctl_iovec buffers[1 + 2 * most_parts] = {{request->arg, array}};
    if (!count || count > most_parts) return finish(device, unique, -EINVAL, NULL, 0), 0;
    if (request->in_size < array) return ask_again(device, unique, buffers, 1, 0), 0;
    const struct spi_ioc_transfer *transfers = (const void *)data;
    size_t total = 0, want_in = array, want_out = 0;
    for (unsigned i = 0; i < count; i++) {
        total += transfers[i].len;
        if (total > most_bytes) return finish(device, unique, -EMSGSIZE, NULL, 0), 0;
        if (!transfers[i].tx_buf || !transfers[i].len) continue;
        buffers[in++] = (struct fuse_ioctl_iovec){transfers[i].tx_buf, transfers[i].len};
        want_in += transfers[i].len;
    }
    for (unsigned i = 0; i < count; i++) {
        // Bytes that come in and that nobody wants would have to be cut out of the answer.
        if (!transfers[i].len) continue;
        if (!transfers[i].rx_buf) return finish(device, unique, -EOPNOTSUPP, NULL, 0), 0;
        buffers[in + out++] = (struct fuse_ioctl_iovec){transfers[i].rx_buf, transfers[i].len};
        want_out += transfers[i].len;
    }
    if (request->in_size != want_in || request->out_size != want_out)
        return ask_again(device, unique, buffers, in, out), 0;

    const uint8_t *source = data + array;
    size_t at = 0, from = 0;
    device->count = 0;
    for (unsigned i = 0; i < count; i++) {
        if (transfers[i].tx_buf) {
            memcpy(device->bytes + at, source, transfers[i].len);
            source += transfers[i].len;
        } else {
            memset(device->bytes + at, 0, transfers[i].len);
        }
        at += transfers[i].len;
        if (!transfers[i].cs_change && i + 1 < count) continue;
        device->parts[device->count++] = (struct cuse_part){
            .bytes = device->bytes + from, .size = (uint32_t)(at - from), .last = 1};
        from = at;
    }
    device->unique = unique;
    device->result = (int)total;
    return CUSE_EXCHANGE;
}

static int spi_control(struct cuse_device *device, uint64_t unique,
                       const struct fuse_ioctl_in *request, const uint8_t *data) {
    uint32_t *setting = NULL;
    if (_IOC_TYPE(request->cmd) == SPI_IOC_MAGIC) {
        switch (_IOC_NR(request->cmd)) {
        case 0: return spi_message(device, unique, request, data);
        case 1: // SPI_IOC_(RD|WR)_MODE
        case 5: setting = &device->mode; break; // … _MODE32
        case 2: setting = &device->lsb_first; break;
        case 3: setting = &device->bits; break;
        case 4: setting = &device->hertz; break;
        }
    }
    if (setting)
        spi_setting(device, unique, request, data, setting);
    else
        finish(device, unique, -ENOTTY, NULL, 0);
    return CUSE_NOTHING;
}

// MARK: i2c-dev

static int i2c_messages(struct cuse_device *device, uint64_t unique,
                        const struct fuse_ioctl_in *request, const uint8_t *data) {
    struct i2c_rdwr_ioctl_data both;
    struct fuse_ioctl_iovec buffers[2 + most_parts] = {{request->arg, sizeof both}};
    unsigned in = 2, out = 0;
    if (request->in_size < sizeof both) return ask_again(device, unique, buffers, 1, 0), 0;
    memcpy(&both, data, sizeof both);
    if (!both.nmsgs || both.nmsgs > I2C_RDWR_IOCTL_MAX_MSGS)
        return finish(device, unique, -EINVAL, NULL, 0), 0;
    size_t array = both.nmsgs * sizeof(struct i2c_msg);
    buffers[1] = (struct fuse_ioctl_iovec){(uintptr_t)both.msgs, array};
    if (request->in_size < sizeof both + array) return ask_again(device, unique, buffers, 2, 0), 0;
    const struct i2c_msg *messages = (const void *)(data + sizeof both);
    size_t total = 0, want_in = sizeof both + array, want_out = 0;
    for (unsigned i = 0; i < both.nmsgs; i++) {
        total += messages[i].len;
        if (total > most_bytes) return finish(device, unique, -EINVAL, NULL, 0), 0;
        if (messages[i].flags & I2C_M_RD || !messages[i].len) continue;
        buffers[in++] = (struct fuse_ioctl_iovec){(uintptr_t)messages[i].buf, messages[i].len};
        want_in += messages[i].len;
    }
    for (unsigned i = 0; i < both.nmsgs; i++) {
        if (!(messages[i].flags & I2C_M_RD) || !messages[i].len) continue;
        buffers[in + out++] =
            (struct fuse_ioctl_iovec){(uintptr_t)messages[i].buf, messages[i].len};
        want_out += messages[i].len;
    }
    if (request->in_size != want_in || request->out_size != want_out)
        return ask_again(device, unique, buffers, in, out), 0;

    // What is to be filled stands first, as the answer wants it.
    const uint8_t *source = data + sizeof both + array;
    size_t filled = 0, given = want_out;
    for (unsigned i = 0; i < both.nmsgs; i++) {
        int reads = (messages[i].flags & I2C_M_RD) != 0;
        size_t *at = reads ? &filled : &given;
        device->parts[i] = (struct cuse_part){.bytes = device->bytes + *at,
                                              .size = messages[i].len,
                                              .address = messages[i].addr,
                                              .reads = (uint8_t)reads,
                                              .last = i + 1 == both.nmsgs};
        if (!reads) {
            memcpy(device->bytes + *at, source, messages[i].len);
            source += messages[i].len;
        }
        *at += messages[i].len;
    }
    device->count = (int)both.nmsgs;
    device->unique = unique;
    device->result = (int)both.nmsgs;
    return CUSE_EXCHANGE;
}

static int i2c_control(struct cuse_device *device, uint64_t unique,
                       const struct fuse_ioctl_in *request, const uint8_t *data) {
    if (request->cmd == I2C_RDWR) return i2c_messages(device, unique, request, data);
    if (request->cmd != I2C_FUNCS) return finish(device, unique, -ENOTTY, NULL, 0), 0;
    unsigned long functions = I2C_FUNC_I2C;
    struct fuse_ioctl_iovec buffer = {request->arg, sizeof functions};
    if (request->out_size != sizeof functions) return ask_again(device, unique, &buffer, 0, 1), 0;
    return finish(device, unique, 0, &functions, sizeof functions), 0;
}

// MARK: requests

static void introduce(struct cuse_device *device, uint64_t unique) {
    char info[48];
    int size = snprintf(info, sizeof info, "DEVNAME=%s", device->name) + 1;
    struct cuse_init_out out = {.major = FUSE_KERNEL_VERSION,
                                .minor = FUSE_KERNEL_MINOR_VERSION,
                                .flags = CUSE_UNRESTRICTED_IOCTL,
                                .max_read = 65536,
                                .max_write = 65536};
    send_back(device, unique, 0, &out, sizeof out, info, (size_t)size);
}

int cuse_take(struct cuse_device *device) {
    if (read(device->fd, device->buffer, sizeof device->buffer) < 0)
        return errno == EAGAIN || errno == EINTR || errno == ENOENT ? CUSE_NOTHING : CUSE_FAILED;
    const struct fuse_in_header *header = (const void *)device->buffer;
    const uint8_t *body = device->buffer + sizeof *header;
    switch (header->opcode) {
    case CUSE_INIT: introduce(device, header->unique); break;
    case FUSE_OPEN: {
        struct fuse_open_out out = {.open_flags = FOPEN_DIRECT_IO | FOPEN_NONSEEKABLE};
        send_back(device, header->unique, 0, &out, sizeof out, NULL, 0);
        break;
    }
    case FUSE_IOCTL: {
        const struct fuse_ioctl_in *request = (const void *)body;
        return device->kind == CUSE_SPI
                   ? spi_control(device, header->unique, request, body + sizeof *request)
                   : i2c_control(device, header->unique, request, body + sizeof *request);
    }
    case FUSE_RELEASE:
    case FUSE_FLUSH: send_back(device, header->unique, 0, NULL, 0, NULL, 0); break;
    case FUSE_INTERRUPT: break; // never answered; the request that it is about goes on
    default: send_back(device, header->unique, -ENOSYS, NULL, 0, NULL, 0); break;
    }
    return CUSE_NOTHING;
}

struct cuse_device *cuse_serve(const char *name, enum cuse_kind kind) {
    struct cuse_device *device = calloc(1, sizeof *device);
    if (!device) return NULL;
    device->kind = kind;
    device->bits = 8;
    device->hertz = 500000;
    snprintf(device->name, sizeof device->name, "%s", name);
    device->fd = open("/dev/cuse", O_RDWR | O_CLOEXEC);
    if (device->fd >= 0 && cuse_take(device) == CUSE_NOTHING &&
        fcntl(device->fd, F_SETFL, O_NONBLOCK) == 0)
        return device;
    int error = errno;
    if (device->fd >= 0) close(device->fd);
    free(device);
    errno = error;
    return NULL;
}

int cuse_descriptor(const struct cuse_device *device) { return device->fd; }
int cuse_count(const struct cuse_device *device) { return device->count; }
struct cuse_part cuse_part(const struct cuse_device *device, int index) {
    return device->parts[index];
}
int cuse_selects_itself(const struct cuse_device *device) {
    return (device->mode & SPI_NO_CS) != 0;
}

void cuse_answer(struct cuse_device *device, int error) {
    size_t size = 0;
    for (int i = 0; i < device->count; i++)
        if (device->kind == CUSE_SPI || device->parts[i].reads) size += device->parts[i].size;
    if (error)
        finish(device, device->unique, -error, NULL, 0);
    else
        finish(device, device->unique, device->result, device->bytes, size);
    device->count = 0;
}

// MARK: the guest

void guest_end(int status) {
#if defined(__aarch64__)
    // SYS_EXIT with ADP_Stopped_ApplicationExit ("Semihosting for AArch32 and AArch64").
    volatile uint64_t block[2] = {0x20026, (uint64_t)status};
    register uint64_t operation __asm__("x0") = 0x18;
    register const volatile uint64_t *argument __asm__("x1") = block;
    __asm__ volatile("hlt #0xf000" : "+r"(operation) : "r"(argument) : "memory");
#else
    (void)status;
#endif
}

int guest_open_to_poll(const char *path) { return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); }

int guest_take_precedence(void) {
    struct sched_param parameter = {.sched_priority = 1};
    return sched_setscheduler(0, SCHED_FIFO, &parameter);
}

int guest_become(unsigned user, unsigned group) {
    return setgid(group) == 0 && setuid(user) == 0 ? 0 : -1;
}
