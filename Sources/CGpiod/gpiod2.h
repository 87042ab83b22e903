// libgpiod 2.x. Included by shim.h alone.
#pragma once

static inline int lichen_gpio_label(struct gpiod_chip *chip, char *buffer, int size) {
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    if (!info) return -1;
    snprintf(buffer, (size_t)size, "%s", gpiod_chip_info_get_label(info));
    gpiod_chip_info_free(info);
    return 0;
}

static inline int lichen_gpio_count(struct gpiod_chip *chip) {
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    if (!info) return -1;
    int count = (int)gpiod_chip_info_get_num_lines(info);
    gpiod_chip_info_free(info);
    return count;
}

static inline int lichen_gpio_find(struct gpiod_chip *chip, const char *name) {
    return gpiod_chip_get_line_offset_from_name(chip, name);
}

static inline int lichen_gpio_owner(struct gpiod_chip *chip, int number, char *buffer, int size) {
    struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, (unsigned)number);
    if (!info) return -1;
    const char *consumer = gpiod_line_info_get_consumer(info);
    snprintf(buffer, (size_t)size, "%s", consumer ? consumer : "");
    int used = gpiod_line_info_is_used(info);
    gpiod_line_info_free(info);
    return used;
}

static inline void lichen_gpio_release(struct lichen_gpio_line *line) {
    if (line->request) gpiod_line_request_release((struct gpiod_line_request *)line->request);
    if (line->edges) gpiod_edge_event_buffer_free((struct gpiod_edge_event_buffer *)line->edges);
}

static inline int lichen_gpio_take(struct lichen_gpio_line *line, struct gpiod_chip *chip,
                                   int number, int use) {
    line->request = NULL;
    line->edges = NULL;
    line->number = (unsigned)number;
    bool output = use == LICHEN_GPIO_LOW || use == LICHEN_GPIO_HIGH;
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *request = gpiod_request_config_new();
    int error = ENOMEM;
    if (settings && lines && request) {
        gpiod_line_settings_set_direction(
            settings, output ? GPIOD_LINE_DIRECTION_OUTPUT : GPIOD_LINE_DIRECTION_INPUT);
        if (output)
            gpiod_line_settings_set_output_value(settings, use == LICHEN_GPIO_HIGH
                                                               ? GPIOD_LINE_VALUE_ACTIVE
                                                               : GPIOD_LINE_VALUE_INACTIVE);
        if (use == LICHEN_GPIO_RISING) {
            gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_RISING);
            line->edges = gpiod_edge_event_buffer_new(16);
        }
        gpiod_request_config_set_consumer(request, "lichen");
        if (gpiod_line_config_add_line_settings(lines, &line->number, 1, settings) == 0)
            line->request = gpiod_chip_request_lines(chip, request, lines);
        error = errno;
    }
    if (request) gpiod_request_config_free(request);
    if (lines) gpiod_line_config_free(lines);
    if (settings) gpiod_line_settings_free(settings);
    if (line->request && (line->edges || use != LICHEN_GPIO_RISING)) return 0;
    lichen_gpio_release(line);
    errno = error;
    return -1;
}

static inline int lichen_gpio_get(const struct lichen_gpio_line *line) {
    return (int)gpiod_line_request_get_value((struct gpiod_line_request *)line->request,
                                             line->number);
}

static inline int lichen_gpio_set(const struct lichen_gpio_line *line, bool high) {
    return gpiod_line_request_set_value((struct gpiod_line_request *)line->request, line->number,
                                        high ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

static inline int lichen_gpio_fd(const struct lichen_gpio_line *line) {
    return gpiod_line_request_get_fd((struct gpiod_line_request *)line->request);
}

static inline int lichen_gpio_edges(const struct lichen_gpio_line *line, uint64_t *stamp) {
    struct gpiod_line_request *request = (struct gpiod_line_request *)line->request;
    struct gpiod_edge_event_buffer *edges = (struct gpiod_edge_event_buffer *)line->edges;
    int waiting = gpiod_line_request_wait_edge_events(request, 0);
    if (waiting <= 0) return waiting;
    int count = gpiod_line_request_read_edge_events(request, edges, 16);
    if (count > 0)
        *stamp = gpiod_edge_event_get_timestamp_ns(
            gpiod_edge_event_buffer_get_event(edges, (unsigned long)count - 1));
    return count;
}
