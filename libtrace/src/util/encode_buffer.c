/* SPDX-License-Identifier: Apache-2.0 */
/* encode_buffer.c - doubles when it grows; the first failure sticks. */
#include "util/encode_buffer.h"

#include "util/utf8.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_BYTES 4096

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

bool lt_buffer_grow(struct lt_buffer *buffer, size_t n)
{
	size_t wanted = buffer->capacity ? buffer->capacity : FIRST_BYTES;
	char *bytes = NULL;
	if (!buffer->failed && n <= LT_BUFFER_MAX_BYTES - buffer->len) {
		while (wanted < buffer->len + n)
			wanted *= 2;
		bytes = realloc(buffer->bytes, wanted);
	}
	if (!bytes) {
		buffer->failed = true;
		return false;
	}
	buffer->bytes = bytes;
	buffer->capacity = wanted;
	return true;
}

static void print(struct lt_buffer *buffer, const char *format, va_list args)
{
	for (size_t room = 128;;) { /* usually enough; else the second round is */
		char *to = lt_buffer_reserve(buffer, room);
		if (!to)
			return;
		va_list again;
		va_copy(again, args);
		int n = vsnprintf(to, room, format, again);
		va_end(again);
		if (n < 0)
			return;
		if ((size_t)n < room) {
			buffer->len += (size_t)n;
			return;
		}
		room = (size_t)n + 1;
	}
}

void lt_buffer_printf(struct lt_buffer *buffer, const char *format, ...)
{
	/* In glibc a constant: nothing is allocated or freed. */
	locale_t c_locale = newlocale(LC_ALL_MASK, "C", NULL), threads = uselocale(c_locale);
	va_list args;
	va_start(args, format);
	print(buffer, format, args);
	va_end(args);
	uselocale(threads);
	freelocale(c_locale);
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

void lt_buffer_add_base64(struct lt_buffer *buffer, struct lt_slice bytes)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *from = (const uint8_t *)bytes.ptr;
	size_t n = (bytes.len + 2) / 3 * 4;
	char *to = lt_buffer_reserve(buffer, n);
	if (!to)
		return;
	buffer->len += n;
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		uint32_t group = (uint32_t)from[i] << 16;
		if (left > 1)
			group |= (uint32_t)from[i + 1] << 8;
		if (left > 2)
			group |= from[i + 2];
		*to++ = digits[group >> 18];
		*to++ = digits[group >> 12 & 63];
		*to++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*to++ = left > 2 ? digits[group & 63] : '=';
	}
}
