/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.c - a byte buffer that grows up to a limit. */
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_init(struct buffer *b, size_t limit_bytes)
{
	*b = (struct buffer){.limit = limit_bytes};
}

void buffer_done(struct buffer *b)
{
	free(b->data);
	buffer_init(b, b->limit);
}

char *buffer_reserve(struct buffer *b, size_t n)
{
	if (b->failed || n > b->limit - b->len) {
		b->failed = true;
		return NULL;
	}
	if (n > b->cap - b->len) {
		size_t cap = b->cap ? b->cap : 256;
		while (cap - b->len < n)
			cap += cap / 2;
		char *data = realloc(b->data, cap);
		if (!data) {
			b->failed = b->out_of_memory = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->len;
}

void buffer_put(struct buffer *b, const void *data, size_t n)
{
	char *room = n ? buffer_reserve(b, n) : NULL;
	if (room) {
		memcpy(room, data, n);
		b->len += n;
	}
}

void buffer_puts(struct buffer *b, const char *text)
{
	buffer_put(b, text, strlen(text));
}

void buffer_printf(struct buffer *b, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, args);
	char *room = n > 0 ? buffer_reserve(b, (size_t)n + 1) : NULL;
	if (room) {
		vsnprintf(room, (size_t)n + 1, format, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}
