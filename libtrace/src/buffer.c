/* SPDX-License-Identifier: Apache-2.0 */
/* buffer.c - growing by doubling, failing once and for all. */
#include "buffer.h"

#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BYTES = 4096 };

void lt_buffer_reset(struct lt_buffer *buffer)
{
	buffer->len = 0;
	buffer->failed = false;
}

void lt_buffer_done(struct lt_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct lt_buffer){0};
}

static bool grow(struct lt_buffer *buffer, size_t n)
{
	size_t wanted = buffer->capacity ? buffer->capacity : FIRST_BYTES;
	if (buffer->failed || n > LT_BUFFER_MAX_BYTES - buffer->len)
		return false;
	while (wanted < buffer->len + n)
		wanted *= 2;
	char *bytes = realloc(buffer->bytes, wanted);
	if (!bytes)
		return false;
	buffer->bytes = bytes;
	buffer->capacity = wanted;
	return true;
}

char *lt_buffer_reserve(struct lt_buffer *buffer, size_t n)
{
	if (n > buffer->capacity - buffer->len && !grow(buffer, n)) {
		buffer->failed = true;
		return NULL;
	}
	return buffer->bytes + buffer->len;
}

void lt_buffer_add(struct lt_buffer *buffer, const void *bytes, size_t n)
{
	char *to = lt_buffer_reserve(buffer, n);
	if (!to || n == 0)
		return;
	memcpy(to, bytes, n);
	buffer->len += n;
}

void lt_buffer_add_char(struct lt_buffer *buffer, char c)
{
	lt_buffer_add(buffer, &c, 1);
}

void lt_buffer_add_text(struct lt_buffer *buffer, const char *text)
{
	lt_buffer_add(buffer, text, strlen(text));
}

void lt_buffer_printf(struct lt_buffer *buffer, const char *format, ...)
{
	va_list args;
	for (size_t room = 128;;) { /* mostly enough; else the second time round is */
		char *to = lt_buffer_reserve(buffer, room);
		if (!to)
			return;
		va_start(args, format);
		int n = vsnprintf(to, room, format, args);
		va_end(args);
		if (n < 0)
			return;
		if ((size_t)n < room) {
			buffer->len += (size_t)n;
			return;
		}
		room = (size_t)n + 1;
	}
}

void lt_buffer_add_utf8(struct lt_buffer *buffer, struct lt_slice text)
{
	for (;;) {
		size_t valid = lt_utf8_valid(text);
		lt_buffer_add(buffer, text.ptr, valid);
		if (valid == text.len)
			return;
		lt_buffer_add_text(buffer, LT_UTF8_REPLACEMENT);
		text = (struct lt_slice){text.ptr + valid + 1, text.len - valid - 1};
	}
}
