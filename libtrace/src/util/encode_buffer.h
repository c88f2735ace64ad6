/* SPDX-License-Identifier: Apache-2.0 */
/* encode_buffer.h - bytes that grow at the end, for encoders. */
#ifndef LT_ENCODE_BUFFER_H
#define LT_ENCODE_BUFFER_H

#include <libtrace/trace.h>

/* The largest request a receiver must take, https://opentelemetry.io/docs/specs/otlp/ : "64 MiB" */
#define LT_BUFFER_MAX_BYTES (64u * 1024 * 1024)

struct lt_buffer { /* zero is empty */
	char *bytes;
	size_t len;
	size_t capacity;
	bool failed; /* out of memory or over the limit: the content is invalid from here on */
};

/** Forgets the content and keeps the memory. */
void lt_buffer_reset(struct lt_buffer *buffer);

/** Frees the memory. */
void lt_buffer_done(struct lt_buffer *buffer);

/** Grows the buffer by n bytes of capacity or more; false, with failed set, on failure. */
bool lt_buffer_grow(struct lt_buffer *buffer, size_t n);

/** Room for n more bytes, not yet counted in len; NULL, with failed set, on failure. */
static inline char *lt_buffer_reserve(struct lt_buffer *buffer, size_t n)
{
	if (n > buffer->capacity - buffer->len && !lt_buffer_grow(buffer, n))
		return NULL;
	return buffer->bytes + buffer->len;
}

static inline void lt_buffer_add(struct lt_buffer *buffer, const void *bytes, size_t n)
{
	char *to = n ? lt_buffer_reserve(buffer, n) : NULL;
	if (!to)
		return;
	memcpy(to, bytes, n);
	buffer->len += n;
}

static inline void lt_buffer_add_char(struct lt_buffer *buffer, char c)
{
	lt_buffer_add(buffer, &c, 1);
}

static inline void lt_buffer_add_text(struct lt_buffer *buffer, const char *text)
{
	lt_buffer_add(buffer, text, strlen(text));
}

/** As printf() in the C locale, whatever the program's is. */
void lt_buffer_printf(struct lt_buffer *buffer, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Adds bytes in base64, padded.  Source: RFC 4648, section 4 */
void lt_buffer_add_base64(struct lt_buffer *buffer, struct lt_slice bytes);

/** Adds text, with U+FFFD for what is not UTF-8. */
void lt_buffer_add_utf8(struct lt_buffer *buffer, struct lt_slice text);

#endif
