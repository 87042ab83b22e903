// Serial ports: termios and the modem's wires. Results are 0 or a descriptor, or -1 with errno.
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <termios.h>

static inline int lichen_serial_open(const char *path) {
    return open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

// The constant of a rate in bits a second; 0 where there is none.
static inline speed_t lichen_baud_constant(int32_t rate) {
    switch (rate) {
    case 9600: return B9600;
    case 19200: return B19200;
    case 38400: return B38400;
    case 57600: return B57600;
    case 115200: return B115200;
    case 230400: return B230400;
    case 460800: return B460800;
    case 921600: return B921600;
    case 1000000: return B1000000;
    default: return 0;
    }
}

// Raw bytes, eight bits, no parity, one stop bit; what was still on its way is dropped. Reads back
// what it has set: a driver may keep something else in silence (tcsetattr(3)).
static inline int lichen_serial_set_up(int fd, int32_t rate, int hardware_flow_control) {
    struct termios setting;
    if (tcgetattr(fd, &setting) < 0) return -1;
    cfmakeraw(&setting);
    setting.c_cflag |= CLOCAL | CREAD;
    setting.c_cflag &= ~(tcflag_t)(CSTOPB | CRTSCTS);
    if (hardware_flow_control) setting.c_cflag |= CRTSCTS;
    setting.c_cc[VMIN] = 1; // so that a read of nothing is told from a port that is gone
    setting.c_cc[VTIME] = 0;
    speed_t speed = lichen_baud_constant(rate);
    if (!speed) {
        errno = EINVAL;
        return -1;
    }
    if (cfsetispeed(&setting, speed) < 0 || cfsetospeed(&setting, speed) < 0) return -1;
    if (tcsetattr(fd, TCSANOW, &setting) < 0 || tcflush(fd, TCIOFLUSH) < 0) return -1;
    struct termios kept;
    if (tcgetattr(fd, &kept) < 0) return -1;
    if (cfgetospeed(&kept) == speed && kept.c_cflag == setting.c_cflag) return 0;
    errno = EINVAL;
    return -1;
}

static inline int lichen_serial_wire(int fd, int wire, int high) {
    return ioctl(fd, high ? TIOCMBIS : TIOCMBIC, &wire);
}

static inline int lichen_serial_set_dtr(int fd, int high) {
    return lichen_serial_wire(fd, TIOCM_DTR, high);
}

static inline int lichen_serial_set_rts(int fd, int high) {
    return lichen_serial_wire(fd, TIOCM_RTS, high);
}
