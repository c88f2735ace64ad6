/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.h - a byte buffer that grows up to a limit: answers, encoded messages, inflated bodies.
 *
 * The first failure (limit reached, out of memory) is sticky: later calls add nothing, so a writer
 * checks `failed` once, at the end.
 */
#ifndef TRACEVIEW_BUFFER_H
#define TRACEVIEW_BUFFER_H

#include <libtrace/trace.h>

struct buffer {
	char *data; /* len bytes are filled, cap allocated; no NUL at the end */
	size_t len, cap;
	size_t limit; /* bytes; len never exceeds it */
	bool failed;
	bool out_of_memory; /* why it failed; if not, it was the limit */
};

/** Makes an empty buffer; allocates nothing yet. */
void buffer_init(struct buffer *b, size_t limit_bytes);

/** Frees the bytes; the buffer is then as after buffer_init(). */
void buffer_done(struct buffer *b);

/** Makes room for n more bytes at the end, not yet counted in len; NULL on failure. */
char *buffer_reserve(struct buffer *b, size_t n);

/** Appends n bytes (copied). */
void buffer_put(struct buffer *b, const void *data, size_t n);
void buffer_puts(struct buffer *b, const char *text);
void buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The contents; borrowed until the next call. */
static inline struct lt_slice buffer_slice(const struct buffer *b)
{
	return (struct lt_slice){b->data, b->len};
}

#endif
