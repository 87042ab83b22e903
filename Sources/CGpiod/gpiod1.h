// libgpiod 1.6. Included by shim.h alone. A request is the line itself, which its chip owns.
#pragma once

static inline int lichen_gpio_label(struct gpiod_chip *chip, char *buffer, int size) {
    snprintf(buffer, (size_t)size, "%s", gpiod_chip_label(chip));
    return 0;
}

static inline int lichen_gpio_count(struct gpiod_chip *chip) {
    return (int)gpiod_chip_num_lines(chip);
}

static inline int lichen_gpio_find(struct gpiod_chip *chip, const char *name) {
    struct gpiod_line *line = gpiod_chip_find_line(chip, name);
    return line ? (int)gpiod_line_offset(line) : -1;
}

static inline int lichen_gpio_owner(struct gpiod_chip *chip, int number, char *buffer, int size) {
    struct gpiod_line *line = gpiod_chip_get_line(chip, (unsigned)number);
    if (!line) return -1;
    const char *consumer = gpiod_line_consumer(line);
    snprintf(buffer, (size_t)size, "%s", consumer ? consumer : "");
    return gpiod_line_is_used(line);
}

static inline int lichen_gpio_take(struct lichen_gpio_line *line, struct gpiod_chip *chip,
                                   int number, int use) {
    struct gpiod_line *found = gpiod_chip_get_line(chip, (unsigned)number);
    if (!found) return -1;
    line->request = found;
    line->edges = NULL;
    line->number = (unsigned)number;
    switch (use) {
    case LICHEN_GPIO_INPUT: return gpiod_line_request_input(found, "lichen");
    case LICHEN_GPIO_RISING: return gpiod_line_request_rising_edge_events(found, "lichen");
    default: return gpiod_line_request_output(found, "lichen", use == LICHEN_GPIO_HIGH);
    }
}

static inline void lichen_gpio_release(struct lichen_gpio_line *line) {
    gpiod_line_release((struct gpiod_line *)line->request);
}

static inline int lichen_gpio_get(const struct lichen_gpio_line *line) {
    return gpiod_line_get_value((struct gpiod_line *)line->request);
}

static inline int lichen_gpio_set(const struct lichen_gpio_line *line, bool high) {
    return gpiod_line_set_value((struct gpiod_line *)line->request, high);
}

static inline int lichen_gpio_fd(const struct lichen_gpio_line *line) {
    return gpiod_line_event_get_fd((struct gpiod_line *)line->request);
}

static inline int lichen_gpio_edges(const struct lichen_gpio_line *line, uint64_t *stamp) {
    struct timespec none = {0, 0};
    int waiting = gpiod_line_event_wait((struct gpiod_line *)line->request, &none);
    if (waiting <= 0) return waiting;
    struct gpiod_line_event events[16];
    int count = gpiod_line_event_read_multiple((struct gpiod_line *)line->request, events, 16);
    if (count > 0)
        *stamp = (uint64_t)events[count - 1].ts.tv_sec * 1000000000 +
                 (uint64_t)events[count - 1].ts.tv_nsec;
    return count;
}
