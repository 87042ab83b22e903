// libgpiod 1.6 (Debian 12) and 2.x (Debian 13, the device) with one face, as small as a radio needs.
// What fails returns -1 or NULL, with errno.
#pragma once
#include <errno.h>
#include <gpiod.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

// A line that this process has taken. Only its owner may move or copy it.
struct lichen_gpio_line {
    void *request; // the library's
    void *edges;   // where 2.x puts edges that were read
    unsigned number;
};

// What a line is taken for.
enum {
    LICHEN_GPIO_INPUT,
    LICHEN_GPIO_RISING, // an input that also tells of its rising edges
    LICHEN_GPIO_LOW,    // an output that begins low, or high
    LICHEN_GPIO_HIGH,
};

// Closes what gpiod_chip_open has opened.
static inline void lichen_gpio_close(struct gpiod_chip *chip) { gpiod_chip_close(chip); }

// What drives the chip, such as "pinctrl-bcm2711".
static inline int lichen_gpio_label(struct gpiod_chip *chip, char *buffer, int size);

// How many lines the chip has.
static inline int lichen_gpio_count(struct gpiod_chip *chip);

// The number of the line of that name.
static inline int lichen_gpio_find(struct gpiod_chip *chip, const char *name);

// 1 where somebody has the line, with the name that they gave; else 0.
static inline int lichen_gpio_owner(struct gpiod_chip *chip, int number, char *buffer, int size);

// Takes a line until it is released; the chip must stay open as long.
static inline int lichen_gpio_take(struct lichen_gpio_line *line, struct gpiod_chip *chip,
                                   int number, int use);
static inline void lichen_gpio_release(struct lichen_gpio_line *line);

// 1 high, 0 low.
static inline int lichen_gpio_get(const struct lichen_gpio_line *line);
static inline int lichen_gpio_set(const struct lichen_gpio_line *line, bool high);

// A descriptor that is readable while an edge waits.
static inline int lichen_gpio_fd(const struct lichen_gpio_line *line);

// Takes up to 16 edges that wait, and does not wait for one; `stamp` gets the last one's time in
// nanoseconds of CLOCK_MONOTONIC. Returns how many.
static inline int lichen_gpio_edges(const struct lichen_gpio_line *line, uint64_t *stamp);

// The two libraries share names, not meanings; only the first defines GPIOD_API.
#ifdef GPIOD_API
#include "gpiod1.h"
#else
#include "gpiod2.h"
#endif
