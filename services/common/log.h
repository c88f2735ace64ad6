/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - log lines on standard error, each one write, as text or as JSON.
 *
 *   log_info("order received", LOG_FIELDS(log_str("item", item), log_int("qty", 2)));
 *
 *   2026-08-25T12:00:00.123Z info order-service: order received item=widget qty=2
 *   {"time":"2026-08-25T12:00:00.123Z","level":"info","service":"order-service",
 *    "message":"order received","item":"widget","qty":2}                     (in one line)
 *
 * Threads: any, once log_setup() has returned.
 */
#ifndef SERVICES_LOG_H
#define SERVICES_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Bytes of a line; fields that do not fit are omitted. A write of this size is atomic on a pipe
 * (PIPE_BUF, pipe(7)). */
#define LOG_LINE_MAX_BYTES 4096

struct log_field { /* borrowed for the call */
	const char *key;
	const char *text; /* NULL: number is used */
	size_t text_len;
	int64_t number;
};

static inline struct log_field log_strn(const char *key, const char *text, size_t len)
{
	return (struct log_field){.key = key, .text = text, .text_len = len};
}

static inline struct log_field log_str(const char *key, const char *text)
{
	return log_strn(key, text, strlen(text));
}

static inline struct log_field log_int(const char *key, int64_t number)
{
	return (struct log_field){.key = key, .number = number};
}

#define LOG_FIELDS(...)                                                                            \
	(const struct log_field[]){__VA_ARGS__},                                                   \
		sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field)
#define LOG_NO_FIELDS NULL, 0

struct log_setup {
	const char *service; /* borrowed forever */
	bool json;
	enum log_level level; /* the least urgent level that is written */
};

void log_setup(const struct log_setup *setup);

void log_write(enum log_level level, const char *message, const struct log_field *fields, size_t n);

static inline void log_error(const char *message, const struct log_field *fields, size_t n)
{
	log_write(LOG_LEVEL_ERROR, message, fields, n);
}

static inline void log_warn(const char *message, const struct log_field *fields, size_t n)
{
	log_write(LOG_LEVEL_WARN, message, fields, n);
}

static inline void log_info(const char *message, const struct log_field *fields, size_t n)
{
	log_write(LOG_LEVEL_INFO, message, fields, n);
}

struct log_line; /* a line under construction */

void log_line_add(struct log_line *line, const struct log_field *field);

/**
 * Registers a function that adds fields to every line by log_line_add(), such as trace ids. It runs
 * on the thread that logs. Set it before starting threads.
 */
void log_set_context(void (*add_fields)(struct log_line *line));

#endif
